package folder

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// errTooMuch is the cause of a stop when the decoded images outgrow their limit.
var errTooMuch = errors.New("the images are too large together")

// batchFiles is how many files a worker takes at once: enough to make the hand-over
// cheap, few enough to keep all workers busy to the end.
const batchFiles = 128

// workers decode files in parallel. Results go to places fixed in advance, so the
// number of workers changes nothing but the time.
type workers struct {
	ctx  context.Context
	stop context.CancelCauseFunc
	jobs chan func(*decoder)
	wg   sync.WaitGroup

	opt   Options
	bytes atomic.Int64 // of all decoded pixels
	mu    sync.Mutex
	done  int // images
	total int
}

// startWorkers starts opt.Workers goroutines, which end with finish.
func startWorkers(ctx context.Context, opt Options, total int) *workers {
	w := &workers{jobs: make(chan func(*decoder), 2*opt.Workers), opt: opt, total: total}
	w.ctx, w.stop = context.WithCancelCause(ctx)
	for range opt.Workers {
		w.wg.Go(func() {
			d := &decoder{opt: opt}
			for job := range w.jobs {
				if w.ctx.Err() == nil {
					job(d)
				}
			}
		})
	}
	return w
}

// do hands a job to a worker. It returns false when there is no point in going on.
func (w *workers) do(job func(*decoder)) bool {
	select {
	case w.jobs <- job:
		return w.ctx.Err() == nil
	case <-w.ctx.Done():
		return false
	}
}

// decode decodes a file and adds its pixels to the sum that is limited. They are
// added one by one: 128 large images, a batch, are gigabytes.
func (w *workers) decode(d *decoder, file []byte) decoded {
	p := d.decode(file)
	if w.bytes.Add(int64(len(p.pix))) > w.opt.Limits.TotalBytes {
		w.stop(fmt.Errorf("%w: more than %d bytes of pixels", errTooMuch, w.opt.Limits.TotalBytes))
	}
	return p
}

// count reports progress by a number of images.
func (w *workers) count(images int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done += images
	if w.opt.Progress != nil {
		w.opt.Progress(w.done, w.total)
	}
}

// finish waits for the workers. It returns why they were stopped, if they were.
func (w *workers) finish() error {
	close(w.jobs)
	w.wg.Wait()
	err := context.Cause(w.ctx)
	w.stop(nil)
	return err
}

// decodeWanted decodes the files of a plan, which read fetches into a buffer by
// their index. The result is by index.
func decodeWanted(ctx context.Context, p *plan, n int, opt Options, read func(i int, buf []byte) (file []byte, problem string)) ([]decoded, error) {
	pictures := make([]decoded, n)
	total := 0
	for _, files := range p.splits {
		total += len(files)
	}
	w := startWorkers(ctx, opt, total)
	for _, files := range p.splits {
		for len(files) > 0 {
			batch := files[:min(batchFiles, len(files))]
			files = files[len(batch):]
			ok := w.do(func(d *decoder) {
				some := make([]decoded, len(batch))
				var buf []byte
				for k, file := range batch {
					if w.ctx.Err() != nil {
						return
					}
					var problem string
					if buf, problem = read(file.entry, buf[:0]); problem != "" {
						some[k].problem = problem
					} else {
						some[k] = w.decode(d, buf)
					}
					pictures[file.entry] = some[k]
				}
				w.count(len(some))
			})
			if !ok {
				return nil, w.finish()
			}
		}
	}
	return pictures, w.finish()
}
