package picture

import (
	"image"
	"image/color"
)

// convert makes a picture of an image whose pixels are stored in an orientation.
func convert(img image.Image, o orientation, opt Options) *Picture {
	b := img.Bounds()
	p := &Picture{Channels: 1, Height: b.Dy(), Width: b.Dx()}
	n := p.Height * p.Width
	if grey, ok := img.(*image.Gray); ok && o == upright {
		p.Pix = make([]uint8, n)
		for y := range p.Height {
			copy(p.Pix[y*p.Width:(y+1)*p.Width], grey.Pix[y*grey.Stride:])
		}
		return p
	}
	if o.sideways() {
		p.Height, p.Width = p.Width, p.Height
	}
	at := opt.reader(img)
	p.Pix = make([]uint8, 3*n)
	red, green, blue := p.Pix[:n:n], p.Pix[n:2*n:2*n], p.Pix[2*n:]
	isGrey := true
	i := 0
	for y := range p.Height {
		for x := range p.Width {
			row, column := y, x
			if o != upright {
				row, column = o.from(y, x, b.Dy(), b.Dx())
			}
			r, g, bl := at(b.Min.X+column, b.Min.Y+row)
			red[i], green[i], blue[i] = r, g, bl
			isGrey = isGrey && r == g && g == bl
			i++
		}
	}
	if p.Channels = 3; isGrey {
		p.Channels, p.Pix = 1, append([]uint8(nil), red...)
	}
	return p
}

// luma is the brightness of a colour after ITU-R 601, rounded; the weights are
// those of image/color.
func luma(r, g, b uint8) uint8 {
	return uint8((19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b) + 1<<15) >> 16)
}

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
