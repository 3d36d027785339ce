package lab

import (
	"net/http"
	"slices"

	"inkling/classifier"
	"inkling/web"
)

// Program is a net as a page runs it: each number that the page computes stands in a
// node of Graph, where it can be unfolded.
type Program struct {
	*web.Program
	Subject     Subject             `json:"subject"`
	Model       string              `json:"model"` // its architecture
	Classes     []string            `json:"classes"`
	Temperature float64             `json:"temperature"`
	Typical     *classifier.Typical `json:"typical"`
	Nodes       []int               `json:"nodes"` // of each value: the image, then each step
}

// Program writes the net down for a page. The error names what no page can do; then
// Predict answers.
func (n *Net) Program() (*Program, error) {
	p, err := web.TraceWhole(n.Model)
	if err != nil {
		return nil, invalid("%v", err)
	}
	out := &Program{Program: p, Subject: n.Subject, Model: n.Architecture, Classes: n.Classes, Temperature: n.Temperature, Typical: n.Typical}
	if out.Temperature == 0 {
		out.Temperature = 1
	}
	g, err := n.Graph(make([]byte, n.Spec.Pixels()), -1)
	if err != nil {
		return nil, err
	}
	depends := make([]bool, len(g.Nodes))
	for i, node := range g.Nodes[:g.Logits+1] {
		if depends[i] = i == g.Image || slices.ContainsFunc(node.From, func(k int) bool { return depends[k] }); depends[i] {
			out.Nodes = append(out.Nodes, i)
		}
	}
	if len(out.Nodes) != len(p.Steps)+1 {
		return nil, invalid("the page's net has %d steps, and the tape %d", len(p.Steps), len(out.Nodes)-1)
	}
	return out, nil
}

func (s *server) getProgram(r *http.Request) (*reply, error) {
	n, err := s.net(r)
	if err != nil {
		return nil, err
	}
	p, err := n.Program()
	return &reply{json: p}, err
}

func (s *server) getProgramWeights(r *http.Request) (*reply, error) {
	n, err := s.net(r)
	if err != nil {
		return nil, err
	}
	p, err := web.TraceWhole(n.Model)
	if err != nil {
		return nil, invalid("%v", err)
	}
	out := floats(p.Weights(), p.Floats)
	out.about = map[string]any{"Step": n.Subject.Step}
	return out, nil
}
