package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"inkling/classifier"
	"inkling/data"
)

// Options say what a Lab works with.
type Options struct {
	// Data are the names of the data sets that a visitor may choose; the first is the
	// usual one. Open opens one of them; its images stay in memory.
	Data []string
	Open func(ctx context.Context, name string) (*data.Dataset, error)
}

// Limits of a Lab: what ten browsers may ask of one machine.
const (
	maxRuns     = 24      // kept at a time
	maxTraining = 4       // that compute at a time; others wait
	maxModels   = 16      // model files
	maxSteps    = 200_000 // of one run
)

// Lab is all that the page shows, without the page: data, models, runs. Its methods
// may be called from any goroutine. Close ends its trainings.
type Lab struct {
	opt    Options
	events *broadcaster
	slots  chan struct{} // one for each training that may compute
	ctx    context.Context
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu     sync.Mutex
	sets   map[string]*opened
	splits []*division // the latest first
	runs   []*Run
	made   int // runs so far
	models []*Model
	nets   netCache
	judged judgements
	fooled []Fooled
}

// Model is a model file that the lab has loaded.
type Model struct {
	ID   string `json:"model"` // "m1"
	Name string `json:"name"`  // of the file
	*classifier.Model
}

// New returns a lab without runs. It panics without data.
func New(opt Options) *Lab {
	if len(opt.Data) == 0 || opt.Open == nil {
		panic("lab: no data")
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Lab{
		opt: opt, events: newBroadcaster(), slots: make(chan struct{}, maxTraining), ctx: ctx, cancel: cancel,
		sets: map[string]*opened{},
	}
}

// Close stops all trainings, waits until they have ended, and ends all streams.
func (l *Lab) Close() {
	l.cancel()
	l.wait.Wait()
	l.events.close()
}

// Kind says what is wrong with what was asked for.
type Kind int

// The kinds of problems.
const (
	Invalid Kind = iota // it cannot be
	Unknown             // there is no such thing
	Busy                // not now
)

// Problem is the error of a request that the lab cannot fulfil: a sentence for the
// visitor.
type Problem struct {
	Kind Kind
	Text string
}

func (p *Problem) Error() string { return p.Text }

func invalid(format string, args ...any) error {
	return &Problem{Invalid, fmt.Sprintf(format, args...)}
}
func unknown(format string, args ...any) error {
	return &Problem{Unknown, fmt.Sprintf(format, args...)}
}
func busy(format string, args ...any) error { return &Problem{Busy, fmt.Sprintf(format, args...)} }

// opened is a data set that was asked for; done is closed when set or err is there.
type opened struct {
	done chan struct{}
	set  *data.Dataset
	err  error
}

// Dataset opens a data set, once. The context ends the waiting, not the opening.
func (l *Lab) Dataset(ctx context.Context, name string) (*data.Dataset, error) {
	if !slices.Contains(l.opt.Data, name) {
		return nil, unknown("there is no data set %q here; choose one of %q", name, l.opt.Data)
	}
	l.mu.Lock()
	o := l.sets[name]
	if o == nil {
		o = &opened{done: make(chan struct{})}
		l.sets[name] = o
		l.wait.Go(func() {
			defer close(o.done)
			if o.set, o.err = l.opt.Open(l.ctx, name); o.err != nil {
				l.mu.Lock()
				delete(l.sets, name) // a later visitor may have more luck
				l.mu.Unlock()
			}
		})
	}
	l.mu.Unlock()
	select {
	case <-o.done:
		return o.set, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Load adds a model file. It passes the checks of classifier.Load.
func (l *Lab) Load(path, name string) (*Model, error) {
	c, err := classifier.Load(path)
	if err != nil {
		return nil, &Problem{Invalid, err.Error()}
	}
	return l.Add(c, name)
}

// Add adds a model under a name.
func (l *Lab) Add(c *classifier.Model, name string) (*Model, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.models) >= maxModels {
		return nil, busy("%d models are loaded, and that is as many as the lab keeps", maxModels)
	}
	m := &Model{fmt.Sprintf("m%d", len(l.models)+1), name, c}
	l.models = append(l.models, m)
	l.tell(modelEvent{"model", m.summary()})
	return m, nil
}

// ModelSummary is what the page lists of a model.
type ModelSummary struct {
	ID           string   `json:"model"`
	Name         string   `json:"name"`
	Architecture string   `json:"architecture"`
	Classes      []string `json:"classes"`
	Channels     int      `json:"channels"`
	Height       int      `json:"height"`
	Width        int      `json:"width"`
	Numbers      int      `json:"numbers"` // parameters
}

func (m *Model) summary() ModelSummary {
	s := ModelSummary{ID: m.ID, Name: m.Name, Architecture: m.Architecture, Classes: m.Classes, Channels: m.Spec.Channels, Height: m.Spec.Height, Width: m.Spec.Width}
	for _, p := range m.Net.Params() {
		s.Numbers += p.Value.Len()
	}
	return s
}

// State is what a page asks for first.
type State struct {
	Data   []string       `json:"data"`
	Models []ModelSummary `json:"models"`
	Runs   []Summary      `json:"runs"`
}

// State returns a summary of everything.
func (l *Lab) State() State {
	l.mu.Lock()
	runs, models := slices.Clone(l.runs), slices.Clone(l.models)
	l.mu.Unlock()
	s := State{Data: l.opt.Data, Models: []ModelSummary{}, Runs: []Summary{}}
	for _, m := range models {
		s.Models = append(s.Models, m.summary())
	}
	for _, r := range runs {
		s.Runs = append(s.Runs, r.Summary())
	}
	return s
}

// Run returns a run by its name: "r1".
func (l *Lab) Run(id string) (*Run, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.runs {
		if r.ID == id {
			return r, nil
		}
	}
	return nil, unknown("there is no run %q", id)
}

// Model returns a model by its name: "m1".
func (l *Lab) Model(id string) (*Model, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.models {
		if m.ID == id {
			return m, nil
		}
	}
	return nil, unknown("there is no model %q", id)
}

// tell sends an event to whoever listens.
func (l *Lab) tell(event any) {
	text, err := json.Marshal(event)
	if err != nil {
		panic("lab: " + err.Error()) // an event of ours that holds a NaN, or worse
	}
	l.events.publish(text)
}
