package lab

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"inkling/web"
)

// ServerOptions say how a Lab is served.
type ServerOptions struct {
	Page  fs.FS       // the page's files; index.html is what opens. Nil is web.Lab
	Token string      // what a visitor has to know; "" on the loopback
	Names []string    // other names of this machine that a browser may use
	Log   func(error) // is told of faults of the program; may be nil
	// Welcome begins a run with the usual settings when the first page listens, so that
	// a visitor sees a net learn at once.
	Welcome bool
}

// maxAsking is how many requests are worked on at a time; others wait for their turn.
const maxAsking = 32

// server is a Lab's routes.
type server struct {
	*Lab
	log     func(error)
	turns   chan struct{}
	welcome sync.Once
}

// Handler serves a Lab: see the package comment for the routes.
func Handler(l *Lab, opt ServerOptions) http.Handler {
	s := &server{Lab: l, log: opt.Log, turns: make(chan struct{}, maxAsking)}
	if !opt.Welcome {
		s.welcome.Do(func() {})
	}
	if opt.Page == nil {
		opt.Page = web.Lab()
	}
	mux := http.NewServeMux()
	mux.Handle("/", static{opt.Page})
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, "there is no such question")
	})
	mux.HandleFunc("GET /api/events", s.stream)
	for pattern, handle := range s.routes() {
		mux.HandleFunc(pattern, s.route(handle))
	}
	return &guard{opt.Token, opt.Names, mux}
}

// reply is what a route has to say: JSON, or bytes with a shape.
type reply struct {
	json  any
	bytes []byte
	shape []int
	kind  string         // of the numbers: "uint8", "float32"
	about map[string]any // headers, behind Inkling-
}

// route runs a handler in its turn, within its time, and answers with what it
// returns. A panic is a fault of the program: it is answered as such, and the lab
// goes on.
func (s *server) route(handle func(r *http.Request) (*reply, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerWithin))
		select {
		case s.turns <- struct{}{}:
			defer func() { <-s.turns }()
		case <-r.Context().Done():
			return
		}
		out, err := s.safely(handle, w, r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		if out.json != nil || out.bytes == nil {
			answer(w, http.StatusOK, out.json)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Length", strconv.Itoa(len(out.bytes)))
		h.Set("Inkling-Type", out.kind)
		for k, v := range out.about {
			h.Set("Inkling-"+k, strings.Trim(fmt.Sprint(v), "[]"))
		}
		h.Set("Inkling-Shape", strings.Trim(fmt.Sprint(out.shape), "[]"))
		w.Write(out.bytes)
	}
}

func (s *server) safely(handle func(r *http.Request) (*reply, error), w http.ResponseWriter, r *http.Request) (out *reply, err error) {
	defer func() {
		if failure := recover(); failure != nil {
			out, err = nil, fmt.Errorf("a fault of the program: %v", failure)
		}
	}()
	limit := int64(maxJSON)
	switch {
	case r.URL.Path == "/api/models":
		limit = maxModel
	case strings.HasPrefix(r.Header.Get("Content-Type"), "image/"):
		limit = maxImage
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	return handle(r)
}

// fail answers with an error: a visitor's mistake with what to do, a fault of the
// program with no more than that.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var p *Problem
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		refuse(w, map[Kind]int{Invalid: http.StatusBadRequest, Unknown: http.StatusNotFound, Busy: http.StatusConflict}[p.Kind], "%s", p.Text)
	case errors.As(err, &long):
		refuse(w, http.StatusRequestEntityTooLarge, "the request has more than %d bytes", long.Limit)
	case r.Context().Err() != nil: // nobody waits for the answer
	case s.ctx.Err() != nil:
		refuse(w, http.StatusServiceUnavailable, "the lab is closing")
	default:
		if s.log != nil {
			s.log(fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, err))
		}
		refuse(w, http.StatusInternalServerError, "%v", err)
	}
}

// answer writes JSON.
func answer(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil { // a number that is not finite
		status, text = http.StatusConflict, []byte(`{"error":"the numbers are not finite: the training diverged"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(text)
}

// floats are numbers as little-endian float32, with their shape.
func floats(values []float32, shape ...int) *reply {
	out := make([]byte, 0, 4*len(values))
	for _, v := range values {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	return &reply{bytes: out, shape: shape, kind: "float32"}
}

// body reads a request to its end.
func body(r *http.Request) ([]byte, error) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		var long *http.MaxBytesError
		if !errors.As(err, &long) {
			err = invalid("the request broke off")
		}
	}
	return b, err
}

// decode reads a request's JSON, strictly.
func decode(r *http.Request, to any) error {
	text, err := body(r)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(to); err != nil {
		return invalid("the request's JSON: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return invalid("the request's JSON goes on behind its end")
	}
	return nil
}

// number reads an integer of the query; without one it is otherwise.
func number(r *http.Request, key string, otherwise int) (int, error) {
	text := r.URL.Query().Get(key)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, invalid("%s=%s: want a whole number", key, clip([]byte(text)))
	}
	return n, nil
}

// Timeouts of the server: of a request's head, of the whole request, and of a
// connection that asks nothing.
const (
	headWithin    = 5 * time.Second
	requestWithin = 30 * time.Second
	idleWithin    = 60 * time.Second
	maxHead       = 16 << 10
	maxOpen       = 512 // connections
	closeWithin   = 5 * time.Second
)

// Serve serves a Lab on a listener until the context ends. Then it closes the lab,
// which ends trainings and streams, answers what was asked, and returns nil.
func Serve(ctx context.Context, on net.Listener, l *Lab, opt ServerOptions) error {
	quiet := log.New(io.Discard, "", 0) // a browser that breaks off is none of the visitor's business
	srv := &http.Server{
		Handler: Handler(l, opt), ReadHeaderTimeout: headWithin, ReadTimeout: requestWithin, IdleTimeout: idleWithin, MaxHeaderBytes: maxHead, ErrorLog: quiet,
	}
	ended := make(chan error, 1)
	go func() {
		ended <- srv.Serve(&limited{Listener: on, open: make(chan struct{}, maxOpen), closed: make(chan struct{})})
	}()
	select {
	case err := <-ended:
		l.Close()
		return err
	case <-ctx.Done():
	}
	l.Close()
	closing, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	if srv.Shutdown(closing) != nil {
		srv.Close()
	}
	<-ended
	return nil
}

// limited is a listener that has so many connections open at most; more wait.
type limited struct {
	net.Listener
	open   chan struct{}
	closed chan struct{}
	once   sync.Once
}

func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.open <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.open
		return nil, err
	}
	return &counted{Conn: c, done: func() { <-l.open }}, nil
}

func (l *limited) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

type counted struct {
	net.Conn
	once sync.Once
	done func()
}

func (c *counted) Close() error {
	c.once.Do(c.done)
	return c.Conn.Close()
}
