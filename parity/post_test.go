package parity

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"inkling/autograd"
	"inkling/data"
	"inkling/device/cpu"
	"inkling/internal/kernel"
	"inkling/models"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
	"inkling/train"
)

type spread struct{ Min, Max float64 }

// post holds testdata/post.json: what PyTorch reaches with the story's recipes.
var post struct {
	Baseline map[string]struct {
		PerDigit  []float64 `json:"per_digit"`
		AllImages float64   `json:"all_images"`
	}
	Chapters map[string]struct {
		First spread `json:"after_epoch_1"`
		Last  spread `json:"after_epoch_41"`
	}
}

var spec = models.Spec{Channels: 1, Height: 28, Width: 28, Classes: 10}

func read(t *testing.T, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path(name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

func TestAverageMatchesThePost(t *testing.T) {
	mnist := MNIST(t)
	read(t, "post.json", &post)
	images := tensor.FromBytes(mnist.Train.Images, mnist.Train.Len(), 784)
	test := data.NewLoader(tensor.CPU, mnist.Test, 500)
	for _, level := range kernel.Levels() {
		restore := kernel.Use(level)
		for name, d := range map[string]models.Distance{"mae": models.MeanAbsolute, "mse": models.MeanSquared} {
			model := models.NewAverage(spec, d)
			model.Fit(images, 1.0/255, mnist.Train.Labels)
			e := train.Evaluate(model, nil, test)
			for digit, want := range post.Baseline[name].PerDigit {
				if got := math.Round(e.PerClass[digit]*1e4) / 1e4; got != want {
					t.Errorf("%s, %s: digit %d is right in %.4f, want %.4f", level, name, digit, got, want)
				}
			}
			if e.Accuracy != post.Baseline[name].AllImages {
				t.Errorf("%s, %s: accuracy %.4f, want %.4f", level, name, e.Accuracy, post.Baseline[name].AllImages)
			}
		}
		restore()
	}
}

var losses = map[string]nn.Loss{"sigmoid_mse": nn.SigmoidMSE, "softmax_mse": nn.SoftmaxMSE, "cross_entropy": nn.CrossEntropy}

func TestTenStepsMatchPyTorch(t *testing.T) {
	mnist := MNIST(t)
	var traces []struct {
		Model, Loss string
		Keys        []int     `json:"param_keys"`
		Losses      []float64 `json:"losses"`
		Norms       []float64 `json:"final_param_l2"`
		Bias        []float64 `json:"final_bias"`
	}
	read(t, "traces.json", &traces)
	batch := mnist.Train.Subset(firstIndices(2560))
	for _, level := range kernel.Levels() {
		restore := kernel.Use(level)
		mem := tensor.On(cpu.New(2))
		for _, c := range traces {
			name := c.Model
			if name == "mlp" {
				name = "network"
			}
			next := 0
			model, err := models.New(name, spec, func(_ int, shape ...int) *tensor.Tensor {
				next++
				return tensor.Of(mem, Fill(c.Keys[next-1], size(shape), 1, 0), shape...)
			})
			if err != nil {
				t.Fatal(err)
			}
			opt := optim.NewSGD(model.Params(), 1)
			tape := autograd.NewTapeOn(mem)
			step := 0
			for x, y := range data.NewLoader(mem, batch, 256).Epoch(nil) {
				loss := losses[c.Loss](model.Forward(tape.Input(x)), y)
				if got := loss.Value().Item(); math.Abs(got-c.Losses[step]) > 1e-5*c.Losses[step] {
					t.Errorf("%s, %s with %s: loss of step %d is %.8g, want %.8g", level, name, c.Loss, step, got, c.Losses[step])
				}
				opt.Step(loss.Backward())
				tape.Reset()
				step++
			}
			for i, p := range model.Params() {
				norm := math.Sqrt(p.Value.Square().Sum().Item())
				if math.Abs(norm-c.Norms[i]) > 1e-5*c.Norms[i] {
					t.Errorf("%s, %s with %s: the norm of %s is %.8g after ten steps, want %.8g", level, name, c.Loss, p.Name, norm, c.Norms[i])
				}
			}
			bias := model.Params()[len(model.Params())-1].Value.Float64s()
			if d := Distance(bias, c.Bias); d > 1e-5 {
				t.Errorf("%s, %s with %s: the last bias is off by %.2g", level, name, c.Loss, d)
			}
		}
		restore()
	}
}

func firstIndices(n int) []int {
	index := make([]int, n)
	for i := range index {
		index[i] = i
	}
	return index
}

// curve is a hook that keeps the accuracies.
type curve []float64

func (c *curve) Epoch(e *train.Epoch) error {
	*c = append(*c, e.Valid.Accuracy)
	return nil
}

func TestChaptersFallBetweenThePostsSeeds(t *testing.T) {
	if os.Getenv("INKLING_ACCEPTANCE") == "" {
		t.Skip("skipped: an acceptance run; set INKLING_ACCEPTANCE=1")
	}
	mnist := MNIST(t)
	read(t, "post.json", &post)
	for _, c := range []struct{ chapter, model, loss string }{
		{"linear", "linear", "sigmoid-mse"},
		{"softmax", "linear", "softmax-mse"},
		{"cross-entropy", "linear", "cross-entropy"},
		{"network", "network", "cross-entropy"},
	} {
		const seeds = 5
		first, last := 0.0, 0.0
		for seed := range uint64(seeds) {
			model, err := models.New(c.model, spec, nn.StandardNormal(tensor.CPU, rand.New(rand.NewPCG(seed, 0))))
			if err != nil {
				t.Fatal(err)
			}
			var acc curve
			trainer := &train.Trainer{
				Model: model, Loss: nn.Losses[c.loss], Optimizer: optim.NewSGD(model.Params(), 1),
				Train: data.NewLoader(tensor.CPU, mnist.Train, 256), Valid: data.NewLoader(tensor.CPU, mnist.Test, 1000),
				Epochs: 41, Seed: seed, Hooks: []any{&acc},
			}
			if err := trainer.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
			t.Logf("%s, seed %d: %.4f after one epoch, %.4f after 41", c.chapter, seed, acc[0], acc[40])
			first += acc[0] / seeds
			last += acc[40] / seeds
		}
		want := post.Chapters[c.chapter]
		if first < want.First.Min || first > want.First.Max {
			t.Errorf("%s: mean accuracy after one epoch %.4f, outside %.4f to %.4f", c.chapter, first, want.First.Min, want.First.Max)
		}
		if last < want.Last.Min || last > want.Last.Max {
			t.Errorf("%s: mean accuracy after 41 epochs %.4f, outside %.4f to %.4f", c.chapter, last, want.Last.Min, want.Last.Max)
		}
	}
}

// path finds a golden file: the tour shows the post's figures, so they lie there.
func path(name string) string {
	if name == "post.json" {
		return "../tour/post.json"
	}
	return "testdata/" + name
}
