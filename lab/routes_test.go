package lab_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"inkling/lab"
)

// Every route, once, as the page asks it.
func TestRoutes(t *testing.T) {
	s := newSite(t, lab.ServerOptions{})
	digit, label := small.Test.Image(1), small.Test.Labels[1]

	status, text, headers := s.ask("GET", "/", nil)
	if status != 200 || !strings.Contains(string(text), "<title>Lab") || !strings.Contains(headers.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("the page: %d %s %v", status, text, headers)
	}
	if status, _, h := s.ask("GET", "/look/lab.css", nil); status != 200 || !strings.Contains(h.Get("Content-Type"), "text/css") {
		t.Errorf("its style: %d %v", status, h)
	}
	var choices lab.Choices
	if s.get("/api/choices", &choices); len(choices.Models) < 5 || choices.Usual.Recipe.Model != "network" || len(choices.Recipes) < 2 {
		t.Errorf("choices: %+v", choices)
	}

	id := s.trained(`{"epochs": 2}`)
	var state lab.State
	if s.get("/api/state", &state); len(state.Runs) != 1 || state.Runs[0].ID != id || state.Runs[0].State != "done" {
		t.Errorf("state: %+v", state)
	}
	var run lab.Summary
	s.get("/api/runs/"+id, &run)
	_, losses, headers := s.ask("GET", "/api/runs/"+id+"/losses?from=3", nil)
	if len(losses) != 4*(run.Steps-3) || headers.Get("Inkling-Type") != "float32" || headers.Get("Inkling-Shape") != strconv.Itoa(run.Steps-3) {
		t.Errorf("%d bytes of losses of %d steps: %v", len(losses), run.Steps, headers)
	}
	var steps []int
	if s.get("/api/runs/"+id+"/steps", &steps); len(steps) < 10 {
		t.Errorf("snapshots at %v", steps)
	}
	var moments []lab.Moment
	if s.post("/api/runs/"+id+"/answers", digit, bytesType, &moments); len(moments) != len(steps) {
		t.Errorf("%d answers over %d snapshots", len(moments), len(steps))
	}

	// Paused, one step, on, stopped; forked and compared; deleted.
	var two lab.Summary
	s.post("/api/runs", []byte(`{"settings": {"epochs": 40, "seed": 2}, "paused": true}`), jsonType, &two)
	r, err := s.lab.Run(two.ID)
	if err != nil {
		t.Fatal(err)
	}
	until(t, r, "paused", paused)
	s.post("/api/runs/"+two.ID+"/step?n=2", nil, jsonType, nil)
	until(t, r, "two steps on", func(x lab.Summary) bool { return x.Step == 2 && paused(x) })
	s.post("/api/runs/"+two.ID+"/resume", nil, jsonType, nil)
	s.post("/api/runs/"+two.ID+"/pause", nil, jsonType, nil)
	until(t, r, "paused", paused)
	s.post("/api/runs/"+two.ID+"/stop", nil, jsonType, nil)
	wait(t, r)
	var fork lab.Summary
	s.post("/api/runs/"+id+"/fork", []byte(`{"step": 20, "settings": {"lr": 0.0001}}`), jsonType, &fork)
	if f, err := s.lab.Run(fork.ID); err != nil {
		t.Fatal(err)
	} else {
		wait(t, f)
	}
	var parting lab.Difference
	if s.get("/api/compare?a="+id+"&b="+fork.ID, &parting); parting.Same != 20 || parting.First == nil {
		t.Errorf("the fork parts as %+v", parting)
	}
	if status, _, _ := s.ask("DELETE", "/api/runs/"+two.ID, nil); status != 200 {
		t.Errorf("deleting: %d", status)
	}
	if status, _, _ := s.ask("GET", "/api/runs/"+two.ID, nil); status != 404 {
		t.Errorf("a deleted run: %d", status)
	}

	// Asked about a digit.
	at := "run=" + id
	var p lab.Prediction
	s.post("/api/predict?"+at, digit, bytesType, &p)
	if len(p.Probabilities) != 10 || !bytes.Equal(p.Image, digit) || p.Subject.Step != run.Steps {
		t.Errorf("predicted %+v", p)
	}
	var drawn bytes.Buffer
	img := image.NewGray(image.Rect(0, 0, 28, 28))
	copy(img.Pix, digit)
	if err := png.Encode(&drawn, img); err != nil {
		t.Fatal(err)
	}
	var same lab.Prediction
	if s.post("/api/predict?"+at, drawn.Bytes(), "image/png", &same); !slices.Equal(same.Probabilities, p.Probabilities) {
		t.Errorf("as a PNG the digit gets other probabilities: %v, %v", same.Probabilities, p.Probabilities)
	}
	var early lab.Prediction
	if s.post("/api/predict?"+at+"&step=0", digit, bytesType, &early); slices.Equal(early.Probabilities, p.Probabilities) {
		t.Error("untrained, the net answers the same")
	}
	var evidence lab.Evidence
	if s.post("/api/evidence?"+at, digit, bytesType, &evidence); len(evidence.Saliency) != 784 || len(evidence.Occlusion) != 784 || evidence.Class != p.Answer || slices.Max(evidence.Occlusion) <= 0 {
		t.Errorf("the evidence: %+v", evidence)
	}
	var graph lab.Graph
	q := fmt.Sprintf("%s&label=%d", at, label)
	s.post("/api/graph?"+q, digit, bytesType, &graph)
	if graph.Loss < 0 || graph.Nodes[graph.Logits].Name != "logits" || graph.Nodes[graph.Image].Name != "image" {
		t.Errorf("the graph: %+v", graph)
	}
	_, logits, headers := s.ask("POST", fmt.Sprintf("/api/values?%s&node=%d", q, graph.Logits), digit, "Content-Type", bytesType)
	if len(logits) != 40 || math.Float32frombits(binary.LittleEndian.Uint32(logits[36:])) != p.Logits[9] || headers.Get("Inkling-Shape") != "10" {
		t.Errorf("the logits are %d bytes: %v", len(logits), headers)
	}
	if _, dx, _ := s.ask("POST", fmt.Sprintf("/api/values?%s&node=%d&gradient=1", q, graph.Image), digit, "Content-Type", bytesType); len(dx) != 4*784 {
		t.Errorf("the gradient at the image is %d bytes", len(dx))
	}
	var u lab.Unfolding
	if s.post(fmt.Sprintf("/api/unfold?%s&node=%d&index=3&terms=5", q, graph.Logits), digit, bytesType, &u); len(u.Terms) != 5 || u.Rest.Terms != 60 {
		t.Errorf("logit 3: %+v", u)
	}
	if s.post(fmt.Sprintf("/api/unfold?%s&node=%d&index=400&gradient=true", q, graph.Image), digit, bytesType, &u); u.Of.Name != "image" || !u.Terms[0].Gradient {
		t.Errorf("the gradient at pixel 400: %+v", u)
	}
	var parameters struct {
		Parameters []struct {
			Name  string
			Shape []int
		}
	}
	s.get("/api/parameters?"+at, &parameters)
	if len(parameters.Parameters) != 4 || parameters.Parameters[0].Name != "hidden.weight" {
		t.Errorf("parameters: %+v", parameters)
	}
	if _, w, h := s.ask("GET", "/api/weights?"+at+"&name=hidden.weight", nil); len(w) != 4*784*64 || h.Get("Inkling-Shape") != "784 64" {
		t.Errorf("weights of %d bytes, %v", len(w), h)
	}

	// Mistakes.
	var judged lab.Judged
	if s.get("/api/judge?"+at+"&images=-1", &judged); judged.Images != 300 || judged.On != "test" {
		t.Errorf("judged: %+v", judged)
	}
	var worst, cell []lab.Answered
	s.get("/api/worst?"+at+"&images=-1&most=2", &worst)
	if len(worst) != 2 {
		t.Fatalf("the worst: %+v", worst)
	}
	s.get(fmt.Sprintf("/api/cell?%s&images=-1&label=%d&answer=%d", at, worst[0].Label, worst[0].Answer), &cell)
	if len(cell) == 0 || cell[0].Label != worst[0].Label {
		t.Errorf("the cell: %+v", cell)
	}
	_, images, headers := s.ask("GET", fmt.Sprintf("/api/images?%s&index=%d,%d", at, worst[0].Index, worst[1].Index), nil)
	if len(images) != 2*784 || headers.Get("Inkling-Shape") != "2 1 28 28" || !bytes.Equal(images[:784], small.Test.Image(worst[0].Index)) {
		t.Errorf("%d bytes of images: %v", len(images), headers)
	}
	text, _ = json.Marshal(map[string]any{"examples": []lab.Example{{Image: images[:784], Label: worst[0].Label}}})
	var tuned lab.Summary
	s.post("/api/correct?"+at, text, jsonType, &tuned)
	if x, err := s.lab.Run(tuned.ID); err != nil {
		t.Fatal(err)
	} else {
		wait(t, x)
	}
	var change lab.Change
	if s.get("/api/change?before_"+at+"&after_run="+tuned.ID+"&images=-1", &change); change.Images != 300 || len(change.Better) == 0 {
		t.Errorf("the change: %+v", change)
	}
	var fooled lab.Fooled
	changed := bytes.Clone(digit)
	changed[0], changed[9] = 255, 255
	if s.post("/api/fool?"+at+"&index=1", changed, bytesType, &fooled); fooled.Changed != 2 || fooled.Label != int(label) {
		t.Errorf("fooled: %+v", fooled)
	}

	// The museum and the questions.
	var faults []lab.Fault
	if s.get("/api/faults", &faults); len(faults) != 6 || faults[0].Cure == "" {
		t.Errorf("faults: %+v", faults)
	}
	var pair map[string]lab.Summary
	if s.post("/api/faults/softmax-twice", nil, jsonType, &pair); pair["faulty"].Settings.Fault != "softmax-twice" || pair["sound"].Settings.Fault != "" {
		t.Errorf("an exhibit: %+v", pair)
	}
	var questions []lab.Experiment
	if s.get("/api/experiments", &questions); len(questions) != 10 || questions[3].Question == "" {
		t.Errorf("questions: %+v", questions)
	}
	for _, e := range questions {
		var g lab.Grade
		if s.get("/api/experiments/"+e.Name+"/grade", &g); g.Name != e.Name || g.Said == "" {
			t.Errorf("%s: %+v", e.Name, g)
		}
	}
}

// A model that was saved is loaded, asked, judged and corrected as a run is.
func TestModelFiles(t *testing.T) {
	s := newSite(t, lab.ServerOptions{})
	id := s.trained(`{"epochs": 8}`)
	n, err := s.lab.Net(context.Background(), lab.Subject{Run: id, Step: lab.Latest})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "m.safetensors")
	if err := n.Save(path, [][]byte{small.Train.Image(0)}); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var m lab.ModelSummary
	s.post("/api/models?name=%3Cscript%3E.safetensors", file, bytesType, &m)
	if m.Architecture != "network" || m.Numbers != 785*64+65*10 {
		t.Errorf("loaded as %+v", m)
	}
	var a, b lab.Prediction
	s.post("/api/predict?model="+m.ID, small.Test.Image(5), bytesType, &a)
	s.post("/api/predict?run="+id, small.Test.Image(5), bytesType, &b)
	if !slices.Equal(a.Probabilities, b.Probabilities) {
		t.Error("as a file the model answers otherwise")
	}
	var j, k lab.Judged
	s.get("/api/judge?model="+m.ID, &j)
	s.get("/api/judge?run="+id, &k)
	if j.Accuracy != k.Accuracy || j.Images != 300 {
		t.Errorf("judged as a file %+v, and as a run %+v", j, k)
	}
	text, _ := json.Marshal(map[string]any{"examples": []lab.Example{{Image: small.Test.Image(5), Label: 3}}})
	var tuned lab.Summary
	s.post("/api/correct?model="+m.ID, text, jsonType, &tuned)
	file[len(file)-1] ^= 0x40
	if status, text, _ := s.ask("POST", "/api/models?name=m", file, "Content-Type", bytesType); status != 400 || !strings.Contains(string(text), "damaged") {
		t.Errorf("a damaged file: %d %s", status, text)
	}
}
