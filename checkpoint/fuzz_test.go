package checkpoint

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"inkling/data"
	"inkling/data/synth"
	"inkling/models"
	"inkling/nn"
	"inkling/optim"
	"inkling/safetensors"
	"inkling/tensor"
	"inkling/train"
)

// short returns a training of two epochs of two batches.
func short() *train.Trainer {
	m := models.NewLinear(models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 10}, nn.FanIn(tensor.CPU, rand.New(rand.NewPCG(1, 0))))
	return &train.Trainer{
		Model: m, Loss: nn.CrossEntropy, Optimizer: optim.NewAdam(m.Params(), 0.003), EMA: optim.NewEMA(nn.State(m), 0.9),
		Train: data.NewLoader(tensor.CPU, synth.Generate(32, 0, 1).Train, 16), Epochs: 2,
	}
}

// texts keeps the metadata of a training's checkpoints, and the last one's file.
type texts struct {
	seen []string
	file *safetensors.File
}

func (*texts) Due(bool) bool { return true }

func (x *texts) Save(p *train.Position) (err error) {
	c := &Checkpoint{Position: p, Info: Info{Settings: map[string]json.RawMessage{"lr": json.RawMessage("0.003")}, History: make([]Epoch, p.Epoch)}}
	if x.file, err = c.file(); err == nil {
		x.seen = append(x.seen, x.file.Metadata[key])
	}
	return err
}

// Whatever stands in the metadata, with a checksum that is right, a training goes on
// from it or says in a line why it does not.
func FuzzMetadata(f *testing.F) {
	kept := &texts{}
	t := short()
	t.Hooks = []any{kept}
	if err := t.Run(context.Background()); err != nil {
		f.Fatal(err)
	}
	for _, text := range kept.seen {
		f.Add(text)
		f.Add(strings.Replace(text, `"batch":`, `"batch":-`, 1))
		f.Add(strings.Replace(text, `"steps":`, `"steps":9223372036854775`, 1))
		f.Add(strings.Replace(text, `"order":"`, `"order":"AA`, 1))
		f.Add(strings.Replace(text, `"has_averages":true`, `"has_averages":false`, 1))
	}
	f.Fuzz(func(t *testing.T, text string) {
		var info Info
		if json.Unmarshal([]byte(text), &info) == nil {
			sum, err := info.sum(kept.file)
			if err != nil {
				return
			}
			info.Sum = sum
			mended, err := json.Marshal(info)
			if err != nil {
				return
			}
			text = string(mended)
		}
		c, err := fromFile(&safetensors.File{Tensors: kept.file.Tensors, Metadata: map[string]string{key: text}})
		if err == nil {
			trainer := short()
			trainer.From = c.Position
			err = trainer.Run(context.Background())
		}
		if err != nil && strings.ContainsAny(err.Error(), "\n\r\x1b") {
			t.Errorf("more than a line: %q", err)
		}
	})
}
