// Package models is the classifiers that a name on the command line stands for,
// one short file each.
package models

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"inkling/nn"
	"inkling/tensor"
)

// Spec is what a model has to fit: the images and the number of classes.
type Spec struct {
	Channels int `json:"channels"`
	Height   int `json:"height"`
	Width    int `json:"width"`
	Classes  int `json:"classes"`
}

// Pixels is the number of numbers in one image.
func (s Spec) Pixels() int { return s.Channels * s.Height * s.Width }

// entry is a model that can be asked for by name.
type entry struct {
	name, what string
	build      func(s Spec, init nn.Init) nn.Layer
	init       func(mem *tensor.Memory, rng *rand.Rand) nn.Init
}

var registry = []entry{
	{"average-mae", "the nearest class average by mean absolute error", func(s Spec, init nn.Init) nn.Layer { return newAverage(s, MeanAbsolute, init) }, nn.FanIn},
	{"average-mse", "the nearest class average by mean squared error", func(s Spec, init nn.Init) nn.Layer { return newAverage(s, MeanSquared, init) }, nn.FanIn},
	{"linear", "one weight for each pixel and class", func(s Spec, init nn.Init) nn.Layer { return NewLinear(s, init) }, nn.FanIn},
	{"network", "64 hidden sigmoid units between pixels and classes", func(s Spec, init nn.Init) nn.Layer { return NewNetwork(s, 64, init) }, nn.FanIn},
	{"cnn", "two convolutions of 3 x 3 and two dense layers", func(s Spec, init nn.Init) nn.Layer { return NewCNN(s, init) }, nn.KaimingNormal},
	{"resnet-small", "13 convolutions with residual blocks", func(s Spec, init nn.Init) nn.Layer { return NewResNetSmall(s, init) }, nn.KaimingNormal},
	{"resnet-quick", "five convolutions, two of them residual", func(s Spec, init nn.Init) nn.Layer { return NewResNetQuick(s, init) }, nn.KaimingNormal},
	{"resnet8", "seven convolutions with residual steps", func(s Spec, init nn.Init) nn.Layer { return NewResNet8(s, 64, init) }, nn.KaimingNormal},
	{"resnet18", "the residual network of 18 layers", func(s Spec, init nn.Init) nn.Layer { return NewResNet18(s, init) }, initResNet18},
	{"resnet18-torchvision", "resnet18 with the head that torchvision gives it", func(s Spec, init nn.Init) nn.Layer { return NewResNet18Torchvision(s, init) }, initResNet18Torchvision},
}

// leastSide is how many pixels high and wide images must be, where one is not enough.
var leastSide = map[string]int{"resnet8": 2} // its first pool leaves half, rounded down

// Names lists the models there are.
func Names() []string {
	var names []string
	for _, e := range registry {
		names = append(names, e.name)
	}
	return names
}

// Describe says in a few words what a model is.
func Describe(name string) string {
	if i := find(name); i >= 0 {
		return registry[i].what
	}
	return ""
}

// Init returns the initial values that suit a model: those of the recipe that it
// comes from. There must be a model of that name.
func Init(name string, mem *tensor.Memory, rng *rand.Rand) nn.Init {
	i := find(name)
	if i < 0 {
		panic(fmt.Sprintf("models: there is no model %q", name))
	}
	return registry[i].init(mem, rng)
}

// New builds a model by name, with initial values drawn by init. The logits of
// a model are (n, Classes) for images (n, Channels, Height, Width).
func New(name string, s Spec, init nn.Init) (nn.Layer, error) {
	if s.Channels < 1 || s.Height < 1 || s.Width < 1 || s.Classes < 1 {
		return nil, fmt.Errorf("a model for %d classes of images with %d channels of %d x %d pixels cannot be built", s.Classes, s.Channels, s.Height, s.Width)
	}
	i := find(name)
	if i < 0 {
		return nil, fmt.Errorf("there is no model %q; choose one of %s", name, strings.Join(Names(), ", "))
	}
	if least := leastSide[name]; s.Height < least || s.Width < least {
		return nil, fmt.Errorf("the model %s wants images of at least %d x %d pixels, and these have %d x %d", name, least, least, s.Height, s.Width)
	}
	return registry[i].build(s, init), nil
}

func find(name string) int {
	return slices.IndexFunc(registry, func(e entry) bool { return e.name == name })
}

// HeadOf returns how the names of a model's last layer begin, "fc." of resnet18:
// the part that depends on the classes.
func HeadOf(net nn.Layer) string {
	all := net.Params()
	name, _, _ := strings.Cut(all[len(all)-1].Name, ".")
	return name + "."
}
