// Package examples_test builds the programs of this folder and runs them.
package examples_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"inkling/classifier"
	"inkling/data/idx"
	"inkling/data/synth"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"
)

var programs string // the folder with the built programs

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if programs, err = os.MkdirTemp("", "inkling-examples"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(programs)
		if out, err := exec.Command("go", "build", "-o", programs+string(filepath.Separator), "./...").CombinedOutput(); err != nil {
			os.Stderr.Write(out)
			return 1
		}
		return m.Run()
	}())
}

func TestBeautifulMNIST(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "digits")
	if err := idx.Write(t.Context(), dir, synth.Generate(2000, 300, 1), false); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		least  string
		status int
		want   string
	}{
		{"0.5", 0, "% of 300 test images"},
		{"1.01", 1, "wanted 101.00 %"},
	} {
		out, err := exec.Command(filepath.Join(programs, "beautiful_mnist"), "-data", dir, "-least", c.least).CombinedOutput()
		status := 0
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			status = exit.ExitCode()
		}
		if status != c.status || !strings.Contains(string(out), c.want) {
			t.Errorf("-least %s: status %d, %v: %s", c.least, status, err, out)
		}
	}
}

// model saves a net that has learned nothing, and returns it and its file.
func model(t *testing.T) (*classifier.Model, string) {
	t.Helper()
	spec := models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 3}
	c := &classifier.Model{
		Info: classifier.Info{Architecture: "network", Spec: spec, Classes: []string{"a", "b", "c"}, Scale: 1.0 / 255},
		Net:  models.NewNetwork(spec, 64, nn.FanIn(tensor.CPU, rand.New(rand.NewPCG(1, 0)))),
	}
	path := filepath.Join(t.TempDir(), "m.safetensors")
	if err := c.Save(path, [][]byte{make([]byte, 784)}); err != nil {
		t.Fatal(err)
	}
	return c, path
}

// picture is a PNG of noise.
func picture(t *testing.T, seed uint64) (image.Image, []byte) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 0))
	img := image.NewGray(image.Rect(0, 0, 28, 28))
	for i := range img.Pix {
		img.Pix[i] = uint8(rng.Uint32())
	}
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	return img, file.Bytes()
}

// lines starts a program and returns what it prints, line by line. It is told to end
// with the test, and must.
func lines(t *testing.T, name string, args ...string) func() string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := exec.CommandContext(ctx, filepath.Join(programs, name), args...)
	p.Cancel = func() error { return p.Process.Signal(os.Interrupt) }
	p.WaitDelay = 2 * time.Minute
	r, w := io.Pipe()
	p.Stdout, p.Stderr = w, w
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		go io.Copy(io.Discard, r)
		if err := p.Wait(); errors.Is(err, exec.ErrWaitDelay) || p.ProcessState.ExitCode() < 0 {
			t.Errorf("%s does not end when it is told to: %v", name, err)
		}
		w.Close()
	})
	said := bufio.NewScanner(r)
	return func() string {
		t.Helper()
		if !said.Scan() {
			t.Fatalf("%s says nothing more: %v", name, said.Err())
		}
		return said.Text()
	}
}

func TestHTTP(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted there")
	}
	c, path := model(t)
	_, address, ok := strings.Cut(lines(t, "http", "-addr", "127.0.0.1:0", path)(), "POST an image to ")
	if !ok {
		t.Fatal("it does not say where it listens")
	}
	ask := func(method string, body []byte) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		return response.StatusCode, string(text)
	}
	var wg sync.WaitGroup
	for seed := range uint64(16) {
		img, file := picture(t, seed)
		want, err := c.Classify(img)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			if status, text := ask("POST", file); status != http.StatusOK || !strings.HasPrefix(text, `[{"class":"`+want.Class+`","probability":0.`) {
				t.Errorf("image %d is a %s; the answer is %d, %s", seed, want.Class, status, text)
			}
		})
	}
	wg.Wait()
	_, file := picture(t, 1)
	for name, c := range map[string]struct {
		method string
		body   []byte
		status int
	}{
		"too many bytes": {"POST", make([]byte, 10<<20+1), http.StatusRequestEntityTooLarge},
		"no image":       {"POST", []byte("hello"), http.StatusUnprocessableEntity},
		"nothing":        {"POST", nil, http.StatusUnprocessableEntity},
		"half an image":  {"POST", file[:len(file)/2], http.StatusUnprocessableEntity},
		"GET":            {"GET", nil, http.StatusMethodNotAllowed},
	} {
		if status, text := ask(c.method, c.body); status != c.status || text == "" {
			t.Errorf("%s: status %d, wanted %d: %s", name, status, c.status, text)
		}
	}
}

func TestWatch(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted there")
	}
	c, path := model(t)
	folder := t.TempDir()
	put := func(name string, file []byte) {
		part := filepath.Join(t.TempDir(), name) // whole when it comes
		if err := os.WriteFile(part, file, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(part, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	img, first := picture(t, 1)
	was, err := c.Classify(img)
	if err != nil {
		t.Fatal(err)
	}
	put("one.png", first)
	next := lines(t, "watch", path, folder)
	if got := next(); !strings.HasPrefix(got, `"one.png": `+was.Class+` (`) {
		t.Errorf("what was there: %s, want %s", got, was.Class)
	}
	put(".hidden", first)
	put("two.png", []byte("no image"))
	if got := next(); !strings.Contains(got, "two.png") {
		t.Errorf("what is no image: %s", got)
	}
	put("two.png", first)
	if got := next(); !strings.HasPrefix(got, `"two.png": `+was.Class) {
		t.Errorf("what was replaced: %s", got)
	}
}
