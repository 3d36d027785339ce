package folder

import (
	"fmt"
	"strings"

	"inkling/data"
)

// stack puts the pictures of each split into one array, N x C x H x W.
func (f *findings) stack(opt Options) (*data.Dataset, error) {
	channels, height, width := 1, 0, 0
	for _, files := range f.plan.splits {
		for _, file := range files {
			p := &f.pictures[file.entry]
			if p.problem != "" {
				continue
			}
			channels = max(channels, p.channels)
			if height == 0 {
				height, width = p.height, p.width
			}
			if p.height != height || p.width != width {
				return nil, fmt.Errorf("%s", severalSizes(f.report().Sizes))
			}
		}
	}
	ds := new(data.Dataset)
	for s, into := range []**data.Set{&ds.Train, &ds.Valid, &ds.Test} {
		var good []placed
		for _, file := range f.plan.splits[s] {
			if f.pictures[file.entry].problem == "" {
				good = append(good, file)
			}
		}
		if len(good) == 0 {
			continue
		}
		order(good)
		set := &data.Set{
			Images:   make([]uint8, 0, len(good)*channels*height*width),
			Labels:   make([]int32, len(good)),
			Names:    make([]string, len(good)),
			Channels: channels, Height: height, Width: width,
			Classes: f.plan.classes,
		}
		for i, file := range good {
			p := &f.pictures[file.entry]
			for c := range channels {
				plane := height * width
				set.Images = append(set.Images, p.pix[plane*(c%p.channels):][:plane]...)
			}
			set.Labels[i] = int32(file.class)
			set.Names[i] = file.path
		}
		*into = set
	}
	return ds, nil
}

// severalSizes says which sizes there are, the most frequent first.
func severalSizes(sizes []SizeCount) string {
	var b strings.Builder
	fmt.Fprintf(&b, "images of %d sizes: ", len(sizes))
	for i, s := range sizes {
		if i == named {
			fmt.Fprintf(&b, ", and %d more", len(sizes)-named)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		if s.Images == 1 {
			fmt.Fprintf(&b, "%s (only %s)", data.Size(s.Height, s.Width), quote(s.Example))
		} else {
			fmt.Fprintf(&b, "%s (%d images, such as %s)", data.Size(s.Height, s.Width), s.Images, quote(s.Example))
		}
	}
	b.WriteString("; all must have one size")
	return b.String()
}
