package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"math"
	"sync"
)

// Both kinds of picture carry their strength in the alpha channel, so that the
// page's own paper shows through where there is nothing, by day and by night.
var (
	inkColour = color.NRGBA{R: 0x1b, G: 0x1a, B: 0x19}
	negative  = color.NRGBA{R: 0x2a, G: 0x66, B: 0xd4} // blue
	positive  = color.NRGBA{R: 0xe0, G: 0x6c, B: 0x10} // orange; the two differ in every common colour blindness
)

// image is a picture of the data set as it looks: ink on paper, a grey
// photograph or one in colour.
func (p *page) image(pixels []uint8, class, alt string) template.HTML {
	if p.Ink() {
		return p.ink(pixels, class, alt)
	}
	area := p.Data.area()
	return p.picture("photo "+class, alt, func(i int) color.NRGBA {
		if len(pixels) != p.Data.values() {
			return color.NRGBA{}
		}
		if p.Colour() {
			return color.NRGBA{pixels[i], pixels[area+i], pixels[2*area+i], 255}
		}
		return color.NRGBA{pixels[i], pixels[i], pixels[i], 255}
	})
}

// planes are the three channels of a colour image, each in its own colour.
func (p *page) planes(pixels []uint8, class, alt string) []template.HTML {
	var out []template.HTML
	if !p.Colour() || len(pixels) != p.Data.values() {
		return nil
	}
	for c := range 3 {
		one := make([]uint8, len(pixels))
		copy(one[c*p.Data.area():(c+1)*p.Data.area()], pixels[c*p.Data.area():])
		out = append(out, p.image(one, class, p.channel(c)+" of "+alt))
	}
	return out
}

// ink is an image as ink on paper.
func (p *page) ink(pixels []uint8, class, alt string) template.HTML {
	return p.picture("ink "+class, alt, func(i int) color.NRGBA {
		c := inkColour
		if i < len(pixels) {
			c.A = pixels[i]
		}
		return c
	})
}

// mean is image for numbers from 0 to 1.
func (p *page) mean(values []float32, class, alt string) template.HTML {
	return p.image(bytesOf(values), class, alt)
}

func bytesOf(values []float32) []uint8 {
	pixels := make([]uint8, len(values))
	for i, v := range values {
		pixels[i] = uint8(math.Round(255 * min(max(known(float64(v)), 0), 1)))
	}
	return pixels
}

// signed is an image of numbers from -scale to scale: blue below zero, orange
// above, and paper at zero. Numbers of several channels have to be added up.
func signed[T float32 | float64](p *page, values []T, scale float64, class, alt string) template.HTML {
	return p.picture("signed "+class, alt, signedPixel(values, scale))
}

// signedPixel colours the numbers of a signed picture.
func signedPixel[T float32 | float64](values []T, scale float64) func(i int) color.NRGBA {
	return func(i int) color.NRGBA {
		if i >= len(values) || scale <= 0 {
			return positive
		}
		v := known(float64(values[i])) / scale
		c := positive
		if v < 0 {
			c = negative
		}
		c.A = uint8(math.Round(255 * min(math.Abs(v), 1)))
		return c
	}
}

func known(v float64) float64 {
	if !finite(v) {
		return 0
	}
	return v
}

// reach is the scale for signed: the greatest size of any number, so that the
// pictures that share it can be compared.
func reach[T float32 | float64](pictures ...[]T) float64 {
	most := 0.0
	for _, values := range pictures {
		for _, v := range values {
			most = max(most, math.Abs(known(float64(v))))
		}
	}
	return most
}

// picture encodes an image of the story's size.
func (p *page) picture(class, alt string, pixel func(i int) color.NRGBA) template.HTML {
	return raster(p.Data.Height, p.Data.Width, class, alt, pixel)
}

// raster encodes an image of any size, pixel for pixel.
func raster(h, w int, class, alt string, pixel func(i int) color.NRGBA) template.HTML {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range h * w {
		img.SetNRGBA(i%w, i/w, pixel(i))
	}
	uri := dataURI(img)
	return template.HTML(fmt.Sprintf(`<img class="%s" width="%d" height="%d" alt="%s" src="%s">`,
		html.EscapeString(class), w, h, html.EscapeString(alt), uri))
}

// buffers keeps what encoding needs: a page has hundreds of small pictures.
type buffers struct{ sync.Pool }

// Get implements png.EncoderBufferPool.
func (b *buffers) Get() *png.EncoderBuffer { one, _ := b.Pool.Get().(*png.EncoderBuffer); return one }

// Put implements png.EncoderBufferPool.
func (b *buffers) Put(one *png.EncoderBuffer) { b.Pool.Put(one) }

var encoder = png.Encoder{CompressionLevel: png.BestCompression, BufferPool: &buffers{}}

func dataURI(img image.Image) string {
	var out bytes.Buffer
	if err := encoder.Encode(&out, img); err != nil {
		panic(fmt.Sprintf("report: a picture in memory cannot be encoded: %v", err)) // its size is nothing that png refuses
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(out.Bytes())
}
