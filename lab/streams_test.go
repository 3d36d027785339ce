package lab_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"inkling/lab"
)

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
