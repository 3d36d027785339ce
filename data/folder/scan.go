package folder

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"inkling/data/picture"
)

// facts are what is known of one image file.
type facts struct {
	problem       string // why it is no image; "" for one
	mode          string // as the file stores it: "PNG, grey, 8 bits"
	height, width int    // upright
	grey          bool   // by its header; one that stores colours may be grey all the same
	channels      uint8  // 1 or 3; 0 until it has been decoded
	digest        [16]byte
}

// scan is a source on its way to a data set.
type scan struct {
	src   source
	opt   Options
	plan  *plan
	files []placed // of all splits, train first, each in the order of its set
	ends  [3]int   // where each split ends in files
	facts []facts  // by index of files
	known int      // of these, how many came from the cache
}

// newScan lays a source's files out.
func newScan(src source, opt Options) (*scan, error) {
	p, err := layout(src.entries())
	if err != nil {
		return nil, err
	}
	s := &scan{src: src, opt: opt, plan: p}
	for k := range p.splits {
		order(p.splits[k])
		s.files = append(s.files, p.splits[k]...)
		p.splits[k], s.ends[k] = nil, len(s.files)
	}
	s.facts = make([]facts, len(s.files))
	return s, nil
}

// split returns the index in files of a split's first file and of the one after its last.
func (s *scan) split(k int) (from, to int) {
	if k > 0 {
		from = s.ends[k-1]
	}
	return from, s.ends[k]
}

func (s *scan) picture() picture.Options {
	return picture.Options{OnBlack: s.opt.OnBlack, FileBytes: s.opt.Limits.FileBytes, Pixels: s.opt.Limits.Pixels}
}

// beginning is how much of a file is read for its header. Few cameras write more before the size.
const beginning = 64 << 10

// look reads the headers of all files that nothing is known of.
func (s *scan) look(ctx context.Context) error {
	return s.each(ctx, nil, func(k int, buf *[]byte) {
		f, entry := &s.facts[k], s.files[k].entry
		if f.problem != "" || f.height > 0 {
			return
		}
		size, _ := s.src.stamp(entry)
		var h picture.Header
		var err error
		for _, most := range []int64{beginning, 0} {
			if *buf, err = s.src.read(entry, most, (*buf)[:0]); err == nil {
				h, err = picture.Look(*buf, size, s.picture())
			}
			if !errors.Is(err, picture.ErrMore) {
				break
			}
		}
		if err != nil {
			f.problem = err.Error()
			return
		}
		f.mode, f.height, f.width, f.grey = h.Mode, h.Height, h.Width, h.Grey
	})
}

// decode decodes every file that looks like an image, or with keep every one that
// is one, which then gets its picture.
func (s *scan) decode(ctx context.Context, keep func(k int, p *picture.Picture)) error {
	return s.each(ctx, s.opt.Progress, func(k int, buf *[]byte) {
		f := &s.facts[k]
		if f.problem != "" || f.channels > 0 && keep == nil {
			return
		}
		var err error
		*buf, err = s.src.read(s.files[k].entry, 0, (*buf)[:0])
		var p *picture.Picture
		if err == nil {
			p, err = picture.Decode(*buf, s.picture())
		}
		if err != nil {
			f.problem = err.Error()
			return
		}
		f.mode, f.height, f.width, f.channels = p.Mode, p.Height, p.Width, uint8(p.Channels)
		h := sha256.New()
		fmt.Fprintf(h, "%d %d %d ", p.Channels, p.Height, p.Width)
		h.Write(p.Pix)
		var sum [sha256.Size]byte
		copy(f.digest[:], h.Sum(sum[:0]))
		if keep != nil {
			keep(k, p)
		}
	})
}

// share is how many files a worker takes at once: enough to make the hand-over
// cheap, few enough to keep all workers busy to the end.
const share = 16

// each calls do for every file, from as many goroutines as there are to be. What
// they find goes to places fixed in advance, so their number changes nothing but the time.
func (s *scan) each(ctx context.Context, progress func(done, total int), do func(k int, buf *[]byte)) error {
	var next atomic.Int64
	var wait sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range min(s.opt.Workers, (len(s.files)+share-1)/share) {
		wait.Go(func() {
			var buf []byte
			for ctx.Err() == nil {
				from := int(next.Add(share)) - share
				to := min(from+share, len(s.files))
				if from >= to {
					return
				}
				for k := from; k < to && ctx.Err() == nil; k++ {
					do(k, &buf)
				}
				if progress != nil {
					mu.Lock()
					done += to - from
					progress(done, len(s.files))
					mu.Unlock()
				}
			}
		})
	}
	wait.Wait()
	return context.Cause(ctx)
}

// size says what the images are brought to.
func (s *scan) size() (height, width int) {
	if s.opt.Height > 0 {
		return s.opt.Height, s.opt.Width
	}
	sizes := make(map[[2]int]int)
	for _, f := range s.facts[:s.ends[train]] {
		if f.problem == "" {
			sizes[[2]int{f.height, f.width}]++
		}
	}
	return chooseSize(sizes)
}

// channels says how many the set has, as far as headers tell: at most so many.
func (s *scan) channels() int {
	switch s.opt.Color {
	case Grey:
		return 1
	case RGB:
		return 3
	}
	for _, f := range s.facts {
		if f.problem == "" && (f.channels == 3 || f.channels == 0 && !f.grey) {
			return 3
		}
	}
	return 1
}
