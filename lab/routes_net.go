package lab

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"inkling/nn"
)

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
