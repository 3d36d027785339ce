package lab_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"inkling/lab"
)

// A page from elsewhere, a form, a name that points here: nothing of it gets in.
func TestStrangersAreRefused(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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
	t.Parallel()
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
	t.Parallel()
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

// Who sends a head without an end is cut off, and so is who sends too much of one.
func TestSlowAndLongHeads(t *testing.T) {
	t.Parallel()
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
