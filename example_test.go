package inkling_test

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"

	"inkling/autograd"
	"inkling/classifier"
	"inkling/data"
	"inkling/data/source"
	"inkling/data/synth"
	"inkling/device/ref"
	"inkling/models"
	"inkling/nn"
	"inkling/recipe"
	"inkling/tensor"
	"inkling/train"
)

// A model file and a picture of any size: what is on it?
func Example_classify() {
	model, err := classifier.Load(digits().model)
	check(err)
	picture, err := os.Open(digits().seven)
	check(err)
	defer picture.Close()
	img, err := png.Decode(picture)
	check(err)
	answer, err := model.Classify(img)
	check(err)
	fmt.Println(answer.Class, answer.Best()[0], len(answer.Probabilities))
	// Output: 7 7 10
}

// A folder of images, one folder a class, becomes a model file.
func Example_train() {
	ctx := context.Background()
	opened, err := source.Open(ctx, digits().folder, source.Options{NoCache: true})
	check(err)
	rest, valid := opened.Train.Split(0.1, rand.New(rand.NewPCG(0, 0)))

	r, err := recipe.ByName("plain") // a preset: model, loss, optimiser, schedule
	check(err)
	r.Model = "network"
	trainer, err := r.Trainer(rest, valid, 0) // the same seed gives the same bits
	check(err)
	check(trainer.Run(ctx))

	spec := models.Spec{Channels: rest.Channels, Height: rest.Height, Width: rest.Width, Classes: len(rest.Classes)}
	model := &classifier.Model{
		Info: classifier.Info{Architecture: r.Model, Spec: spec, Classes: rest.Classes, Scale: 1.0 / 255},
		Net:  trainer.Model,
	}
	// What the images look like tells how a photograph has to be prepared for the model.
	typical, err := classifier.NewTypical(spec, rest.Len(), func(i int) ([]byte, error) { return rest.Image(i), nil })
	check(err)
	check(model.Measure(typical))
	check(model.Save(filepath.Join(top, "trained.safetensors"), [][]byte{rest.Image(0)}))

	e := train.Evaluate(trainer.Model, nil, data.NewLoader(tensor.CPU, valid, 64))
	fmt.Println(e.Images, "images,", e.Accuracy > 0.7)
	// Output: 100 images, true
}

// Swish is x · sigmoid(b x) with a b for each channel that is learned
// (Ramachandran et al., Searching for Activation Functions, 2017). A layer is two
// methods; what is built of operations of autograd has its gradients already.
type Swish struct{ B *autograd.Param } // (c)

func (s Swish) Forward(x *autograd.Var) *autograd.Var { // (n, c) -> (n, c)
	return x.Mul(x.Mul(s.B).Sigmoid())
}

func (s Swish) Params() []*autograd.Param { return []*autograd.Param{s.B} }

// A layer of one's own, its gradients compared with measured slopes.
func Example_layer() {
	rng := rand.New(rand.NewPCG(1, 0))
	net := nn.Sequential{
		nn.Flatten,
		nn.NewLinear("hidden", 784, 16, nn.FanIn(tensor.CPU, rng)),
		Swish{autograd.NewParam("swish.b", tensor.Ones(16))},
		nn.NewLinear("output", 16, 10, nn.FanIn(tensor.CPU, rng)),
	}
	x := tensor.CPU.Uniform(rng, 0, 1, 4, 1, 28, 28)
	y := tensor.FromInts([]int32{7, 2, 1, 0}, 4)
	tape := autograd.NewTape()
	grads := nn.CrossEntropy(net.Forward(tape.Input(x)), y).Backward()
	for _, p := range net.Params() {
		fmt.Println(p.Name, p.Value.Shape(), grads.Of(p).Shape())
	}

	mem := tensor.On(ref.New()) // float64, to measure slopes finely
	b, input := autograd.NewParam("b", mem.Full(1, 3)), mem.Uniform(rng, -2, 2, 5, 3)
	fmt.Println(autograd.Check(mem, 1e-6, func(t *autograd.Tape) *autograd.Var {
		return Swish{b}.Forward(t.Input(input)).Sum()
	}, b))
	// Output:
	// hidden.weight [784 16] [784 16]
	// hidden.bias [16] [16]
	// swish.b [16] [16]
	// output.weight [16 10] [16 10]
	// output.bias [10] [10]
	// <nil>
}

// Enough ends a training at an accuracy. A hook implements what it wants to be asked
// about: StepHook, EpochHook, SaveHook.
type Enough float64

var errEnough = fmt.Errorf("good enough")

func (e Enough) Epoch(epoch *train.Epoch) error {
	if epoch.Valid.Accuracy >= float64(e) {
		return errEnough // an error ends the training; Run returns it
	}
	return nil
}

// A hook of one's own.
func Example_hook() {
	set := synth.Generate(2000, 500, 1)
	r, err := recipe.ByName("plain")
	check(err)
	r.Model, r.Epochs, r.Schedule = "network", 100, "constant"
	trainer, err := r.Trainer(set.Train, set.Test, 0)
	check(err)
	trainer.Hooks = append(trainer.Hooks, Enough(0.8))
	fmt.Println(trainer.Run(context.Background()))
	// Output: good enough
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// top is a folder for the files of the examples.
var top string

func TestMain(m *testing.M) {
	var err error
	top, err = os.MkdirTemp("", "inkling-example")
	check(err)
	status := m.Run()
	os.RemoveAll(top)
	os.Exit(status)
}

// drawn is a folder of drawn digits, 100 of each, the file of a 7, and a model file.
type drawn struct{ folder, seven, model string }

var digits = sync.OnceValue(func() drawn {
	set := synth.Generate(1000, 0, 1).Train
	for i, label := range set.Labels {
		folder := filepath.Join(top, "digits", strconv.Itoa(int(label)))
		check(os.MkdirAll(folder, 0o755))
		f, err := os.Create(filepath.Join(folder, strconv.Itoa(i)+".png"))
		check(err)
		check(png.Encode(f, &image.Gray{Pix: set.Image(i), Stride: set.Width, Rect: image.Rect(0, 0, set.Width, set.Height)}))
		check(f.Close())
	}
	r, err := recipe.ByName("plain")
	check(err)
	r.Model = "network"
	trainer, err := r.Trainer(set, nil, 0)
	check(err)
	check(trainer.Run(context.Background()))
	spec := models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 10}
	c := &classifier.Model{Info: classifier.Info{Architecture: r.Model, Spec: spec, Classes: set.Classes, Scale: 1.0 / 255}, Net: trainer.Model}
	d := drawn{filepath.Join(top, "digits"), "", filepath.Join(top, "digits.safetensors")}
	d.seven = filepath.Join(d.folder, "7", strconv.Itoa(slices.Index(set.Labels, 7))+".png")
	check(c.Save(d.model, [][]byte{set.Image(0)}))
	return d
})
