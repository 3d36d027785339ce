package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"inkling/recipe"
)

// row is one training, as docs/recipes.jsonl keeps it.
type row struct {
	Data     string        `json:"data"` // what inkling train was told to learn from
	Recipe   string        `json:"recipe"`
	LeftOut  string        `json:"left_out"` // "" for the whole recipe
	Seed     uint64        `json:"seed"`
	Accuracy float64       `json:"accuracy"` // on the test images, after the last epoch
	Seconds  float64       `json:"seconds"`  // of training: augmentation and steps, without evaluation
	Wall     float64       `json:"wall_s"`   // of the whole command, from its start to its end
	Speed    float64       `json:"images_per_second"`
	Date     string        `json:"date"`
	Cores    int           `json:"cores"`
	Settings recipe.Recipe `json:"settings"`
}

// measure trains each variant with each seed, and adds a line for each to a file.
func measure(ctx context.Context, runs []variant, seeds []uint64, data, file string) error {
	have, err := load(file)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "recipes")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "inkling")
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/inkling").CombinedOutput(); err != nil {
		return fmt.Errorf("build inkling: %w\n%s", err, text)
	}
	for _, seed := range seeds {
		for _, v := range runs {
			name := fmt.Sprintf("%s, seed %d", v.preset, seed)
			if v.leftOut != "" {
				name += ", without " + v.leftOut
			}
			if slices.ContainsFunc(have, func(r row) bool { return r.of(v) && r.Data == data && r.Seed == seed }) {
				fmt.Printf("%s: is there already\n", name)
				continue
			}
			args := append([]string{"train", data, "--recipe", v.preset, "--seed", fmt.Sprint(seed), "--valid", "test", "--json", "--out", filepath.Join(dir, "model.safetensors")}, v.flags...)
			var said bytes.Buffer
			c := exec.CommandContext(ctx, binary, args...)
			c.Stderr = &said
			start := time.Now()
			out, err := c.Output()
			wall := time.Since(start).Seconds()
			if err != nil {
				return fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(said.Bytes()))
			}
			r, err := read(bytes.NewReader(out), v)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			r.Wall = wall
			r.Data, r.Seed, r.Date, r.Cores = data, seed, time.Now().Format("2006-01-02"), runtime.GOMAXPROCS(0)
			if err := add(file, r); err != nil {
				return err
			}
			have = append(have, *r)
			fmt.Printf("%s: %.2f %% in %.0f s, %.0f images/s\n", name, 100*r.Accuracy, r.Wall, r.Speed)
		}
	}
	return nil
}

// of reports whether a row was measured with the settings that a variant has now.
func (r row) of(v variant) bool {
	return r.Recipe == v.preset && r.LeftOut == v.leftOut && r.Settings == v.settings
}

// read makes a row of what inkling train --json printed.
func read(from io.Reader, v variant) (*row, error) {
	r := &row{Recipe: v.preset, LeftOut: v.leftOut}
	images, done := 0, false
	for dec := json.NewDecoder(from); ; {
		var e struct {
			Event    string
			Train    int
			ValidOn  string `json:"valid_on"`
			Settings recipe.Recipe
			Accuracy *float64
			Seconds  float64
		}
		if err := dec.Decode(&e); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		switch e.Event {
		case "train":
			images, r.Settings = e.Train, e.Settings
			if e.ValidOn != "test" || r.Settings != v.settings {
				return nil, fmt.Errorf("inkling trained with %+v and validated on the %s images; wanted %+v and test images", r.Settings, e.ValidOn, v.settings)
			}
		case "epoch":
			r.Seconds += e.Seconds
		case "done":
			if e.Accuracy == nil {
				return nil, errors.New("inkling gave no accuracy")
			}
			r.Accuracy, done = *e.Accuracy, true
		}
	}
	if !done {
		return nil, errors.New("the training did not come to its end")
	}
	r.Speed = float64(images*r.Settings.Epochs) / r.Seconds
	return r, nil
}

// load reads all rows of a file; none where there is no file.
func load(file string) ([]row, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer f.Close()
	var rows []row
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		var r row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", file, n, err)
		}
		rows = append(rows, r)
	}
	return rows, lines.Err()
}

// add appends a row to a file.
func add(file string, r *row) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Join(err, f.Close())
}
