// Package checkpoint keeps a training on its way in a file, so that another run of
// the program goes on from there, bit for bit. Beside the position it holds what the
// training is of: its settings, and a fingerprint of its images. What depends on the
// clock is not in it: two runs of the same training write the same bytes.
package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"

	"inkling/autograd"
	"inkling/optim"
	"inkling/safetensors"
	"inkling/tensor"
	"inkling/train"
)

// Checkpoint is a training on its way.
type Checkpoint struct {
	Info
	Position *train.Position
}

// Info is what a checkpoint says about itself, as JSON under the key
// "inkling_checkpoint" of a safetensors file's metadata.
type Info struct {
	Format int `json:"format"` // 1
	// Settings are all that the training is set by, each as JSON under its own name.
	Settings map[string]json.RawMessage `json:"settings"`
	// Images are the images of each part of the data: "training", "validation".
	Images map[string]Images `json:"images"`
	// Arithmetic is what the numbers were computed by, such as amd64/avx512: others
	// round otherwise.
	Arithmetic string  `json:"arithmetic"`
	History    []Epoch `json:"history"`  // of the epochs that have ended
	Finished   bool    `json:"finished"` // nothing is left to do

	At struct {
		Epoch        int            `json:"epoch"`
		Batch        int            `json:"batch"`
		Loss         float64        `json:"loss"`
		Images       int            `json:"images"`
		Order        []byte         `json:"order"`
		Optimizer    optimizerState `json:"optimizer"`
		AverageSteps int            `json:"average_steps,omitempty"`
		HasAverages  bool           `json:"has_averages,omitempty"`
	} `json:"at"`

	Sum string `json:"sum"` // CRC-32C of all of the above and of the tensors
}

// optimizerState is an optim.State without its tensors.
type optimizerState struct {
	Rate     float64 `json:"rate"`
	Momentum float64 `json:"momentum"`
	Steps    int     `json:"steps"`
}

// Epoch is what an epoch came to.
type Epoch struct {
	TrainLoss float64  `json:"train_loss"`
	ValidLoss *float64 `json:"valid_loss,omitempty"` // nil where nothing was evaluated
	Accuracy  *float64 `json:"accuracy,omitempty"`
	Rate      float64  `json:"lr"`
}

const key = "inkling_checkpoint"

// Path is where the checkpoint of a model file is kept: model.checkpoint.safetensors
// beside model.safetensors.
func Path(model string) string { return beside(model, "checkpoint") }

// BestPath is where the best model of a training is kept whose last one is at model.
func BestPath(model string) string { return beside(model, "best") }

func beside(model, what string) string {
	return strings.TrimSuffix(model, ".safetensors") + "." + what + ".safetensors"
}

// Save writes the checkpoint to path, atomically, and keeps the one before it as
// safetensors.Save does.
func (c *Checkpoint) Save(path string) error {
	f, err := c.file()
	if err != nil {
		return fmt.Errorf("cannot save %s: %w", safetensors.Quote(path), err)
	}
	return safetensors.Save(path, f)
}

// file lays the position out as tensors model.NAME, good.NAME, optimizer.NAME and
// average.NAME, and the rest as JSON.
func (c *Checkpoint) file() (*safetensors.File, error) {
	f, p, info := &safetensors.File{}, c.Position, c.Info
	put := func(kind string, all []*autograd.Param) {
		for _, t := range all {
			f.Tensors = append(f.Tensors, safetensors.FromFloat32s(kind+t.Name, t.Value.Shape(), t.Value.Float32s()))
		}
	}
	put("model.", p.Model)
	put("good.", p.Good)
	put("optimizer.", p.Optimizer.Tensors)
	info.Format = 1
	at := &info.At
	at.Epoch, at.Batch, at.Loss, at.Images, at.Order = p.Epoch, p.Batch, p.Loss, p.Images, p.Order
	at.Optimizer = optimizerState{p.Optimizer.Rate, p.Optimizer.Momentum, p.Optimizer.Steps}
	if at.HasAverages = p.Averages != nil; at.HasAverages {
		at.AverageSteps = p.Averages.Steps
		put("average.", p.Averages.Tensors)
	}
	var err error
	if info.Sum, err = info.sum(f); err != nil {
		return nil, err
	}
	text, err := json.Marshal(info)
	if err != nil {
		return nil, err
	}
	f.Metadata = map[string]string{key: string(text)}
	return f, nil
}

// Open reads a checkpoint, and refuses one that is damaged.
func Open(path string) (*Checkpoint, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	c, err := fromFile(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", safetensors.Quote(path), err)
	}
	return c, nil
}

func fromFile(f *safetensors.File) (*Checkpoint, error) {
	text, ok := f.Metadata[key]
	if !ok {
		return nil, errors.New("is no checkpoint of inkling: its metadata have none")
	}
	c := &Checkpoint{Position: &train.Position{}}
	if err := json.Unmarshal([]byte(text), &c.Info); err != nil {
		return nil, fmt.Errorf("the metadata under %q: %w", key, err)
	}
	if c.Format != 1 {
		return nil, fmt.Errorf("the checkpoint has format %d; this program reads format 1", c.Format)
	}
	switch sum, err := c.sum(f); {
	case err != nil:
		return nil, err
	case sum != c.Sum:
		return nil, errors.New("the file is not as it was saved; it is damaged or was changed")
	}
	p, at := c.Position, c.At
	p.Epoch, p.Batch, p.Loss, p.Images, p.Order = at.Epoch, at.Batch, at.Loss, at.Images, at.Order
	p.Optimizer = optim.State{Rate: at.Optimizer.Rate, Momentum: at.Optimizer.Momentum, Steps: at.Optimizer.Steps}
	if at.HasAverages {
		p.Averages = &optim.State{Steps: at.AverageSteps}
	}
	for _, t := range f.Tensors {
		kind, name, _ := strings.Cut(t.Name, ".")
		values, err := safetensors.Float32s(t)
		if err != nil {
			return nil, err
		}
		x := autograd.NewParam(name, tensor.FromFloats(values, t.Shape...))
		switch {
		case kind == "model":
			p.Model = append(p.Model, x)
		case kind == "good":
			p.Good = append(p.Good, x)
		case kind == "optimizer":
			p.Optimizer.Tensors = append(p.Optimizer.Tensors, x)
		case kind == "average" && p.Averages != nil:
			p.Averages.Tensors = append(p.Averages.Tensors, x)
		default:
			return nil, fmt.Errorf("tensor %q belongs to nothing in a checkpoint", t.Name)
		}
	}
	return c, nil
}

// sum is the checksum of what stands in Info, but for Sum, and in the tensors. It is
// there for damage, and not for malice.
func (i Info) sum(f *safetensors.File) (string, error) {
	i.Sum = ""
	text, err := json.Marshal(i)
	if err != nil {
		return "", err
	}
	table := crc32.MakeTable(crc32.Castagnoli)
	total := crc32.Checksum(text, table)
	each := uint32(0) // whatever their order in the file
	for _, t := range f.Tensors {
		one := crc32.Checksum(fmt.Appendf(nil, "%q %s %v", t.Name, t.DType, t.Shape), table)
		each += crc32.Update(one, table, t.Data)
	}
	return fmt.Sprintf("%08x%08x", total, each), nil
}
