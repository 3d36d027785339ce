// Package report draws what the tour found: figures, and one self-contained
// page that tells the story with the reader's own pictures and numbers.
package report

import "inkling/train"

// Story is everything that the page tells. A chapter that was not run is nil or
// missing, and the page does not mention it as done.
type Story struct {
	Version string // of the program
	Date    string // 2026-11-23
	Device  string // one line: what it ran on
	Command string // what the reader typed
	Seed    uint64
	Data    Data
	Pixels  *Pixels
	Average *Average
	Trained []*Trained // linear, softmax, cross-entropy, network, resnet, beyond, in the order they ran
	Doctor  []string   // what the doctor said, a sentence each
}

// Data is what was learned from.
type Data struct {
	Name          string
	From          string // one line: where the images came from
	BuiltIn       bool   // drawn by program, because the real ones were not there
	Train, Test   int    // images
	Channels      int    // of a pixel: 1 for grey, 3 for red, green and blue; 0 means 1
	Height, Width int
	Classes       []string
}

// Picture is one image of the data set with its true class.
type Picture struct {
	Pixels []uint8 // Channels x Height x Width
	Label  int
	Name   string // where it comes from: "test image 247"
}

// Pixels is the first chapter: images are tensors.
type Pixels struct {
	Samples [][]Picture // some training images of each class
	One     Picture     // the image whose numbers are shown
}

// Average is the baseline chapter.
type Average struct {
	Means      [][]float32 // a mean image of each class, 0..1, Channels x Height x Width
	MAE, MSE   Baseline
	OnlyMAE    []Nearest // images that only the mean absolute error gets right
	OnlyMSE    []Nearest // images that only the mean squared error gets right
	BothMisled []Nearest // images that mislead both
}

// Baseline is how one distance does.
type Baseline struct {
	PerClass      []float64
	MeanOfClasses float64
	Accuracy      float64 // over all images
	Confusion     [][]int // [label][answer]
	Post          *PostBaseline
}

// PostBaseline is what the post's own code reaches; nil where the data are not MNIST.
type PostBaseline struct {
	PerClass      []float64
	MeanOfClasses float64
	Accuracy      float64
}

// Nearest is an image with its distance to each mean, by both measures.
type Nearest struct {
	Picture  Picture
	MAE, MSE []float64 // per class
}

// Trained is a chapter in which a model learned.
type Trained struct {
	Chapter   string // linear, softmax, cross-entropy, network, resnet, beyond
	Model     string // a name in package models
	Loss      string // sigmoid-mse, softmax-mse or cross-entropy
	Rate      float64
	Batch     int
	Weights   int     // numbers that training changed
	Start     Point   // its figures are NaN where they were not measured
	Curve     []Point // one an epoch
	Seconds   float64 // of training
	Post      *PostCurve
	Final     *train.Evaluation // on the test images
	Snapshots []Snapshot        // of the weights of a linear model: before, during, after
	Hidden    []Unit            // of a network: what its hidden units look at
	Worst     []Mistake         // the surest mistakes
	Push      []Push            // how strongly the loss corrects, by how wrong the answer is, at the start
	Unfolded  *Unfolded         // the arithmetic of one prediction
	Stopped   string            // "after epoch 2 of 4" or "before the end of its first epoch", where it did not come to its end

	// Of a chapter that trains by recipes:
	Run, Change string       // of its second run and later ones: a name, and what is changed against the first
	Plan        *Plan        // the recipe
	Others      *Others      // nil where the data are not MNIST
	Ablation    *Ablation    // what was measured before; nil where nothing was
	Convolution *Convolution // one place of a convolution, taken apart
	Filters     *Filters     // of the first convolution, after training
	Looked      Picture      // the image whose maps these are
	Maps        []Maps       // stage by stage, after training
}

// Plan is how a training by a recipe is set.
type Plan struct {
	Epochs, Batch, Batches int // Batches in an epoch
	Settings               []Setting
	Rates, Momenta         []float64 // at even distances from the first step to the last; Momenta nil where it stays
	Step                   float64   // seconds
}

// Setting is one of a recipe's, in words.
type Setting struct{ Name, Value string }

// Others is what others reached with the same recipe.
type Others struct {
	Post    float64    // what the post says of its own run
	PyTorch []OtherRun // none where only the post can be compared with
}

// OtherRun is the accuracy after each epoch of one run.
type OtherRun struct {
	Seed     int
	Accuracy []float64
}

// Ablation is what each ingredient of a recipe bought: accuracies on MNIST's test
// images with all of it, and without one thing at a time.
type Ablation struct {
	Recipe   string    `json:"recipe"`   // a preset's name
	Epochs   int       `json:"epochs"`   // that each variant was trained for, which can be fewer than the preset's
	Machine  string    `json:"machine"`  // what it was measured on
	Variants []Variant `json:"variants"` // the whole recipe first
}

// Variant is a recipe with something left out, run with several seeds.
type Variant struct {
	LeftOut    string    `json:"left_out"` // "" for the whole recipe
	Seeds      []uint64  `json:"seeds"`
	Accuracies []float64 `json:"accuracies"` // after the last epoch, a seed each
	Seconds    []float64 `json:"seconds"`    // of the whole training, a seed each
}

// Convolution is one number of a feature map, taken apart: Sum = sum of pixel * weight.
type Convolution struct {
	Picture     Picture
	Row, Column int       // of the place, where the middle of the filter lies
	Pixels      []float64 // 3 x 3 under the filter, row by row
	Filter      []float64
	Products    []float64
	Sum         float64
	Map         []float64 // the sums at all places, Height x Width
}

// Filters are the weights of a model's first convolution, summed over channels.
type Filters struct {
	Height, Width int
	Weights       [][]float32
}

// Maps are feature maps of one size.
type Maps struct {
	Name          string // of the stage
	Count         int
	Height, Width int
	Shown         [][]float32 // those that answer most, the strongest first
}

// Point is the state after an epoch. Start is the state before the first, with Epoch 0.
type Point struct {
	Epoch     int // 1 is the first
	TrainLoss float64
	TestLoss  float64
	Accuracy  float64
	Seconds   float64
}

// PostCurve is what ten PyTorch runs of the same recipe reach: accuracies after
// the first and the last epoch, and the mean after each.
type PostCurve struct {
	First, Last Range
	Mean        []float64
}

// Range is a least, a mean and a greatest figure.
type Range struct{ Min, Mean, Max float64 }

// Snapshot is a linear model's weights after some epochs; 0 is before the first.
type Snapshot struct {
	Epoch   int
	Weights [][]float32 // per class, Channels x Height x Width
}

// Unit is a hidden unit: its weight for each pixel, and for each class.
type Unit struct {
	In     []float32 // Channels x Height x Width
	Before []float32 // In before training; nil where it was not kept. With it the page shows what training changed
	Out    []float32 // per class
}

// Mistake is an image that the model misread.
type Mistake struct {
	Picture Picture
	Answer  int
	Probs   []float64 // per class
}

// Push is the mean size of the loss's gradient at the logits over the images
// whose right class got a probability within a bin.
type Push struct {
	From, To float64 // probability of the right class, bin edges
	Images   int
	Gradient float64 // mean over the images of the length of dloss/dlogits of that image's own loss
}

// Unfolded is one prediction taken apart: logit = bias + sum of pixel * weight.
type Unfolded struct {
	Picture Picture
	Answer  int
	Classes []UnfoldedClass
}

// UnfoldedClass is the sum that made one logit.
type UnfoldedClass struct {
	Class       int
	Bias        float64
	Products    []float64 // pixel * weight, Channels x Height x Width; they and Bias add up to Logit
	Logit       float64
	Probability float64
}
