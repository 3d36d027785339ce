package classifier

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"inkling/autograd"
	"inkling/nn"
	"inkling/safetensors"
	"inkling/tensor"
)

// What torchvision's state of a ResNet-18 has otherwise than the engine: weights of
// linear layers are (out, in), and each batch norm counts the batches that it saw.
// All names are the same.
const (
	headPrefix = "fc."
	counter    = ".num_batches_tracked"
)

// SetTorchvision gives net, which is resnet18 or resnet18-torchvision, the numbers of
// a ResNet-18 that PyTorch saved under torchvision's names. Without head the net's own
// fc.* stay as they are, whatever the file has there: a new head for other classes.
// The error lists every tensor that is missing, extra or of another shape; the net is
// unchanged then. Images are taken as torchvision takes them: three channels, scaled
// as that state was trained.
func SetTorchvision(net nn.Layer, f *safetensors.File, head bool) error {
	var params []*autograd.Param
	var want []safetensors.Spec
	norms := map[string]bool{}
	for _, p := range nn.State(net) {
		if !head && strings.HasPrefix(p.Name, headPrefix) {
			continue
		}
		if name, ok := strings.CutSuffix(p.Name, ".running_mean"); ok {
			norms[name+counter] = true
		}
		params = append(params, p)
		want = append(want, safetensors.Spec{Name: p.Name, Shape: turned(p.Value.Shape())})
	}
	state := &safetensors.File{Path: f.Path}
	for _, t := range f.Tensors {
		if norms[t.Name] || !head && strings.HasPrefix(t.Name, headPrefix) {
			continue // nothing that an answer depends on
		}
		state.Tensors = append(state.Tensors, t)
	}
	if err := state.Match(want); err != nil {
		return err
	}
	if err := state.CheckFinite(); err != nil {
		return err
	}
	values := make([]*tensor.Tensor, len(params))
	for i, p := range params {
		t, _ := state.Lookup(p.Name)
		numbers, err := safetensors.Float32s(t)
		if err != nil {
			return err
		}
		v := tensor.Of(p.Value.Memory(), numbers, t.Shape...)
		switch v.Rank() {
		case 2:
			v = v.T().Contiguous()
		case 4:
			v = v.InFilterOrder()
		}
		values[i] = v
	}
	for i, p := range params {
		p.Value = values[i]
	}
	return nil
}

// turned is the shape that PyTorch has for one of ours.
func turned(shape []int) []int {
	if len(shape) != 2 {
		return shape
	}
	return []int{shape[1], shape[0]}
}

// Torchvision returns the model as the state of torchvision's resnet18(num_classes=n),
// which loads it strictly: all tensors that PyTorch has, by its names. Only
// resnet18-torchvision has all of them. With body those of the head are left out, and
// resnet18 will do too: it loads with strict=False, or where fc is an Identity.
//
// A model of grey images was trained on three equal channels, and wants three from
// PyTorch.
func (c *Model) Torchvision(body bool) (*safetensors.File, error) {
	switch {
	case c.Architecture == "resnet18" && !body:
		return nil, fmt.Errorf("the head of resnet18 is fastai's, and torchvision has no such thing: train resnet18-torchvision, or export the body alone (--body)")
	case c.Architecture != "resnet18" && c.Architecture != "resnet18-torchvision":
		return nil, fmt.Errorf("torchvision has no model like %s: of those here it has resnet18-torchvision, and the body of resnet18", c.Architecture)
	}
	names, err := json.Marshal(c.Classes)
	if err != nil {
		return nil, err
	}
	f := &safetensors.File{Metadata: map[string]string{"format": "pt", "classes": string(names), "preprocessing": c.Preprocessing()}}
	for _, p := range nn.State(c.Net) {
		if body && strings.HasPrefix(p.Name, headPrefix) {
			continue
		}
		v := p.Value
		if v.Rank() == 2 {
			v = v.T()
		}
		f.Tensors = append(f.Tensors, safetensors.FromFloat32s(p.Name, slices.Clone(v.Shape()), v.Float32s()))
		if name, ok := strings.CutSuffix(p.Name, ".running_mean"); ok {
			// Only a momentum of None asks for it, which these layers do not have.
			f.Tensors = append(f.Tensors, safetensors.FromInts(name+counter, nil, []int64{0}))
		}
	}
	return f, nil
}

// Preprocessing says in words what is done to the bytes of an image before the model
// sees them.
func (c *Model) Preprocessing() string {
	switch {
	case c.Scale != 1.0/255:
		return fmt.Sprintf("pixels (0..255) times %v", c.Scale)
	case c.Input == "":
		return "pixels (0..255) divided by 255"
	}
	return fmt.Sprintf("pixels (0..255) divided by 255, then %s", strings.Replace(c.Input, "standardize", "standardize (each image to mean 0 and standard deviation 1)", 1))
}
