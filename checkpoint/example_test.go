package checkpoint_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"inkling/checkpoint"
	"inkling/data/synth"
	"inkling/recipe"
	"inkling/train"
)

// keep is a hook that saves each epoch's position.
type keep string

func (keep) Due(epochEnded bool) bool { return epochEnded }

func (path keep) Save(p *train.Position) error {
	return (&checkpoint.Checkpoint{Position: p}).Save(string(path))
}

// A training goes on from its file, bit for bit.
func Example() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	path := checkpoint.Path(filepath.Join(folder, "model.safetensors"))
	set := synth.Generate(200, 0, 1).Train
	r, err := recipe.ByName("plain")
	if err != nil {
		log.Fatal(err)
	}
	r.Model, r.Schedule, r.Epochs = "linear", "constant", 1

	first, err := r.Trainer(set, nil, 0)
	if err != nil {
		log.Fatal(err)
	}
	first.Hooks = []any{keep(path)}
	if err := first.Run(context.Background()); err != nil {
		log.Fatal(err)
	}

	kept, err := checkpoint.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	second, err := r.Trainer(set, nil, 0)
	if err != nil {
		log.Fatal(err)
	}
	second.From, second.Epochs = kept.Position, 2
	fmt.Println(filepath.Base(path), kept.Position.Epoch, second.Run(context.Background()))
	// Output: model.checkpoint.safetensors 1 <nil>
}
