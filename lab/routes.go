package lab

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"

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
