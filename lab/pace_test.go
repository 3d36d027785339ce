package lab_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"inkling/data"
	"inkling/data/synth"
	"inkling/internal/browser"
	"inkling/lab"
	"inkling/web"
)

// A training of the lab takes at most a tenth longer than the same one without it, with
// a page that listens and asks for its drawing's answer ten times a second. Rounds
// alternate, and the best of each counts: other programs use the cores too. The trainings
// are long enough for the first step's snapshot and event not to count.
func TestPace(t *testing.T) {
	if os.Getenv("INKLING_ACCEPTANCE") == "" {
		t.Skip("INKLING_ACCEPTANCE=1 measures for a minute")
	}
	for model, images := range map[string]int{"network": 120_000, "cnn": 30_000} {
		ds := synth.Generate(images, 500, 0)
		best := map[bool]float64{}
		for range 4 {
			for _, inLab := range []bool{false, true} {
				took := paced(t, ds, model, 2, inLab)
				if old, ok := best[inLab]; !ok || took < old {
					best[inLab] = took
				}
			}
		}
		t.Logf("%s: %.2f s in the lab, %.2f s without: %+.1f %%", model, best[true], best[false], 100*(best[true]/best[false]-1))
		if best[true] > 1.1*best[false] {
			t.Errorf("%s takes %.0f %% longer in the lab", model, 100*(best[true]/best[false]-1))
		}
	}
}

// The same, with the page open in a browser on each of the parts that follow a training
// live, and a digit on its pad. The browser draws on the same cores, and most of it in the
// first seconds: the trainings take ten.
func TestPaceBesideThePage(t *testing.T) {
	if os.Getenv("INKLING_ACCEPTANCE") == "" {
		t.Skip("INKLING_ACCEPTANCE=1 measures for some minutes")
	}
	ds := synth.Generate(60_000, 500, 0)
	for model, epochs := range map[string]int{"network": 40, "cnn": 4} {
		best := map[string]float64{}
		for range 2 {
			for _, part := range []string{"", "train", "time", "inside"} {
				took := 0.0
				if part == "" {
					took = paced(t, ds, model, epochs, false)
				} else { // in a test of its own, which closes page and lab at its end
					t.Run(part, func(t *testing.T) { took = besideThePage(t, ds, model, part, epochs) })
				}
				if old, ok := best[part]; !ok || took < old {
					best[part] = took
				}
			}
		}
		for _, part := range []string{"train", "time", "inside"} {
			t.Logf("%s: %.2f s with the page open at %s, %.2f s without the lab: %+.1f %%", model, best[part], part, best[""], 100*(best[part]/best[""]-1))
			if best[part] > 1.1*best[""] && os.Getenv("INKLING_QUIET") != "" {
				t.Errorf("%s takes %.0f %% longer with the page open at %s", model, 100*(best[part]/best[""]-1), part)
			}
		}
	}
}

func besideThePage(t *testing.T, ds *data.Dataset, model, part string, epochs int) float64 {
	l := lab.New(lab.Options{Data: []string{"synth"}, Open: func(context.Context, string) (*data.Dataset, error) { return ds, nil }})
	s := siteOf(t, l, lab.ServerOptions{Page: web.Lab()})
	v := visit(t, s, 1280, 800, "light", "#tab="+part)
	v.Draw(browser.Seven)
	r, err := l.Start(settings(t, l, fmt.Sprintf(`{"epochs": %d, "model": %q}`, epochs, model)), true)
	if err != nil {
		t.Fatal(err)
	}
	until(t, r, "paused", paused)
	v.Until("the run", `inkling.lab.net && inkling.lab.net.subject.run === "r1"`)
	begun := time.Now()
	if err := r.Resume(); err != nil {
		t.Fatal(err)
	}
	wait(t, r)
	return time.Since(begun).Seconds()
}

func paced(t *testing.T, ds *data.Dataset, model string, epochs int, inLab bool) float64 {
	l := lab.New(lab.Options{Data: []string{"synth"}, Open: func(context.Context, string) (*data.Dataset, error) { return ds, nil }})
	defer l.Close()
	s := settings(t, l, fmt.Sprintf(`{"epochs": %d, "model": %q}`, epochs, model))
	if !inLab {
		train, valid := ds.Train.Split(0.1, seeded(0, 2))
		trainer, err := s.Recipe.Trainer(train, valid, 0)
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if err := trainer.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		return time.Since(begun).Seconds()
	}
	r, err := l.Start(s, true)
	if err != nil {
		t.Fatal(err)
	}
	until(t, r, "paused", paused)
	ctx, cancel := context.WithCancel(context.Background())
	var page sync.WaitGroup
	page.Go(func() {
		for ctx.Err() == nil {
			if n, err := l.Net(ctx, lab.Subject{Run: r.ID, Step: lab.Latest}); err == nil {
				n.Predict(ds.Test.Image(0))
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	begun := time.Now()
	if err := r.Resume(); err != nil {
		t.Fatal(err)
	}
	wait(t, r)
	took := time.Since(begun).Seconds()
	cancel()
	page.Wait()
	return took
}

// A hundred streams and a thousand predictions a second for a minute, or as many as the
// machine has room for: no error, memory that does not grow, nothing left afterwards (see
// TestMain).
func TestLoad(t *testing.T) {
	if os.Getenv("INKLING_ACCEPTANCE") == "" {
		t.Skip("INKLING_ACCEPTANCE=1 loads the lab for a minute")
	}
	s := newSite(t, lab.ServerOptions{})
	id := s.trained(`{"epochs": 2}`)
	endless, err := s.lab.Start(settings(t, s.lab, `{"epochs": 2000, "seed": 1, "model": "linear"}`), true)
	if err != nil {
		t.Fatal(err)
	}
	const streams, askers, rate, lasts = 100, 64, 1000, 60 * time.Second
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 0, MaxIdleConnsPerHost: askers}}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), lasts)
	defer cancel()
	var all sync.WaitGroup
	var events, predictions, failures atomic.Int64
	for range streams {
		all.Go(func() {
			r, _ := http.NewRequestWithContext(ctx, "GET", s.URL+"/api/events", nil)
			a, err := client.Do(r)
			if err != nil {
				failures.Add(1)
				t.Errorf("a stream: %v", err)
				return
			}
			defer a.Body.Close()
			buf := make([]byte, 4096)
			for ctx.Err() == nil {
				n, err := a.Body.Read(buf)
				if n > 0 {
					events.Add(1)
				}
				if err != nil && ctx.Err() == nil {
					failures.Add(1)
					t.Errorf("a stream broke off: %v", err)
					return
				}
			}
		})
	}
	all.Go(func() { // a training that is stepped, so that the streams have something to say
		for ctx.Err() == nil {
			endless.Advance(1)
			time.Sleep(50 * time.Millisecond)
		}
	})
	took := make([][]time.Duration, askers)
	begun := time.Now()
	for k := range askers {
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				due := begun.Add(time.Duration(i*askers+k) * time.Second / rate)
				time.Sleep(time.Until(due))
				asked := time.Now()
				r, _ := http.NewRequestWithContext(ctx, "POST", s.URL+"/api/predict?run="+id, bytes.NewReader(small.Test.Image(i%300)))
				r.Header.Set("Content-Type", bytesType)
				a, err := client.Do(r)
				if err == nil {
					_, err = io.Copy(io.Discard, a.Body)
					a.Body.Close()
					if err == nil && a.StatusCode != 200 {
						err = fmt.Errorf("%s", a.Status)
					}
				}
				if ctx.Err() != nil {
					return
				}
				if err != nil {
					failures.Add(1)
					t.Errorf("a prediction: %v", err)
					return
				}
				took[k] = append(took[k], time.Since(asked))
				predictions.Add(1)
			}
		})
	}
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	time.Sleep(lasts / 4)
	early := heap()
	all.Wait()
	late := heap()
	lasted := time.Since(begun).Seconds()
	every := slices.Sorted(slices.Values(slices.Concat(took...)))
	t.Logf("%d streams read %d times; %.0f predictions a second of %d that were wanted, the median in %v, 99 %% within %v; heap %.1f MiB, then %.1f; the training beside it made %d steps",
		streams, events.Load(), float64(predictions.Load())/lasted, rate, every[len(every)/2], every[len(every)*99/100], early, late, endless.Summary().Step)
	if n := failures.Load(); n > 0 {
		t.Errorf("%d failures", n)
	}
	if late > 1.2*early+8 {
		t.Errorf("the heap grows from %.1f to %.1f MiB", early, late)
	}
}

func BenchmarkPredict(b *testing.B) {
	l := newLab(b)
	r := ended(b, l, `{"epochs": 2}`)
	n, err := l.Net(context.Background(), lab.Subject{Run: r.ID, Step: lab.Latest})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := n.Predict(small.Test.Image(0)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPredictHTTP(b *testing.B) {
	s := newSite(b, lab.ServerOptions{})
	id := s.trained(`{"epochs": 2}`)
	for b.Loop() {
		s.post("/api/predict?run="+id, small.Test.Image(0), bytesType, nil)
	}
}
