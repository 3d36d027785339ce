package tour

import (
	"inkling/explain"
	"inkling/recipe"
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
	BuiltIn bool     `json:"built_in"` // drawn by program
	StandIn bool     `json:"stand_in"` // and nobody asked for them
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

// ChapterSkipped says which chapter is left out, why, and how to have it.
type ChapterSkipped struct {
	Event   string `json:"event"` // "skipped"
	Chapter string `json:"chapter"`
	Why     string `json:"why"` // a sentence
	How     string `json:"how"` // a command, or nothing
}

// Convolution takes one number of a feature map apart, on a test image.
type Convolution struct {
	Event    string         `json:"event"` // "convolution"
	Chapter  string         `json:"chapter"`
	Image    string         `json:"image"`
	Class    string         `json:"class"`
	Row      int            `json:"row"` // of the place, where the filter's middle lies
	Column   int            `json:"column"`
	Pixels   []float64      `json:"pixels"` // under the filter, row by row
	Filter   []float64      `json:"filter"`
	Products []float64      `json:"products"`
	Sum      float64        `json:"sum"`
	Picture  report.Picture `json:"-"`
	Ink      bool           `json:"-"` // the image shows ink on paper, not light on black
	Height   int            `json:"-"`
	Width    int            `json:"-"`
	Map      []float64      `json:"-"` // the sums at all places, height x width
}

// RunBegins comes before a training by a recipe.
type RunBegins struct {
	Event    string        `json:"event"` // "run"
	Chapter  string        `json:"chapter"`
	Run      string        `json:"run,omitempty"`    // where a chapter has more than one
	Change   string        `json:"change,omitempty"` // against the chapter's first run
	Settings recipe.Recipe `json:"settings"`
	Numbers  int           `json:"numbers"`          // that training changes
	Batches  int           `json:"batches"`          // in an epoch
	Test     int           `json:"test"`             // test images, which are evaluated after each epoch
	Step     float64       `json:"seconds_step"`     // of a few steps, measured just now
	Seconds  float64       `json:"seconds_expected"` // of the whole run
	Rates    []float64     `json:"lr"`               // at even distances from the first step to the last
	Momenta  []float64     `json:"momentum"`         // likewise; null where nothing moves it
}

// Ablation is what each ingredient of a recipe bought, measured before.
type Ablation struct {
	Event   string `json:"event"` // "ablation"
	Chapter string `json:"chapter"`
	*report.Ablation
}

// Maps are the feature maps that a trained model makes of a test image.
type Maps struct {
	Event   string         `json:"event"` // "maps"
	Chapter string         `json:"chapter"`
	Run     string         `json:"run,omitempty"`
	Image   string         `json:"image"`
	Class   string         `json:"class"`
	Stages  []Stage        `json:"stages"`
	Picture report.Picture `json:"-"`
}

// Stage is a number of feature maps of one size.
type Stage struct {
	Name     string      `json:"name"`
	Maps     int         `json:"maps"`
	Height   int         `json:"height"`
	Width    int         `json:"width"`
	Strong   [][]float32 `json:"-"` // the maps that answer most, height x width each
	Strength []float64   `json:"-"` // of these, the mean
}

// EpochEnds is one pass over the training images.
type EpochEnds struct {
	Event     string  `json:"event"` // "epoch"
	Chapter   string  `json:"chapter"`
	Run       string  `json:"run,omitempty"`
	Model     string  `json:"model"`
	Loss      string  `json:"loss"`
	Epoch     int     `json:"epoch"` // from 0
	Epochs    int     `json:"epochs"`
	TrainLoss float64 `json:"train_loss"`
	TestLoss  float64 `json:"test_loss"`
	Accuracy  float64 `json:"accuracy"`
	Seconds   float64 `json:"seconds"`
	Rate      float64 `json:"lr"`           // of the last step
	Left      float64 `json:"seconds_left"` // of the training, evaluations with it
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
	Run      string            `json:"run,omitempty"`
	Accuracy float64           `json:"accuracy"`
	Seconds  float64           `json:"seconds"`
	Model    string            `json:"model_file"`
	Images   int               `json:"-"` // of the test
	Curve    []float64         `json:"-"` // accuracy after each epoch
	Post     *report.PostCurve `json:"-"`
	Others   *report.Others    `json:"-"`
}

// Stopped ends a tour that was interrupted, or failed.
type Stopped struct {
	Event   string `json:"event"` // "stopped"
	Chapter string `json:"chapter"`
	Run     string `json:"run,omitempty"`
	Epochs  int    `json:"epochs"`     // that have ended
	Batches int    `json:"batches"`    // of the one that has not
	Model   string `json:"model_file"` // the model as it was then; "" where nothing was learned
	Report  string `json:"report"`     // of what came out before; "" where it could not be written
	// Accuracy is the model's on the test images; null where it stopped between epochs and was not measured.
	Accuracy *float64 `json:"accuracy"`
	At       string   `json:"at"`                // "after epoch 2 of 4"; "" where the chapter trains nothing
	Problem  string   `json:"problem,omitempty"` // why something could not be kept
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

func (e DataOpened) event() string     { return "data" }
func (e ChapterBegins) event() string  { return "chapter" }
func (e ChapterSkipped) event() string { return "skipped" }
func (e Baseline) event() string       { return "baseline" }
func (e Convolution) event() string    { return "convolution" }
func (e RunBegins) event() string      { return "run" }
func (e Ablation) event() string       { return "ablation" }
func (e Maps) event() string           { return "maps" }
func (e EpochEnds) event() string      { return "epoch" }
func (e Progress) event() string       { return "progress" }
func (e ChapterEnds) event() string    { return "chapter_end" }
func (e Doctor) event() string         { return "doctor" }
func (e Stopped) event() string        { return "stopped" }
func (e Done) event() string           { return "done" }
