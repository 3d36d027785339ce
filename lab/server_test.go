package lab_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"inkling/lab"
)

var page = fstest.MapFS{"index.html": {Data: []byte("<!doctype html><title>Lab</title>")}, "look/lab.css": {Data: []byte("p{}")}}

// site is a lab on the loopback.
type site struct {
	*httptest.Server
	t   testing.TB
	lab *lab.Lab
}

func newSite(t testing.TB, opt lab.ServerOptions) *site {
	t.Helper()
	return siteOf(t, newLab(t), opt)
}

func siteOf(t testing.TB, l *lab.Lab, opt lab.ServerOptions) *site {
	t.Helper()
	if opt.Page == nil {
		opt.Page = page
	}
	opt.Log = func(err error) { t.Errorf("a fault: %v", err) }
	s := &site{httptest.NewServer(lab.Handler(l, opt)), t, l}
	t.Cleanup(func() { l.Close(); s.Close(); s.Client().CloseIdleConnections() })
	return s
}

// ask sends a request as a program does, or as the headers say.
func (s *site) ask(method, path string, body []byte, headers ...string) (int, []byte, http.Header) {
	s.t.Helper()
	r, err := http.NewRequest(method, s.URL+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		} else {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	client := *s.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	a, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return a.StatusCode, text, a.Header
}

// get reads JSON into v, and fails unless the answer is 200.
func (s *site) get(path string, v any) {
	s.t.Helper()
	status, text, _ := s.ask("GET", path, nil)
	s.read("GET "+path, status, text, v)
}

func (s *site) post(path string, body []byte, kind string, v any) {
	s.t.Helper()
	status, text, _ := s.ask("POST", path, body, "Content-Type", kind)
	s.read("POST "+path, status, text, v)
}

func (s *site) read(what string, status int, text []byte, v any) {
	s.t.Helper()
	if status != 200 {
		s.t.Fatalf("%s: %d %s", what, status, text)
	}
	if v != nil {
		if err := json.Unmarshal(text, v); err != nil {
			s.t.Fatalf("%s: %v: %s", what, err, text)
		}
	}
}

const bytesType, jsonType = "application/octet-stream", "application/json"

// trained begins a run over HTTP and waits for its end.
func (s *site) trained(settings string) string {
	s.t.Helper()
	var run lab.Summary
	s.post("/api/runs", []byte(`{"settings": `+settings+`}`), jsonType, &run)
	r, err := s.lab.Run(run.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	wait(s.t, r)
	return run.ID
}

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

// A page from elsewhere, a form, a name that points here: nothing of it gets in.
func TestStrangersAreRefused(t *testing.T) {
	s := newSite(t, lab.ServerOptions{})
	host := strings.TrimPrefix(s.URL, "http://")
	begin := []byte(`{}`)
	for what, headers := range map[string][]string{
		"a foreign host":             {"Host", "evil.example"},
		"a foreign host with a port": {"Host", "evil.example:80"},
		"an address of the network":  {"Host", "192.168.1.5:80"},
		"a foreign origin":           {"Origin", "https://evil.example"},
		"no origin that has a name":  {"Origin", "null"},
		"another port":               {"Origin", "http://127.0.0.1:1"},
		"a cross-site request":       {"Sec-Fetch-Site", "cross-site"},
		"a sister site":              {"Sec-Fetch-Site", "same-site"},
	} {
		for _, to := range [][2]string{{"POST", "/api/runs"}, {"GET", "/api/state"}, {"GET", "/api/events"}} {
			if status, text, _ := s.ask(to[0], to[1], begin, append(headers, "Content-Type", jsonType)...); status != 403 {
				t.Errorf("%s, %s %s: %d %s", what, to[0], to[1], status, text)
			}
		}
	}
	for _, headers := range [][]string{
		{"Origin", "http://" + host}, {"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "none"}, {"Host", "localhost:123"}, {"Host", "[::1]:9"}, {"Host", "LOCALHOST"},
	} {
		if status, text, _ := s.ask("GET", "/api/state", nil, headers...); status != 200 {
			t.Errorf("%v: %d %s", headers, status, text)
		}
	}
	// A link from elsewhere opens the page.
	if status, _, _ := s.ask("GET", "/", nil, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"); status != 200 {
		t.Errorf("a link to the page: %d", status)
	}
	var form strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&form, "--x\r\nContent-Disposition: form-data; name=\"a%d\"\r\n\r\n1\r\n", i)
	}
	for _, kind := range []string{"multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "text/plain", "", "image/svg+xml"} {
		if status, _, _ := s.ask("POST", "/api/runs", []byte(form.String()), "Content-Type", kind); status != 415 {
			t.Errorf("a body of %q: %d", kind, status)
		}
	}
	if state := s.lab.State(); len(state.Runs) != 0 {
		t.Errorf("a stranger began %d runs", len(state.Runs))
	}
}

func TestTheToken(t *testing.T) {
	s := newSite(t, lab.ServerOptions{Token: "secret", Names: []string{"pad.local"}})
	for _, headers := range [][]string{nil, {"Authorization", "Bearer wrong"}, {"Cookie", "inkling_token=wrong"}} {
		for _, path := range []string{"/", "/api/state", "/api/events", "/?token=wrong", "/api/state?token=secret"} {
			if status, _, h := s.ask("GET", path, nil, headers...); status != 403 || h.Get("Set-Cookie") != "" {
				t.Errorf("%s with %v: %d", path, headers, status)
			}
		}
	}
	status, _, h := s.ask("GET", "/?token=secret", nil)
	cookie, _, _ := strings.Cut(h.Get("Set-Cookie"), ";")
	if status != 303 || h.Get("Location") != "/" || !strings.Contains(h.Get("Set-Cookie"), "HttpOnly") || !strings.Contains(h.Get("Set-Cookie"), "SameSite=Strict") {
		t.Fatalf("the address with the token: %d %v", status, h)
	}
	for _, headers := range [][]string{{"Cookie", cookie}, {"Authorization", "Bearer secret"}, {"Cookie", cookie, "Host", "192.168.1.5:80"}, {"Cookie", cookie, "Host", "pad.local:80"}} {
		if status, text, _ := s.ask("GET", "/api/state", nil, headers...); status != 200 {
			t.Errorf("%v: %d %s", headers, status, text)
		}
	}
	if status, _, _ := s.ask("GET", "/api/state", nil, "Cookie", cookie, "Host", "evil.example"); status != 403 {
		t.Errorf("a name that was made to point here, with a token: %d", status)
	}
}

// Nothing outside of the page's files can be read, whatever the path looks like.
func TestPaths(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"page/index.html": "home", "page/in/a.txt": "a", "secret.txt": "secret"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../secret.txt", filepath.Join(dir, "page/link.txt")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink("..", filepath.Join(dir, "page/up")); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, lab.ServerOptions{Page: os.DirFS(filepath.Join(dir, "page"))})
	if status, text, _ := s.ask("GET", "/in/a.txt", nil); status != 200 || string(text) != "a" {
		t.Fatalf("a file of the page: %d %s", status, text)
	}
	for _, path := range []string{
		"/..%2fsecret.txt", "/%2e%2e/secret.txt", "/%2e%2e%2fsecret.txt", "/in/..%2f..%2fsecret.txt", "/..%5csecret.txt", "/link.txt", "/up/secret.txt",
		"/in", "/in/", "/a%00.txt", "/index.html%00", "/nothing", "//secret.txt", "/./in/a.txt", "/api/nothing", "/api/runs/..%2f..%2fstate",
	} {
		if status, text, _ := s.ask("GET", path, nil); status != 404 || strings.Contains(string(text), "secret\n") {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
}

// Wrong questions get a sentence, and the lab goes on.
func TestWrongRequests(t *testing.T) {
	s := newSite(t, lab.ServerOptions{})
	id := s.trained(`{"epochs": 1, "images": 100}`)
	digit := small.Test.Image(0)
	bomb := func(w, h uint32) []byte { // a PNG that says that it is large
		head := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
		head = binary.BigEndian.AppendUint32(head, w)
		head = binary.BigEndian.AppendUint32(head, h)
		return append(head, 8, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	for _, c := range []struct {
		method, path, kind string
		body               []byte
		want               int
	}{
		{"POST", "/api/runs", jsonType, []byte(`{"settings": {"lr": -1}}`), 400},
		{"POST", "/api/runs", jsonType, []byte(`{"settings": {"hack": 1}}`), 400},
		{"POST", "/api/runs", jsonType, []byte(`{"hack": 1}`), 400},
		{"POST", "/api/runs", jsonType, []byte(`{"settings": {}}{}`), 400},
		{"POST", "/api/runs", jsonType, nil, 400},
		{"POST", "/api/runs", jsonType, []byte(strings.Repeat("[", 100_000)), 400},
		{"POST", "/api/runs", jsonType, bytes.Repeat([]byte(" "), 2<<20), 413},
		{"POST", "/api/runs/r99/pause", jsonType, nil, 404},
		{"POST", "/api/runs/" + id + "/pause", jsonType, nil, 409},
		{"POST", "/api/runs/" + id + "/fork", jsonType, []byte(`{}`), 400},
		{"POST", "/api/runs/" + id + "/fork", jsonType, []byte(`{"step": 1, "settings": {"model": "cnn"}}`), 400},
		{"PUT", "/api/runs", jsonType, []byte(`{}`), 404},
		{"DELETE", "/api/runs/r99", "", nil, 404},
		{"POST", "/api/predict?run=r99", bytesType, digit, 404},
		{"POST", "/api/predict?model=m1", bytesType, digit, 404},
		{"POST", "/api/predict?model=m1&run=r1", bytesType, digit, 400},
		{"POST", "/api/predict?step=many", bytesType, digit, 400},
		{"POST", "/api/predict?run=" + id + "&step=100000", bytesType, digit, 404},
		{"POST", "/api/predict?run=" + id + "&step=-7", bytesType, digit, 400},
		{"POST", "/api/predict", bytesType, digit[1:], 400},
		{"POST", "/api/predict", bytesType, nil, 400},
		{"POST", "/api/predict", "image/png", []byte("no image"), 400},
		{"POST", "/api/predict", "image/png", bomb(20000, 20000), 400},
		{"POST", "/api/predict", "image/jpeg", bomb(1, 1), 400},
		{"POST", "/api/predict", "image/png", make([]byte, 9<<20), 413},
		{"POST", "/api/graph?label=10", bytesType, digit, 400},
		{"POST", "/api/values?node=1000", bytesType, digit, 404},
		{"POST", "/api/values?gradient=1", bytesType, digit, 400},
		{"POST", "/api/unfold?index=1000", bytesType, digit, 404},
		{"POST", "/api/unfold?terms=0", bytesType, digit, 400},
		{"POST", "/api/unfold?gradient=1", bytesType, digit, 400},
		{"POST", "/api/evidence?class=12", bytesType, digit, 404},
		{"POST", "/api/evidence", bytesType, nil, 400},
		{"POST", "/api/correct", jsonType, []byte(`{"examples": [{"image": "AAAA", "label": 1}]}`), 400},
		{"POST", "/api/fool?index=-5", bytesType, digit, 404},
		{"POST", "/api/models?name=a", bytesType, []byte("no model"), 400},
		{"POST", "/api/models", bytesType, []byte("no model"), 400},
		{"POST", "/api/faults/gremlins", jsonType, nil, 404},
		{"GET", "/api/weights?name=..%2f..%2fetc", "", nil, 404},
		{"GET", "/api/cell?label=99&answer=0", "", nil, 404},
		{"GET", "/api/worst?most=0", "", nil, 400},
		{"GET", "/api/images?index=x", "", nil, 400},
		{"GET", "/api/images?index=99999", "", nil, 404},
		{"GET", "/api/images", "", nil, 400},
		{"GET", "/api/compare?a=r99&b=r1", "", nil, 404},
		{"GET", "/api/experiments/none/grade", "", nil, 404},
	} {
		headers := []string{}
		if c.kind != "" {
			headers = []string{"Content-Type", c.kind}
		}
		status, text, _ := s.ask(c.method, c.path, c.body, headers...)
		var said struct{ Error string }
		if err := json.Unmarshal(text, &said); status != c.want || err != nil || said.Error == "" || strings.Contains(said.Error, "\n") || strings.Contains(said.Error, os.TempDir()) {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, status, text, c.want)
		}
	}
	var p lab.Prediction
	s.post("/api/predict?run="+id, digit, bytesType, &p)
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

// events reads a stream until it ends or enough says so.
func (s *site) events(ctx context.Context, enough func(event map[string]any) bool) error {
	r, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/api/events", nil)
	if err != nil {
		return err
	}
	a, err := s.Client().Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if a.StatusCode != 200 || a.Header.Get("Content-Type") != "text/event-stream" {
		return fmt.Errorf("%d %v", a.StatusCode, a.Header)
	}
	lines := bufio.NewScanner(a.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		text, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		event := map[string]any{}
		if err := json.Unmarshal([]byte(text), &event); err != nil {
			return err
		}
		if enough(event) {
			return nil
		}
	}
	return io.EOF
}

// Ten pages listen to one run and see the same; one leaves in the middle.
func TestStreams(t *testing.T) {
	s := newSite(t, lab.ServerOptions{})
	const pages = 10
	type seen struct {
		kinds map[string]int
		err   error
	}
	all := make(chan seen, pages)
	ready := make(chan bool, pages)
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	for i := range pages {
		go func() {
			kinds := map[string]int{}
			err := s.events(ctx, func(e map[string]any) bool {
				kind := e["event"].(string)
				if kinds[kind]++; kind == "state" {
					ready <- true
				}
				return i == 0 && kind == "steps" || kind == "run" && e["state"] == "done"
			})
			all <- seen{kinds, err}
		}()
	}
	for range pages {
		<-ready
	}
	r, err := s.lab.Start(settings(t, s.lab, `{"epochs": 30}`), false)
	if err != nil {
		t.Fatal(err)
	}
	wait(t, r)
	for range pages {
		x := <-all
		if x.err != nil || x.kinds["state"] != 1 || x.kinds["run"] == 0 || x.kinds["steps"] == 0 {
			t.Errorf("a page saw %v, %v", x.kinds, x.err)
		}
	}
	if e := r.Summary(); len(e.Epochs) != 30 {
		t.Errorf("%d epochs", len(e.Epochs))
	}
}

// Ctrl-C in the middle of streams, trainings and a pause: the server is gone within
// seconds, and nothing of it stays behind (see TestMain).
func TestServeEnds(t *testing.T) {
	l := newLab(t)
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- lab.Serve(ctx, on, l, lab.ServerOptions{Page: page}) }()
	s := &site{&httptest.Server{URL: "http://" + on.Addr().String()}, t, l}
	for _, pause := range []bool{false, true} {
		if _, err := l.Start(settings(t, l, `{"epochs": 1000}`), pause); err != nil {
			t.Fatal(err)
		}
	}
	streams := make(chan error, 3)
	seen := make(chan bool, 1000)
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for range 3 {
		go func() {
			a, err := client.Get(s.URL + "/api/events")
			if err != nil {
				streams <- err
				return
			}
			defer a.Body.Close()
			lines := bufio.NewScanner(a.Body)
			lines.Buffer(nil, 1<<20)
			for lines.Scan() {
				select {
				case seen <- true:
				default:
				}
			}
			streams <- lines.Err()
		}()
	}
	for range 10 {
		<-seen
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the server ends with %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the server does not end")
	}
	for range 3 {
		if err := <-streams; err != nil {
			t.Errorf("a stream ends with %v", err)
		}
	}
	if _, err := l.Start(l.Usual(), false); err == nil {
		t.Error("a lab that is closed begins a run")
	}
}

// Who sends a head without an end is cut off, and so is who sends too much of one.
func TestSlowAndLongHeads(t *testing.T) {
	l := newLab(t)
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- lab.Serve(ctx, on, l, lab.ServerOptions{Page: page}) }()
	defer func() { cancel(); <-ended }()
	slow, err := net.Dial("tcp", on.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	fmt.Fprint(slow, "GET / HTTP/1.1\r\nHost: localhost\r\n")
	long, err := net.Dial("tcp", on.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer long.Close()
	go fmt.Fprintf(long, "GET / HTTP/1.1\r\nHost: localhost\r\nX: %s\r\n\r\n", strings.Repeat("x", 64<<10))
	long.SetReadDeadline(time.Now().Add(5 * time.Second))
	if line, err := bufio.NewReader(long).ReadString('\n'); err != nil || !strings.Contains(line, "431") {
		t.Errorf("a head of 64 KiB: %q, %v", line, err)
	}
	slow.SetReadDeadline(time.Now().Add(12 * time.Second))
	begun := time.Now()
	if _, err := io.ReadAll(slow); err != nil && strings.Contains(err.Error(), "timeout") {
		t.Errorf("a head without an end is still waited for after %v", time.Since(begun))
	}
}
