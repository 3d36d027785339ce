package lab_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

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
