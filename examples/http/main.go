// Command http answers for images over HTTP.
//
//	go run ./examples/http inkling-model.safetensors
//	curl --data-binary @seven.png http://127.0.0.1:8080/
//	[{"class":"7","probability":0.998}]
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"inkling/classifier"
	"inkling/data/picture"
)

// What is asked of one client at most, and of all together.
const (
	largest = 10 << 20   // bytes of an image file
	pixels  = 20_000_000 // of an image
	atOnce  = 4          // images that are decoded at a time
)

// answer is what the service says of a picture, or of one digit on it.
type answer struct {
	Class       string   `json:"class"`
	Probability float64  `json:"probability"`
	Unlike      []string `json:"unlike,omitempty"` // in what it differs from the training images
}

// handler answers a POST of an image file with a list: several digits may stand on it.
func handler(model *classifier.Model) http.Handler {
	turn := make(chan struct{}, atOnce)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) {
		file, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largest))
		if err != nil {
			http.Error(w, "an image file has at most 10 MiB here, and arrives whole", http.StatusRequestEntityTooLarge)
			return
		}
		turn <- struct{}{}
		defer func() { <-turn }()
		found, err := model.Read(func(o picture.Options) (*picture.Picture, error) {
			o.Pixels = pixels
			return picture.Decode(file, o)
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		answers := make([]answer, len(found))
		for i, a := range found {
			answers[i] = answer{a.Class, a.Probability, a.Unlike}
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(answers)
	})
	return mux
}

func main() {
	log.SetFlags(0)
	address := flag.String("addr", "127.0.0.1:8080", "where to listen")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: http [-addr HOST:PORT] MODEL.safetensors")
	}
	model, err := classifier.Load(flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{
		Handler: handler(model), MaxHeaderBytes: 16 << 10, IdleTimeout: time.Minute,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 20 * time.Second, WriteTimeout: 30 * time.Second,
	}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()
	log.Printf("POST an image to http://%s/", listener.Addr())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	<-ctx.Done()
	stop()                                // a second signal ends the program at once
	server.Shutdown(context.Background()) // answers on their way are finished: the timeouts see to it
}
