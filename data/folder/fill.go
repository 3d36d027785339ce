package folder

import (
	"context"
	"fmt"
	"sync"

	"inkling/data"
	"inkling/data/picture"
)

// make makes the data set of a scan: held in memory if its pixels fit within the
// limit, else streamed. The report is returned with an error, too.
func (s *scan) make(ctx context.Context) (*data.Dataset, *Report, error) {
	if err := s.look(ctx); err != nil {
		return nil, nil, err
	}
	height, width := s.size()
	images := 0
	for _, f := range s.facts {
		if f.problem == "" {
			images++
		}
	}
	var pixels []uint8
	var keep func(k int, p *picture.Picture)
	channels := s.channels()
	if each := channels * height * width; int64(images)*int64(each) <= s.opt.Limits.Held {
		// Every image that looks like one has its place; those that cannot be decoded leave a gap.
		at := make([]int, len(s.facts))
		n := 0
		for k, f := range s.facts {
			if at[k] = n; f.problem == "" {
				n++
			}
		}
		pixels = make([]uint8, images*each)
		keep = func(k int, p *picture.Picture) { p.Into(pixels[at[k]*each:][:each], channels, height, width) }
	}
	promising := make([]bool, len(s.facts))
	for k, f := range s.facts {
		promising[k] = f.problem == ""
	}
	if err := s.decode(ctx, keep); err != nil {
		return nil, nil, err
	}
	report := s.report()
	report.Height, report.Width, report.Streamed = height, width, keep == nil
	if err := s.refuse(report); err != nil {
		return nil, report, err
	}
	all := s.channels() // now that every image has been decoded
	report.Channels = all
	if keep != nil {
		pixels = closeUp(pixels, s.facts, promising, channels, all, height*width)
	}
	ds := new(data.Dataset)
	for k, into := range []**data.Set{&ds.Train, &ds.Valid, &ds.Test} {
		set := &data.Set{Channels: all, Height: height, Width: width, Classes: s.plan.classes}
		var files []int32
		from, to := s.split(k)
		for i := from; i < to; i++ {
			if s.facts[i].problem == "" {
				files = append(files, int32(s.files[i].entry))
				set.Labels = append(set.Labels, int32(s.files[i].class))
				set.Names = append(set.Names, s.files[i].path)
			}
		}
		if len(files) == 0 {
			continue
		}
		if keep != nil {
			n := len(files) * set.Pixels()
			set.Images, pixels = pixels[:n:n], pixels[n:]
		} else {
			set.Source = &stream{src: s.src, opt: s.picture(), channels: all, height: height, width: width, files: files}
		}
		*into = set
	}
	return ds, report, nil
}

// refuse returns why no data set can be made of what was found.
func (s *scan) refuse(r *Report) error {
	switch n := len(r.Offenders); {
	case n > 0 && !s.opt.SkipBroken:
		return &BrokenError{Source: s.src.name(), Offenders: r.Offenders}
	case n > r.Images:
		return fmt.Errorf("%s: %d of %d files cannot be read as images, which is more than half: is this the folder that was meant? The first is %s", quote(s.src.name()), n, n+r.Images, r.Offenders[0])
	case len(r.Problems) > 0:
		return fmt.Errorf("%s: %s", quote(s.src.name()), r.Problems[0])
	}
	return nil
}

// closeUp moves the images that could be decoded together, and leaves out channels
// that turned out to be equal in all of them.
func closeUp(pixels []uint8, all []facts, promising []bool, had, have, area int) []uint8 {
	to, from := 0, 0
	for k, f := range all {
		if !promising[k] {
			continue
		}
		if f.problem == "" {
			to += copy(pixels[to:], pixels[from:from+have*area])
		}
		from += had * area
	}
	if 2*to < len(pixels) {
		return append([]uint8(nil), pixels[:to]...)
	}
	return pixels[:to:to]
}

// stream reads the images of a set from its files while they are used.
type stream struct {
	src                     source
	opt                     picture.Options
	channels, height, width int
	files                   []int32 // by image, the index of its entry
	room                    sync.Pool
}

// Read implements data.Source.
func (s *stream) Read(i int, dst []uint8) error {
	buf, _ := s.room.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	defer s.room.Put(buf)
	file, err := s.src.read(int(s.files[i]), 0, (*buf)[:0])
	if err != nil {
		return err
	}
	*buf = file
	p, err := picture.Decode(file, s.opt)
	if err != nil {
		return err
	}
	p.Into(dst, s.channels, s.height, s.width)
	return nil
}

// Stamp implements data.Source.
func (s *stream) Stamp(i int) string {
	size, changed := s.src.stamp(int(s.files[i]))
	return fmt.Sprintf("%d %d", size, changed)
}
