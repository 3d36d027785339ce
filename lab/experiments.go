package lab

import (
	"context"
	"fmt"
	"math"
	"slices"
)

// Experiment is a question that is answered by doing, and graded by measurement.
type Experiment struct {
	Name     string `json:"experiment"`
	Question string `json:"question"`
	Do       string `json:"do"`
	grade    func(e *exam) Grade
}

// Grade is what was measured.
type Grade struct {
	Name string   `json:"experiment"`
	Done bool     `json:"done"`
	Said string   `json:"said"` // what was measured, and what is missing
	Runs []string `json:"runs"` // on which it was
}

// exam is the learner's own runs that have ended, and what else the lab has seen.
type exam struct {
	ctx    context.Context
	lab    *Lab
	runs   []*Run
	sums   []Summary
	fooled []Fooled
}

func not(format string, args ...any) Grade {
	return Grade{Said: fmt.Sprintf(format, args...), Runs: []string{}}
}
func did(runs []string, format string, args ...any) Grade {
	return Grade{Done: true, Said: fmt.Sprintf(format, args...), Runs: runs}
}

// Experiments are the ten questions.
var Experiments = []*Experiment{
	{"diverge", "At which learning rate does the training fall apart?",
		"Train with higher and higher rates until the loss ends above twice where it began, or is no number any more.", (*exam).diverge},
	{"quick", "How much can be learned in one epoch?",
		"Reach 90 % of the validation images after a single epoch.", (*exam).quick},
	{"shuffle", "What happens without shuffling?",
		"Train twice with the same settings, once with the fault no-shuffle.", (*exam).shuffle},
	{"few-images", "How few images reach 80 %?",
		"Reach 80 % of the validation images with 500 training images or fewer.", (*exam).fewImages},
	{"fool", "How little does it take to fool the net?",
		"Take a test image that is read rightly, and change at most 40 of its pixels so that it is misread.", (*exam).fool},
	{"hidden", "What does a hidden layer buy?",
		"Train linear and network with otherwise the same settings.", (*exam).hidden},
	{"by-heart", "When does a model learn by heart?",
		"End a run whose loss on its own images is less than half of that on the validation images.", (*exam).byHeart},
	{"same-bits", "Does the same seed give the same model?",
		"Train twice with the same settings and seed.", (*exam).sameBits},
	{"batch", "What does the size of a batch change?",
		"Train twice with the same settings but for the batch: one at least eight times as large.", (*exam).batch},
	{"fork", "Can a run be saved halfway?",
		"Fork a run with one setting changed, and end with a lower validation loss than its parent.", (*exam).fork},
}

// Grade measures one experiment on the runs that have ended.
func (l *Lab) Grade(ctx context.Context, name string) (Grade, error) {
	i := slices.IndexFunc(Experiments, func(e *Experiment) bool { return e.Name == name })
	if i < 0 {
		return Grade{}, unknown("there is no experiment %q", name)
	}
	e := &exam{ctx: ctx, lab: l}
	l.mu.Lock()
	all := slices.Clone(l.runs)
	e.fooled = slices.Clone(l.fooled)
	l.mu.Unlock()
	for _, r := range all {
		if s := r.Summary(); s.State == done || s.State == diverged {
			e.runs, e.sums = append(e.runs, r), append(e.sums, s)
		}
	}
	g := Experiments[i].grade(e)
	g.Name = name
	return g, nil
}

// accuracy is that of the last epoch, or -1.
func accuracy(s Summary) float64 {
	if n := len(s.Epochs); n > 0 && s.Epochs[n-1].Accuracy != nil {
		return *s.Epochs[n-1].Accuracy
	}
	return -1
}

func validLoss(s Summary) float64 {
	if n := len(s.Epochs); n > 0 && s.Epochs[n-1].ValidLoss != nil {
		return *s.Epochs[n-1].ValidLoss
	}
	return math.Inf(1)
}

func percent(p float64) string { return fmt.Sprintf("%.1f %%", 100*p) }

// own reports whether a run was trained from its beginning, without a fault.
func own(s Summary) bool { return s.Parent == "" && s.Settings.Fault == "" }

// mean of some losses; NaN of none.
func mean(losses []float32) float64 {
	sum := 0.0
	for _, v := range losses {
		sum += float64(v)
	}
	return sum / float64(len(losses))
}

func (e *exam) diverge() Grade {
	best := 0.0
	for i, s := range e.sums {
		if s.Settings.Fault != "" {
			continue
		}
		if s.State == diverged {
			return did([]string{s.ID}, "At a rate of %g the loss of run %s became no number at all: %s.", s.Settings.Recipe.Rate, s.ID, s.Problem)
		}
		losses := e.runs[i].Losses(0)
		if n := len(losses); n >= 20 {
			first, last := float64(losses[0]), mean(losses[n-10:])
			if last > 2*first {
				return did([]string{s.ID}, "At a rate of %g the loss of run %s went from %.3g to %.3g.", s.Settings.Recipe.Rate, s.ID, first, last)
			}
			best = max(best, s.Settings.Recipe.Rate)
		}
	}
	if best == 0 {
		return not("No run of at least 20 steps has ended yet.")
	}
	return not("The highest rate so far is %g, and its loss did not double: go on.", best)
}

func (e *exam) quick() Grade {
	best := -1.0
	for _, s := range e.sums {
		if own(s) && len(s.Epochs) > 0 && s.Epochs[0].Accuracy != nil {
			a := *s.Epochs[0].Accuracy
			if best = max(best, a); a >= 0.9 {
				return did([]string{s.ID}, "Run %s reached %s in its first epoch, %d steps.", s.ID, percent(a), s.Epochs[0].Step)
			}
		}
	}
	if best < 0 {
		return not("No run has ended an epoch yet.")
	}
	return not("The best first epoch so far ended at %s.", percent(best))
}

// pair finds two runs whose settings are the same after each was changed by equal.
func (e *exam) pair(equal func(s *Settings), fits func(a, b Summary) bool) (a, b *Summary) {
	for i := range e.sums {
		for k := range e.sums {
			x, y := e.sums[i].Settings, e.sums[k].Settings
			if i == k || e.sums[i].Parent != "" || e.sums[k].Parent != "" || !fits(e.sums[i], e.sums[k]) {
				continue
			}
			equal(&x)
			equal(&y)
			if x == y {
				return &e.sums[i], &e.sums[k]
			}
		}
	}
	return nil, nil
}

func (e *exam) shuffle() Grade {
	a, b := e.pair(func(s *Settings) { s.Fault = "" }, func(a, b Summary) bool {
		return a.Settings.Fault == "" && b.Settings.Fault == "no-shuffle" && accuracy(a) >= 0 && accuracy(b) >= 0
	})
	if a == nil {
		return not("There are no two runs yet that differ in the fault no-shuffle alone.")
	}
	return did([]string{a.ID, b.ID}, "Shuffled, run %s reached %s; in the order of the classes, run %s reached %s.", a.ID, percent(accuracy(*a)), b.ID, percent(accuracy(*b)))
}

func (e *exam) fewImages() Grade {
	fewest, at := math.MaxInt, Summary{}
	for _, s := range e.sums {
		if own(s) && s.Settings.Images > 0 && s.Settings.Images < fewest && accuracy(s) >= 0.8 {
			fewest, at = s.Settings.Images, s
		}
	}
	switch {
	case fewest <= 500:
		return did([]string{at.ID}, "Run %s reached %s with %d images.", at.ID, percent(accuracy(at)), fewest)
	case fewest < math.MaxInt:
		return not("Run %s reached %s with %d images: try with fewer.", at.ID, percent(accuracy(at)), fewest)
	}
	return not("No run with a limited number of images has reached 80 %% yet.")
}

// Fooled is a test image that was changed and shown to a net.
type Fooled struct {
	Subject Subject `json:"subject"`
	Index   int     `json:"index"`
	Label   int     `json:"label"`
	Before  int     `json:"before"`  // the answer to the image as it was
	After   int     `json:"after"`   // and to the changed one
	Changed int     `json:"changed"` // pixels
}

// Fool shows a net a test image and a changed one, and notes how many pixels differ.
func (l *Lab) Fool(ctx context.Context, s Subject, index int, image []byte) (*Fooled, error) {
	n, err := l.Net(ctx, s)
	if err != nil {
		return nil, err
	}
	set, _, err := l.unseen(ctx, n)
	if err != nil {
		return nil, err
	}
	if index < 0 || index >= set.Len() {
		return nil, unknown("there is no image %d of %d", index, set.Len())
	}
	if len(image) != set.Pixels() {
		return nil, invalid("an image of %d bytes; the model wants %d", len(image), set.Pixels())
	}
	before := make([]byte, set.Pixels())
	if err := set.Read(index, before); err != nil {
		return nil, err
	}
	f := &Fooled{Subject: n.Subject, Index: index, Label: int(set.Labels[index])}
	area := set.Height * set.Width
	for i := range area {
		for c := range set.Channels {
			if before[c*area+i] != image[c*area+i] {
				f.Changed++
				break
			}
		}
	}
	f.Before, f.After = greatest(n.Logits(before)), greatest(n.Logits(image))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fooled = append(l.fooled, *f)
	l.fooled = l.fooled[max(0, len(l.fooled)-100):]
	return f, nil
}

func greatest(logits []float32) int {
	best := 0
	for i, v := range logits {
		if v > logits[best] {
			best = i
		}
	}
	return best
}

func (e *exam) fool() Grade {
	for _, f := range e.fooled {
		if f.Before == f.Label && f.After != f.Label && f.Changed <= 40 {
			runs := []string{}
			if f.Subject.Run != "" {
				runs = append(runs, f.Subject.Run)
			}
			return did(runs, "Test image %d, a %d, was read as %d after %d of its pixels were changed.", f.Index, f.Label, f.After, f.Changed)
		}
	}
	if len(e.fooled) == 0 {
		return not("No changed test image has been shown yet.")
	}
	f := e.fooled[len(e.fooled)-1]
	return not("The last one had %d pixels changed and was read as %d (it is a %d).", f.Changed, f.After, f.Label)
}

func (e *exam) hidden() Grade {
	a, b := e.pair(func(s *Settings) { s.Recipe.Model = "" }, func(a, b Summary) bool {
		return a.Settings.Recipe.Model == "linear" && b.Settings.Recipe.Model == "network" && own(a) && own(b) && accuracy(a) >= 0 && accuracy(b) >= 0
	})
	if a == nil {
		return not("There are no two runs yet, of linear and of network, with otherwise the same settings.")
	}
	return did([]string{a.ID, b.ID}, "linear reached %s, network %s: the hidden layer changes %+.1f points.", percent(accuracy(*a)), percent(accuracy(*b)), 100*(accuracy(*b)-accuracy(*a)))
}

func (e *exam) byHeart() Grade {
	best, at := math.Inf(1), Summary{}
	for _, s := range e.sums {
		if n := len(s.Epochs); own(s) && n > 0 && !math.IsInf(validLoss(s), 0) {
			if ratio := s.Epochs[n-1].TrainLoss / validLoss(s); ratio < best {
				best, at = ratio, s
			}
		}
	}
	switch {
	case math.IsInf(best, 1):
		return not("No run has ended an epoch yet.")
	case best < 0.5:
		return did([]string{at.ID}, "Run %s ended with a loss of %.3g on its own images and %.3g on the validation images.", at.ID, at.Epochs[len(at.Epochs)-1].TrainLoss, validLoss(at))
	}
	return not("In run %s the loss on its own images is still %.2f of that on the validation images: fewer images, or more epochs.", at.ID, best)
}

func (e *exam) sameBits() Grade {
	a, b := e.pair(func(*Settings) {}, func(a, b Summary) bool { return a.State == done && b.State == done })
	if a == nil {
		return not("There are no two runs with the same settings yet.")
	}
	var weights [2][]float32
	for i, id := range []string{a.ID, b.ID} {
		r, err := e.lab.Run(id)
		if err != nil {
			return not("%v", err)
		}
		s, err := r.At(e.ctx, Latest)
		if err != nil {
			return not("%v", err)
		}
		weights[i] = s.weights
	}
	if !slices.Equal(bits(weights[0]), bits(weights[1])) {
		return not("Runs %s and %s have the same settings and other weights: that should not be.", a.ID, b.ID)
	}
	return did([]string{a.ID, b.ID}, "All %d numbers of runs %s and %s are the same, bit for bit.", len(weights[0]), a.ID, b.ID)
}

func (e *exam) batch() Grade {
	a, b := e.pair(func(s *Settings) { s.Recipe.Batch = 0 }, func(a, b Summary) bool {
		return own(a) && own(b) && b.Settings.Recipe.Batch >= 8*a.Settings.Recipe.Batch
	})
	if a == nil {
		return not("There are no two runs yet that differ in the batch alone, by eight times or more.")
	}
	var noise [2]float64
	for i, id := range []string{a.ID, b.ID} {
		r, err := e.lab.Run(id)
		if err != nil {
			return not("%v", err)
		}
		losses := r.Losses(0)
		losses = losses[len(losses)/2:]
		for k := 1; k < len(losses); k++ {
			noise[i] += math.Abs(float64(losses[k]-losses[k-1])) / float64(len(losses)-1)
		}
	}
	return did([]string{a.ID, b.ID}, "From one batch to the next the loss changes by %.3g with %d images in a batch, and by %.3g with %d; they ended at %s and %s.",
		noise[0], a.Settings.Recipe.Batch, noise[1], b.Settings.Recipe.Batch, percent(accuracy(*a)), percent(accuracy(*b)))
}

func (e *exam) fork() Grade {
	tried := false
	for _, s := range e.sums {
		if s.Parent == "" || len(s.Program) < 2 {
			continue
		}
		for _, p := range e.sums {
			if p.ID != s.Parent {
				continue
			}
			tried = true
			if validLoss(s) < validLoss(p) {
				return did([]string{p.ID, s.ID}, "Forked at step %d, run %s ended at a validation loss of %.4g; its parent %s at %.4g.", s.Fork, s.ID, validLoss(s), p.ID, validLoss(p))
			}
		}
	}
	if tried {
		return not("No fork has ended better than its parent yet.")
	}
	return not("No fork and its parent have ended yet.")
}
