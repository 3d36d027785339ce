package folder

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// reader returns a function that reads one pixel of an image as opaque RGB, with
// a short way for the types that the decoders make most.
func (o Options) reader(img image.Image) func(x, y int) (r, g, b uint8) {
	switch m := img.(type) {
	case *image.Gray:
		return func(x, y int) (r, g, b uint8) {
			v := m.Pix[m.PixOffset(x, y)]
			return v, v, v
		}
	case *image.RGBA: // a PNG without alpha
		return func(x, y int) (r, g, b uint8) {
			s := m.Pix[m.PixOffset(x, y):][:4]
			return s[0], s[1], s[2]
		}
	case *image.NRGBA:
		return func(x, y int) (r, g, b uint8) {
			s := m.Pix[m.PixOffset(x, y):][:4]
			return o.over(color.NRGBA{s[0], s[1], s[2], s[3]})
		}
	case *image.YCbCr:
		return func(x, y int) (r, g, b uint8) {
			c := m.COffset(x, y)
			return color.YCbCrToRGB(m.Y[m.YOffset(x, y)], m.Cb[c], m.Cr[c])
		}
	case *image.Paletted:
		var table [256][3]uint8
		for i, c := range m.Palette {
			table[i][0], table[i][1], table[i][2] = o.over(color.NRGBAModel.Convert(c).(color.NRGBA))
		}
		return func(x, y int) (r, g, b uint8) {
			t := &table[m.Pix[m.PixOffset(x, y)]]
			return t[0], t[1], t[2]
		}
	}
	// 16 bits, CMYK: NRGBAModel keeps the high byte.
	return func(x, y int) (r, g, b uint8) {
		return o.over(color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA))
	}
}

// over lays a colour on the background: c a + background (1 - a), rounded.
func (o Options) over(c color.NRGBA) (r, g, b uint8) {
	if c.A == 255 {
		return c.R, c.G, c.B
	}
	background := uint32(255)
	if o.OnBlack {
		background = 0
	}
	a := uint32(c.A)
	mix := func(v uint8) uint8 { return uint8((uint32(v)*a + background*(255-a) + 127) / 255) }
	return mix(c.R), mix(c.G), mix(c.B)
}

// scale brings a picture to the size that the options ask for, by Catmull-Rom
// splines, whose support widens when an image gets smaller: fine strokes turn
// grey instead of breaking. A picture that has the size already stays as it is.
func (d *decoder) scale(p picture) picture {
	h, w := d.opt.Height, d.opt.Width
	if h == 0 || p.height == h && p.width == w {
		return p
	}
	n := p.height * p.width
	from := image.NewRGBA(image.Rect(0, 0, p.width, p.height))
	for i := range n {
		s := from.Pix[4*i:][:4]
		for c := range 3 {
			s[c] = p.pix[i+n*(c%p.channels)]
		}
		s[3] = 255
	}
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.CatmullRom.Scale(to, to.Bounds(), from, from.Bounds(), draw.Src, nil)
	out := p
	out.pix = d.take(p.channels * h * w)
	for i := range h * w {
		for c := range p.channels {
			out.pix[i+h*w*c] = to.Pix[4*i+c]
		}
	}
	out.height, out.width = h, w
	return out
}
