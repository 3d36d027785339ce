package lab

import (
	"encoding/json"
	"net/http"
)

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
