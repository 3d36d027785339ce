package classifier

import (
	"fmt"
	"slices"
	"strings"

	"inkling/autograd"
	"inkling/models"
	"inkling/nn"
	"inkling/safetensors"
	"inkling/tensor"
)

// Pretrained is a net that another training begins with: the state of torchvision's
// ResNet-18, or a model file of ours.
type Pretrained struct {
	Architecture string   // what to build; for torchvision's state resnet18 will do too
	Input        string   // what its images are brought to, as package augment reads it; "" is nothing
	Channels     int      // of its images
	Height       int      // of its images; 0 where any will do
	Width        int      //
	Classes      []string // nil where they are not known

	path  string
	model *Model            // of ours, or
	state *safetensors.File // torchvision's
}

// ImageNet is what torchvision's nets expect of an image's three channels: means and
// standard deviations of the photographs that they were trained on.
const ImageNet = "normalize=0.485:0.456:0.406/0.229:0.224:0.225"

// OpenPretrained reads a file that a training can begin with, and verifies it: a model
// of ours as Load does, torchvision's state by the names and shapes of all its tensors
// but the head's.
func OpenPretrained(path string) (*Pretrained, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	if _, ours := f.Metadata[key]; !ours {
		p := &Pretrained{Architecture: "resnet18-torchvision", Input: ImageNet, Channels: 3, path: path, state: f}
		net, err := models.New(p.Architecture, models.Spec{Channels: 3, Height: 32, Width: 32, Classes: 2}, nothing)
		if err == nil {
			err = SetTorchvision(net, f, false)
		}
		if _, bottleneck := f.Lookup("layer1.0.conv3.weight"); err != nil && bottleneck {
			return nil, fmt.Errorf("a deeper ResNet, with blocks of three convolutions; of torchvision's nets only ResNet-18 can be begun with: %w", err)
		}
		return p, err
	}
	m, err := Load(path)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(m.Architecture, "average-") {
		return nil, fmt.Errorf("%s: a model %s has nothing that gradient descent could go on with", safetensors.Quote(path), m.Architecture)
	}
	if m.Scale != 1.0/255 {
		return nil, fmt.Errorf("%s: its pixels are scaled by %v, and a training scales them by 1/255", safetensors.Quote(path), m.Scale)
	}
	s := m.Spec
	return &Pretrained{m.Architecture, m.Input, s.Channels, s.Height, s.Width, m.Classes, path, m, nil}, nil
}

// Torchvision reports whether the net is torchvision's.
func (p *Pretrained) Torchvision() bool { return p.state != nil }

// nothing is initial values that take no memory.
func nothing(_ int, shape ...int) *tensor.Tensor { return tensor.CPU.Scalar(0).BroadcastTo(shape...) }

// Start gives a net for some classes the numbers of this one: all of them where the
// classes are the same, and otherwise all but the head's, which stays as it is. The
// error lists every tensor that is missing, extra or of another shape; the net is
// unchanged then.
func (p *Pretrained) Start(net nn.Layer, classes []string) (head bool, err error) {
	if p.state != nil {
		return false, SetTorchvision(net, p.state, false)
	}
	head = slices.Equal(classes, p.Classes)
	of := models.HeadOf(net)
	from := map[string]*tensor.Tensor{}
	for _, q := range nn.State(p.model.Net) {
		from[q.Name] = q.Value
	}
	var wrong []string
	var to []*autograd.Param
	for _, q := range nn.State(net) {
		if !head && strings.HasPrefix(q.Name, of) {
			continue
		}
		switch v := from[q.Name]; {
		case v == nil:
			wrong = append(wrong, q.Name+" is missing")
		case !slices.Equal(v.Shape(), q.Value.Shape()):
			wrong = append(wrong, fmt.Sprintf("%s is %v, wanted %v", q.Name, v.Shape(), q.Value.Shape()))
		}
		to = append(to, q)
	}
	if wrong != nil {
		return false, fmt.Errorf("%s does not fit the model: %s", safetensors.Quote(p.path), strings.Join(wrong, "; "))
	}
	for _, q := range to {
		q.Value.CopyFrom(from[q.Name].CopyTo(q.Value.Memory()))
	}
	return head, nil
}
