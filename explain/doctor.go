package explain

import (
	"crypto/sha256"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"inkling/autograd"
	"inkling/data"
	"inkling/nn"
	"inkling/optim"
	"inkling/tensor"
)

// Finding is what the doctor has to say about one thing, in a sentence.
type Finding struct {
	Check    string `json:"check"` // a short stable name: "first-loss", "leak"
	Fine     bool   `json:"fine"`
	Sentence string `json:"sentence"`
}

func fine(check, format string, args ...any) Finding {
	return Finding{check, true, fmt.Sprintf(format, args...)}
}

func ill(check, format string, args ...any) Finding {
	return Finding{check, false, fmt.Sprintf(format, args...)}
}

// ExamineData looks at the images before anything is learned from them.
func ExamineData(ds *data.Dataset) []Finding {
	return []Finding{examineBalance(ds.Train), examineSplit(ds), examineLeak(ds)}
}

func examineBalance(s *data.Set) Finding {
	counts := s.Counts()
	if len(counts) < 2 {
		return ill("classes", "There is only one class, %s: there is nothing to tell apart.", strings.Join(s.Classes, ""))
	}
	least, most := slices.Min(counts), slices.Max(counts)
	switch {
	case least == 0:
		return ill("classes", "Class %s has no training images: the model cannot learn it.", s.Classes[slices.Index(counts, 0)])
	case most > 10*least:
		return ill("balance", "Class %s has %d training images and class %s only %d: the model will favour the first.", s.Classes[slices.Index(counts, most)], most, s.Classes[slices.Index(counts, least)], least)
	}
	if least == most {
		return fine("balance", "Each of the %d classes has %d training images.", len(counts), least)
	}
	return fine("balance", "Each of the %d classes has between %d and %d training images.", len(counts), least, most)
}

// examineSplit compares the class shares of training and test images.
func examineSplit(ds *data.Dataset) Finding {
	if ds.Test == nil || ds.Test.Len() == 0 {
		return fine("split", "There are no test images: a training sets some of its own aside to be judged on.")
	}
	if !slices.Equal(ds.Train.Classes, ds.Test.Classes) {
		return ill("split", "Training images have %d classes and test images %d others: an answer would mean another class there.", len(ds.Train.Classes), len(ds.Test.Classes))
	}
	a, b := ds.Train.Counts(), ds.Test.Counts()
	for c := range a {
		p, q := float64(a[c])/float64(max(ds.Train.Len(), 1)), float64(b[c])/float64(ds.Test.Len())
		if math.Abs(p-q) > 0.05+0.25*p {
			return ill("split", "Class %s makes %.0f %% of the training images but %.0f %% of the test images; were the last rows split off unshuffled?", ds.Train.Classes[c], 100*p, 100*q)
		}
	}
	return fine("split", "Training and test images have the same mix of classes.")
}

// examineLeak counts test images that are also training images, bit for bit.
func examineLeak(ds *data.Dataset) Finding {
	if ds.Test == nil {
		return fine("leak", "No test images, so none of them leaked into training.")
	}
	if ds.Train.Streamed() || ds.Test.Streamed() {
		return fine("leak", "The images are too many to be compared in passing; inkling data check compares them all.")
	}
	seen := make(map[[32]byte]bool, ds.Train.Len())
	for i := range ds.Train.Len() {
		seen[sha256.Sum256(ds.Train.Image(i))] = true
	}
	n, first := 0, -1
	for i := range ds.Test.Len() {
		if seen[sha256.Sum256(ds.Test.Image(i))] {
			if n++; first < 0 {
				first = i
			}
		}
	}
	if n == 1 {
		return ill("leak", "1 of the %d test images is also a training image (%s): the test is too easy by that much.", ds.Test.Len(), ds.Test.Name(first))
	}
	if n > 0 {
		return ill("leak", "%d of the %d test images are also training images (the first is %s): the test is too easy by that much.", n, ds.Test.Len(), ds.Test.Name(first))
	}
	return fine("leak", "No test image is also a training image.")
}

// fewImages is where a story that was written for sixty thousand images comes out
// otherwise than it is told.
const fewImages = 2000

// ExamineSteps asks whether there are steps enough to learn anything. With dropLast
// a short last batch of an epoch makes no step.
func ExamineSteps(images, batch, epochs int, dropLast bool) Finding {
	const story = 60_000
	steps := func(images int) string {
		each := (images + batch - 1) / batch
		if dropLast {
			each = images / batch
		}
		return data.Thousands(each * epochs)
	}
	said := fmt.Sprintf("%s training images in batches of %d", data.Thousands(images), batch)
	if images < fewImages {
		return ill("steps", "%s make only %s steps in %d epochs, where the story's %s make %s: expect poor accuracies, and models that have hardly begun to learn.",
			said, steps(images), epochs, data.Thousands(story), steps(story))
	}
	return fine("steps", "%s make %s steps in %d epochs.", said, steps(images), epochs)
}

// ExamineModel looks at a model before its first step, on one batch: x (n, c, h,
// w) and labels (n). Each finding comes when it is made. The model's parameters and
// buffers are as they were afterwards.
//
// It takes steps of plain gradient descent at the rate; ExamineTraining those of
// another optimiser.
func ExamineModel(model nn.Layer, loss nn.Loss, lossName string, rate float64, x, labels *tensor.Tensor) iter.Seq[Finding] {
	return ExamineTraining(model, loss, lossName, optim.NewSGD(model.Params(), rate), x, labels)
}

// ExamineTraining is ExamineModel for an optimiser of the model's parameters, which is
// as it was afterwards.
func ExamineTraining(model nn.Layer, loss nn.Loss, lossName string, opt optim.Optimizer, x, labels *tensor.Tensor) iter.Seq[Finding] {
	return func(yield func(Finding) bool) {
		saved, state := make([]*tensor.Tensor, 0), opt.State().Clone()
		for _, p := range nn.State(model) {
			saved = append(saved, p.Value.Clone())
		}
		defer func() {
			for i, p := range nn.State(model) {
				p.Value.CopyFrom(saved[i])
			}
			if err := opt.SetState(state); err != nil {
				panic("explain: an optimiser refuses its own state: " + err.Error())
			}
		}()
		logits, misfit := answer(model, x)
		if misfit != nil {
			yield(ill("shapes", "Images of shape %v do not go through the model: %s.", x.Shape(), misfit))
			return
		}
		if logits.Rank() != 2 || logits.Dim(1) < 2 {
			yield(ill("outputs", "The model gives outputs of shape %v for %d images; a classifier gives (images, classes), with two classes at least.", logits.Shape(), labels.Len()))
			return
		}
		if !yield(examineOutputs(logits, lossName)) || !yield(examineRepeat(model, x, logits)) {
			return
		}
		// As a first step sees it: before that the running statistics of a batch norm are of no images.
		first := model.Forward(autograd.NewTapeOn(x.Memory()).Input(x))
		if !yield(examineFirstLoss(loss, lossName, len(nn.State(model)) > len(model.Params()), first.Value(), labels)) || !yield(examineBatch(labels, logits.Dim(1))) {
			return
		}
		if f, hidden := examineHidden(first); hidden && !yield(f) {
			return
		}
		if !yield(examineSlope(model, loss, x, labels)) {
			return
		}
		for _, f := range examineByHeart(model, loss, opt, x, labels) {
			if !yield(f) {
				return
			}
		}
	}
}

// answer is what a model gives for x, or why x does not fit.
func answer(model nn.Layer, x *tensor.Tensor) (logits *tensor.Tensor, misfit *tensor.ShapeError) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *tensor.ShapeError:
			misfit = r
		default:
			panic(r)
		}
	}()
	return model.Forward(autograd.Const(x)).Value(), nil
}

// examineOutputs finds a softmax that was taken before a loss that takes one
// itself, over the classes or, worse, over the batch.
func examineOutputs(logits *tensor.Tensor, lossName string) Finding {
	c := logits.Dim(1)
	switch {
	case sumToOne(logits):
		return ill("probabilities", "The model's outputs are already probabilities, and %s turns them into probabilities again: leave the softmax to the loss.", lossName)
	case logits.Dim(0) > 1 && sumToOne(logits.T()):
		return ill("probabilities", "The model's outputs for each class sum to 1 over the images of the batch: a softmax runs over the wrong axis, so that an image's answer depends on its neighbours.")
	}
	return fine("probabilities", "The model gives %d logits an image, and the loss makes probabilities of them.", c)
}

// sumToOne reports whether every row of x consists of probabilities.
func sumToOne(x *tensor.Tensor) bool {
	for row := range slices.Chunk(x.Float64s(), x.Dim(1)) {
		sum := 0.0
		for _, v := range row {
			if sum += v; !(v >= 0) {
				return false
			}
		}
		if !(math.Abs(sum-1) < 1e-4) {
			return false
		}
	}
	return true
}

func examineRepeat(model nn.Layer, x, logits *tensor.Tensor) Finding {
	again := model.Forward(autograd.Const(x)).Value()
	bits := func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) } // NaN too
	if !slices.EqualFunc(again.Float32s(), logits.Float32s(), bits) {
		return ill("repeat", "The same images got two different answers: the model is evaluated in training mode.")
	}
	return fine("repeat", "The same images get the same answers twice.")
}

// examineFirstLoss compares the loss before training with that of equal
// probabilities, which is what a model that knows nothing should say. normed says that
// the model has batch norms.
func examineFirstLoss(loss nn.Loss, name string, normed bool, logits, labels *tensor.Tensor) Finding {
	large := 2.0
	if normed { // the first steps shrink the head, and batch norms keep the rest in size: resnet-quick begins at three times the even loss, and learns at once
		large = 4
	}
	first := loss(autograd.Const(logits), labels).Value().Item()
	even := loss(autograd.Const(logits.Scale(0)), labels).Value().Item()
	switch {
	case math.IsNaN(first) || math.IsInf(first, 0):
		return ill("first-loss", "The first loss is %v, not a number to go down from.", first)
	case name == "cross-entropy" && first > large*even:
		return ill("first-loss", "The first loss is %.2f; a model that knows nothing and says so would start at %.2f = ln %d. Its first weights are large, so it begins by being sure of wrong answers; the story starts it so on purpose.", first, even, logits.Dim(1))
	}
	return fine("first-loss", "The first loss is %.3f; equal probabilities would give %.3f.", first, even)
}

func examineBatch(labels *tensor.Tensor, classes int) Finding {
	y := labels.Ints()
	if len(y) >= 8 && classes > 1 && slices.Min(y) == slices.Max(y) {
		return ill("shuffle", "All %d images of the first batch are of one class: the images are not shuffled.", len(y))
	}
	return fine("shuffle", "The first batch mixes its classes.")
}

// examineByHeart trains on the one batch for a moment: a model that cannot even
// lower the loss there will not learn from sixty thousand images.
func examineByHeart(model nn.Layer, loss nn.Loss, opt optim.Optimizer, x, labels *tensor.Tensor) []Finding {
	const steps = 40
	tape := autograd.NewTapeOn(x.Memory())
	rate := opt.State().Rate
	before := make([][]float32, 0)
	for _, p := range model.Params() {
		before = append(before, p.Value.Float32s())
	}
	first, last, peak := 0.0, 0.0, 0.0
	for i := range steps {
		l := loss(model.Forward(tape.Input(x)), labels)
		if last = l.Value().Item(); i == 0 {
			first = last
		}
		peak = max(peak, last)
		opt.Step(l.Backward())
		tape.Reset()
	}
	var findings []Finding
	switch {
	case math.IsNaN(last) || math.IsInf(last, 0) || last > 2*first+1e-3:
		findings = append(findings, ill("by-heart", "On one batch the loss goes from %.3f to %.3f in %d steps: the rate %g is too high.", first, last, steps, rate))
	case peak > 2*first+1e-3:
		findings = append(findings, ill("by-heart", "On one batch the loss jumps from %.3f to %.3f before it falls to %.3f: the rate %g is too high.", first, peak, last, rate))
	case last > 0.98*first:
		findings = append(findings, ill("by-heart", "On one batch the loss hardly moves in %d steps, from %.4f to %.4f: it stalls, or the rate %g is too low.", steps, first, last, rate))
	default:
		findings = append(findings, fine("by-heart", "One batch can be learned: its loss falls from %.3f to %.3f in %d steps.", first, last, steps))
	}
	for i, p := range model.Params() {
		if slices.Equal(before[i], p.Value.Float32s()) {
			findings = append(findings, ill("frozen", "%d steps did not change %s at all.", steps, p.Name))
		}
	}
	return findings
}
