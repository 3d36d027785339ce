package picture

import (
	"fmt"
	"image"

	"golang.org/x/image/draw"
)

// To returns the picture as a model wants it: channels x height x width bytes, see
// the package comment for how it gets there. Of one channel a picture in colour
// keeps its luma, 0.299 R + 0.587 G + 0.114 B; of three channels a grey one has
// three that are equal. It panics unless channels is 1 or 3, and the size at least 1 x 1.
func (p *Picture) To(channels, height, width int) []uint8 {
	out := make([]uint8, channels*height*width)
	p.Into(out, channels, height, width)
	return out
}

// Into is To with memory of the caller's: channels x height x width bytes.
func (p *Picture) Into(out []uint8, channels, height, width int) {
	if channels != 1 && channels != 3 || height < 1 || width < 1 {
		panic(fmt.Sprintf("picture: brought to %d channels of %d x %d pixels; wanted 1 or 3, and a pixel at least", channels, height, width))
	}
	p = p.fit(height, width)
	n := height * width
	if channels == 1 && p.Channels == 3 {
		for i := range n {
			out[i] = luma(p.Pix[i], p.Pix[n+i], p.Pix[2*n+i])
		}
		return
	}
	for c := range channels {
		copy(out[c*n:(c+1)*n], p.Pix[n*(c%p.Channels):][:n])
	}
}

// Inside returns the rectangle of a height x width canvas that a picture takes
// when it is scaled to fit and put in the middle: rows top to bottom-1, columns
// left to right-1.
func (p *Picture) Inside(height, width int) (top, left, bottom, right int) {
	// The side that is the tighter one decides; whole numbers, so that no rounding does.
	h, w := height, width
	if p.Height*width > p.Width*height {
		w = max((p.Width*height+p.Height/2)/p.Height, 1)
	} else {
		h = max((p.Height*width+p.Width/2)/p.Width, 1)
	}
	top, left = (height-h)/2, (width-w)/2
	return top, left, top + h, left + w
}

// fit scales the whole picture into height x width pixels.
func (p *Picture) fit(height, width int) *Picture {
	if p.Height == height && p.Width == width {
		return p
	}
	top, left, bottom, right := p.Inside(height, width)
	from := p.boxes(max(p.Height/(bottom-top)/2, 1), max(p.Width/(right-left)/2, 1))
	to := image.NewRGBA(image.Rect(0, 0, right-left, bottom-top))
	draw.CatmullRom.Scale(to, to.Rect, from, from.Rect, draw.Src, nil)
	out := &Picture{Pix: make([]uint8, p.Channels*height*width), Channels: p.Channels, Height: height, Width: width, Mode: p.Mode}
	for c := range p.Channels {
		plane := out.Pix[c*height*width:][:height*width]
		if margin := p.border(c); to.Rect.Dx() < width || to.Rect.Dy() < height {
			for i := range plane {
				plane[i] = margin
			}
		}
		for y := range to.Rect.Dy() {
			for x := range to.Rect.Dx() {
				plane[(top+y)*width+left+x] = to.Pix[to.PixOffset(x, y)+c]
			}
		}
	}
	return out
}

// boxes returns the picture with each box of so many pixels averaged, as a canvas
// for the scaler: its own sums take a dozen times as long, and for a strip of 1 x 50
// million pixels more memory than there is. What is left of a side that is no
// multiple goes half here, half there: a quarter of a pixel of the result at most.
func (p *Picture) boxes(boxHeight, boxWidth int) *image.RGBA {
	height, width := p.Height/boxHeight, p.Width/boxWidth
	top, left := p.Height%boxHeight/2, p.Width%boxWidth/2
	to := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := 3; i < len(to.Pix); i += 4 {
		to.Pix[i] = 255
	}
	area := boxHeight * boxWidth
	sums := make([]int, width)
	for c := range 3 {
		plane := p.Pix[p.Height*p.Width*(c%p.Channels):]
		for y := range height {
			clear(sums)
			for dy := range boxHeight {
				row := plane[(top+y*boxHeight+dy)*p.Width+left:][:width*boxWidth]
				for x := range sums {
					for _, v := range row[x*boxWidth : (x+1)*boxWidth] {
						sums[x] += int(v)
					}
				}
			}
			for x, sum := range sums {
				to.Pix[y*to.Stride+4*x+c] = uint8((sum + area/2) / area)
			}
		}
	}
	return to
}

// border is the median of channel c along the picture's edge: the ground, whatever
// stands on a part of it.
func (p *Picture) border(c int) uint8 {
	plane := p.Pix[p.Height*p.Width*c:][:p.Height*p.Width]
	var counts [256]int
	n := 0
	add := func(row []uint8) {
		for _, v := range row {
			counts[v]++
		}
		n += len(row)
	}
	add(plane[:p.Width])
	if last := p.Height - 1; last > 0 {
		add(plane[last*p.Width:])
		for y := 1; y < last; y++ {
			add(plane[y*p.Width:][:1])
			if p.Width > 1 {
				add(plane[(y+1)*p.Width-1:][:1])
			}
		}
	}
	passed := 0
	for v, count := range counts {
		if passed += count; 2*passed >= n {
			return uint8(v)
		}
	}
	panic("picture: a border without pixels")
}
