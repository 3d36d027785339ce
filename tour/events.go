package tour

import (
	"inkling/explain"
	"inkling/report"
)

// Event is something that happens in a tour, in order. Their JSON is part of the
// program's interface.
type Event interface{ event() string }

// DataOpened comes first: what is learned from.
type DataOpened struct {
	Event   string   `json:"event"` // "data"
	Name    string   `json:"name"`
	From    string   `json:"from"`
	BuiltIn bool     `json:"built_in"`
	Train   int      `json:"train"`
	Test    int      `json:"test"`
	Height  int      `json:"height"`
	Width   int      `json:"width"`
	Classes []string `json:"classes"` // class 0 first
}

// ChapterBegins carries the explanation that stands before a chapter.
type ChapterBegins struct {
	Event   string `json:"event"` // "chapter"
	Chapter string `json:"chapter"`
	Title   string `json:"title"`
	Text    string `json:"text"` // paragraphs, separated by empty lines
}

// Baseline is how one distance of the average chapter does.
type Baseline struct {
	Event         string               `json:"event"`     // "baseline"
	Distance      string               `json:"distance"`  // "mae" or "mse"
	PerClass      []float64            `json:"per_class"` // accuracy, in the order of the classes
	Classes       []string             `json:"classes"`
	MeanOfClasses float64              `json:"mean_of_classes"`
	Accuracy      float64              `json:"accuracy"`
	Post          *report.PostBaseline `json:"-"`
}

// EpochEnds is one pass over the training images.
type EpochEnds struct {
	Event     string  `json:"event"` // "epoch"
	Chapter   string  `json:"chapter"`
	Model     string  `json:"model"`
	Loss      string  `json:"loss"`
	Epoch     int     `json:"epoch"` // from 0
	Epochs    int     `json:"epochs"`
	TrainLoss float64 `json:"train_loss"`
	TestLoss  float64 `json:"test_loss"`
	Accuracy  float64 `json:"accuracy"`
	Seconds   float64 `json:"seconds"`
}

// Progress comes now and then within an epoch.
type Progress struct {
	Chapter        string
	Epoch, Epochs  int
	Batch, Batches int
}

// ChapterEnds sums a trained chapter up.
type ChapterEnds struct {
	Event    string            `json:"event"` // "chapter_end"
	Chapter  string            `json:"chapter"`
	Accuracy float64           `json:"accuracy"`
	Seconds  float64           `json:"seconds"`
	Model    string            `json:"model_file"`
	Curve    []float64         `json:"-"` // accuracy after each epoch
	Post     *report.PostCurve `json:"-"`
}

// Doctor is what the doctor found in a chapter.
type Doctor struct {
	Event   string `json:"event"` // "doctor"
	Chapter string `json:"chapter"`
	explain.Finding
}

// Done closes the tour.
type Done struct {
	Event   string  `json:"event"` // "done"
	Seconds float64 `json:"seconds"`
	Report  string  `json:"report"`
	Out     string  `json:"out"`
}

func (e DataOpened) event() string    { return "data" }
func (e ChapterBegins) event() string { return "chapter" }
func (e Baseline) event() string      { return "baseline" }
func (e EpochEnds) event() string     { return "epoch" }
func (e Progress) event() string      { return "progress" }
func (e ChapterEnds) event() string   { return "chapter_end" }
func (e Doctor) event() string        { return "doctor" }
func (e Done) event() string          { return "done" }
