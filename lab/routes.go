package lab

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"inkling/nn"
	"inkling/safetensors"
)

// routes are what can be asked; the package comment lists them.
func (s *server) routes() map[string]func(r *http.Request) (*reply, error) {
	return map[string]func(r *http.Request) (*reply, error){
		"GET /api/state":   func(*http.Request) (*reply, error) { return &reply{json: s.State()}, nil },
		"GET /api/choices": func(*http.Request) (*reply, error) { return &reply{json: s.Choices()}, nil },
		"POST /api/models": s.postModel,

		"POST /api/runs":              s.postRun,
		"GET /api/runs/{id}":          s.getRun,
		"DELETE /api/runs/{id}":       s.deleteRun,
		"POST /api/runs/{id}/pause":   s.order((*Run).Pause),
		"POST /api/runs/{id}/resume":  s.order((*Run).Resume),
		"POST /api/runs/{id}/stop":    s.order((*Run).Stop),
		"POST /api/runs/{id}/step":    s.postStep,
		"POST /api/runs/{id}/fork":    s.postFork,
		"GET /api/runs/{id}/losses":   s.getLosses,
		"GET /api/runs/{id}/steps":    s.getSteps,
		"POST /api/runs/{id}/answers": s.postAnswers,
		"GET /api/compare":            s.getCompare,

		"GET /api/program":         s.getProgram,
		"GET /api/program/weights": s.getProgramWeights,

		"GET /api/parameters": s.getParameters,
		"GET /api/weights":    s.getWeights,
		"POST /api/predict":   s.postPredict,
		"POST /api/evidence":  s.postEvidence,
		"POST /api/graph":     s.postGraph,
		"POST /api/values":    s.postValues,
		"POST /api/unfold":    s.postUnfold,

		"GET /api/judge":    s.getJudge,
		"GET /api/cell":     s.getCell,
		"GET /api/worst":    s.getWorst,
		"GET /api/images":   s.getImages,
		"GET /api/change":   s.getChange,
		"POST /api/correct": s.postCorrect,
		"POST /api/fool":    s.postFool,

		"GET /api/faults":                   func(*http.Request) (*reply, error) { return &reply{json: Faults}, nil },
		"POST /api/faults/{name}":           s.postFault,
		"GET /api/experiments":              func(*http.Request) (*reply, error) { return &reply{json: Experiments}, nil },
		"GET /api/experiments/{name}/grade": s.getGrade,
	}
}

// subject reads which net a request is about, from its query; prefix tells two of
// them apart.
func subject(r *http.Request, prefix string) (Subject, error) {
	q := r.URL.Query()
	step, err := number(r, prefix+"step", Latest)
	if err != nil {
		return Subject{}, err
	}
	sub := Subject{Model: q.Get(prefix + "model"), Run: q.Get(prefix + "run"), Step: step}
	if sub.Model != "" && sub.Run != "" {
		return sub, invalid("a question is about a model or about a run, and not about both")
	}
	return sub, nil
}

func (s *server) net(r *http.Request) (*Net, error) {
	sub, err := subject(r, "")
	if err != nil {
		return nil, err
	}
	return s.Net(r.Context(), sub)
}

// asked reads a request about an image: its net, and the image as the net wants it.
func (s *server) asked(r *http.Request) (*Net, []byte, error) {
	n, err := s.net(r)
	if err != nil {
		return nil, nil, err
	}
	image, err := body(r)
	if err != nil {
		return nil, nil, err
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "image/") {
		image, err = n.Prepare(image)
	}
	return n, image, err
}

func (s *server) postModel(r *http.Request) (*reply, error) {
	name := r.URL.Query().Get("name")
	if name == "" || len(name) > 200 {
		return nil, invalid("name= says what the file is called, in 200 bytes at most")
	}
	file, err := body(r)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "inkling-lab-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "model.safetensors")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		return nil, err
	}
	m, err := s.Load(path, filepath.Base(name))
	if err != nil {
		if p, ok := err.(*Problem); ok {
			p.Text = strings.ReplaceAll(p.Text, safetensors.Quote(path), filepath.Base(name))
		}
		return nil, err
	}
	return &reply{json: m.summary()}, nil
}

// newRun is the body of a request that begins a run.
type newRun struct {
	Settings json.RawMessage `json:"settings"`
	Paused   bool            `json:"paused"`
}

func (s *server) postRun(r *http.Request) (*reply, error) {
	var want newRun
	if err := decode(r, &want); err != nil {
		return nil, err
	}
	if want.Settings == nil {
		want.Settings = json.RawMessage("{}")
	}
	settings, err := s.Usual().With(want.Settings)
	if err != nil {
		return nil, err
	}
	return summary(s.Start(settings, want.Paused))
}

func summary(run *Run, err error) (*reply, error) {
	if err != nil {
		return nil, err
	}
	return &reply{json: run.Summary()}, nil
}

func (s *server) getRun(r *http.Request) (*reply, error) { return summary(s.Run(r.PathValue("id"))) }

func (s *server) deleteRun(r *http.Request) (*reply, error) {
	return &reply{json: map[string]string{"gone": r.PathValue("id")}}, s.Delete(r.PathValue("id"))
}

// order is a route that tells a run what to do.
func (s *server) order(what func(*Run) error) func(r *http.Request) (*reply, error) {
	return func(r *http.Request) (*reply, error) {
		run, err := s.Run(r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		return summary(run, what(run))
	}
}

func (s *server) postStep(r *http.Request) (*reply, error) {
	n, err := number(r, "n", 1)
	if err != nil {
		return nil, err
	}
	return s.order(func(run *Run) error { return run.Advance(n) })(r)
}

func (s *server) postFork(r *http.Request) (*reply, error) {
	var want struct {
		Step *int `json:"step"`
		newRun
	}
	if err := decode(r, &want); err != nil {
		return nil, err
	}
	if want.Step == nil {
		return nil, invalid("step says where the fork leaves its parent")
	}
	if want.Settings == nil {
		want.Settings = json.RawMessage("{}")
	}
	return summary(s.Fork(r.PathValue("id"), *want.Step, want.Settings, want.Paused))
}

func (s *server) getLosses(r *http.Request) (*reply, error) {
	run, err := s.Run(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	from, err := number(r, "from", 0)
	if err != nil {
		return nil, err
	}
	losses := run.Losses(from)
	return floats(losses, len(losses)), nil
}

func (s *server) getSteps(r *http.Request) (*reply, error) {
	run, err := s.Run(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return &reply{json: run.Steps()}, nil
}

func (s *server) postAnswers(r *http.Request) (*reply, error) {
	image, err := body(r)
	if err != nil {
		return nil, err
	}
	moments, err := s.Timeline(r.Context(), r.PathValue("id"), image)
	return &reply{json: moments}, err
}

func (s *server) getCompare(r *http.Request) (*reply, error) {
	d, err := s.Compare(r.Context(), r.URL.Query().Get("a"), r.URL.Query().Get("b"))
	return &reply{json: d}, err
}

// parameter is a parameter of a net, in a list.
type parameter struct {
	Name  string `json:"name"`
	Shape []int  `json:"shape"`
}

func (s *server) getParameters(r *http.Request) (*reply, error) {
	n, err := s.net(r)
	if err != nil {
		return nil, err
	}
	all := []parameter{}
	for _, p := range nn.State(n.Net) {
		all = append(all, parameter{p.Name, slices.Clone(p.Value.Shape())})
	}
	return &reply{json: map[string]any{"subject": n.Subject, "parameters": all}}, nil
}

func (s *server) getWeights(r *http.Request) (*reply, error) {
	n, err := s.net(r)
	if err != nil {
		return nil, err
	}
	name := r.URL.Query().Get("name")
	for _, p := range nn.State(n.Net) {
		if p.Name == name {
			return floats(p.Value.Float32s(), p.Value.Shape()...), nil
		}
	}
	return nil, unknown("the model %s has no parameter %q", n.Architecture, name)
}

func (s *server) postPredict(r *http.Request) (*reply, error) {
	n, err := s.net(r)
	if err != nil {
		return nil, err
	}
	image, err := body(r)
	if err != nil {
		return nil, err
	}
	ask := n.Predict
	if strings.HasPrefix(r.Header.Get("Content-Type"), "image/") {
		ask = n.PredictFile
	}
	p, err := ask(image)
	return &reply{json: p}, err
}

func (s *server) postEvidence(r *http.Request) (*reply, error) {
	n, image, err := s.asked(r)
	if err != nil {
		return nil, err
	}
	class, err := number(r, "class", -1)
	if err != nil {
		return nil, err
	}
	out, err := n.Evidence(image, class)
	return &reply{json: out}, err
}

// graph runs the image of a request through its net.
func (s *server) graph(r *http.Request) (*Graph, error) {
	n, image, err := s.asked(r)
	if err != nil {
		return nil, err
	}
	label, err := number(r, "label", -1)
	if err != nil {
		return nil, err
	}
	return n.Graph(image, label)
}

func (s *server) postGraph(r *http.Request) (*reply, error) {
	g, err := s.graph(r)
	return &reply{json: g}, err
}

func (s *server) postValues(r *http.Request) (*reply, error) {
	g, err := s.graph(r)
	if err != nil {
		return nil, err
	}
	node, err := number(r, "node", g.Logits)
	if err != nil {
		return nil, err
	}
	if node < 0 || node >= len(g.Nodes) {
		return nil, unknown("there is no node %d of %d", node, len(g.Nodes))
	}
	if gradient, _ := strconv.ParseBool(r.URL.Query().Get("gradient")); gradient {
		dv := g.Gradients(node)
		if dv == nil {
			return nil, invalid("there is no gradient at node %d: the loss does not depend on it, or label= is missing", node)
		}
		return floats(dv, g.Nodes[node].Shape...), nil
	}
	return floats(g.Values(node), g.Nodes[node].Shape...), nil
}

func (s *server) postUnfold(r *http.Request) (*reply, error) {
	g, err := s.graph(r)
	if err != nil {
		return nil, err
	}
	node, err := number(r, "node", g.Logits)
	if err != nil {
		return nil, err
	}
	index, err := number(r, "index", 0)
	if err != nil {
		return nil, err
	}
	terms, err := number(r, "terms", 12)
	if err != nil {
		return nil, err
	}
	if terms < 1 || terms > 10_000 {
		return nil, invalid("terms=%d: from 1 to 10000", terms)
	}
	unfold := g.Forward
	if gradient, _ := strconv.ParseBool(r.URL.Query().Get("gradient")); gradient {
		unfold = g.Backward
	}
	u, err := unfold(node, index, terms)
	return &reply{json: u}, err
}

// judge reads a request about how a subject does.
func (s *server) judge(r *http.Request) (*Judged, error) {
	sub, err := subject(r, "")
	if err != nil {
		return nil, err
	}
	most, err := number(r, "images", 0)
	if err != nil {
		return nil, err
	}
	return s.Judge(r.Context(), sub, most)
}

func (s *server) getJudge(r *http.Request) (*reply, error) {
	j, err := s.judge(r)
	return &reply{json: j}, err
}

// listed bounds how many images a list has.
func listed(r *http.Request) (int, error) {
	most, err := number(r, "most", 50)
	if err == nil && (most < 1 || most > 1000) {
		err = invalid("most=%d: from 1 to 1000", most)
	}
	return most, err
}

func (s *server) getCell(r *http.Request) (*reply, error) {
	j, err := s.judge(r)
	if err != nil {
		return nil, err
	}
	label, err := number(r, "label", -1)
	if err != nil {
		return nil, err
	}
	got, err := number(r, "answer", -1)
	if err != nil {
		return nil, err
	}
	most, err := listed(r)
	if err != nil {
		return nil, err
	}
	cell, err := j.Cell(label, got, most)
	return &reply{json: cell}, err
}

func (s *server) getWorst(r *http.Request) (*reply, error) {
	j, err := s.judge(r)
	if err != nil {
		return nil, err
	}
	most, err := listed(r)
	if err != nil {
		return nil, err
	}
	return &reply{json: j.Worst(most)}, nil
}

func (s *server) getImages(r *http.Request) (*reply, error) {
	n, err := s.net(r)
	if err != nil {
		return nil, err
	}
	set, _, err := s.unseen(r.Context(), n)
	if err != nil {
		return nil, err
	}
	var out []byte
	which := strings.Split(r.URL.Query().Get("index"), ",")
	if len(which) > 1000 {
		return nil, invalid("%d images at a time: 1000 at most", len(which))
	}
	var labels []int32
	one := make([]byte, set.Pixels())
	for _, text := range which {
		i, err := strconv.Atoi(text)
		if err != nil {
			return nil, invalid("index=%s: want numbers of images, with commas between", clip([]byte(text)))
		}
		if i < 0 || i >= set.Len() {
			return nil, unknown("there is no image %d of %d", i, set.Len())
		}
		if err := set.Read(i, one); err != nil {
			return nil, err
		}
		out, labels = append(out, one...), append(labels, int32(set.Labels[i]))
	}
	about := map[string]any{"Labels": labels, "Images": set.Len()}
	return &reply{bytes: out, shape: []int{len(which), set.Channels, set.Height, set.Width}, kind: "uint8", about: about}, nil
}

func (s *server) getChange(r *http.Request) (*reply, error) {
	before, err := subject(r, "before_")
	if err != nil {
		return nil, err
	}
	after, err := subject(r, "after_")
	if err != nil {
		return nil, err
	}
	most, err := number(r, "images", 0)
	if err != nil {
		return nil, err
	}
	c, err := s.Change(r.Context(), before, after, most)
	return &reply{json: c}, err
}

func (s *server) postCorrect(r *http.Request) (*reply, error) {
	var want struct {
		Examples []Example `json:"examples"`
		Seed     uint64    `json:"seed"`
	}
	sub, err := subject(r, "")
	if err != nil {
		return nil, err
	}
	if err := decode(r, &want); err != nil {
		return nil, err
	}
	return summary(s.Correct(r.Context(), sub, want.Examples, want.Seed))
}

func (s *server) postFool(r *http.Request) (*reply, error) {
	sub, err := subject(r, "")
	if err != nil {
		return nil, err
	}
	index, err := number(r, "index", -1)
	if err != nil {
		return nil, err
	}
	image, err := body(r)
	if err != nil {
		return nil, err
	}
	f, err := s.Fool(r.Context(), sub, index, image)
	return &reply{json: f}, err
}

func (s *server) postFault(r *http.Request) (*reply, error) {
	seed, err := number(r, "seed", 0)
	if err != nil {
		return nil, err
	}
	if seed < 0 {
		return nil, invalid("seed=%d: not negative", seed)
	}
	faulty, sound, err := s.Exhibit(r.PathValue("name"), uint64(seed))
	if err != nil {
		return nil, err
	}
	return &reply{json: map[string]Summary{"faulty": faulty.Summary(), "sound": sound.Summary()}}, nil
}

func (s *server) getGrade(r *http.Request) (*reply, error) {
	g, err := s.Grade(r.Context(), r.PathValue("name"))
	return &reply{json: g}, err
}
