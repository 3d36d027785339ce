package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"html/template"
	"image"
	"image/color"
	"image/jpeg"
)

// thumb is the longer side of a picture that is not shown pixel for pixel: twice
// what it takes on the page, for screens with fine pixels.
const thumb = 224

// Thumbnail is a picture for a gallery: small ones as they are, larger ones reduced by
// a whole factor, photographs as JPEG.
func (p *judgedPage) Thumbnail(pic Picture) template.HTML {
	d := p.Data
	if d.Width <= 40 && d.Height <= 80 || len(pic.Pixels) != d.values() {
		return p.image(pic.Pixels, "x3", p.Alt(pic))
	}
	by := (max(d.Width, d.Height) + thumb - 1) / thumb
	h, w := max(d.Height/by, 1), max(d.Width/by, 1)
	value := func(channel, row, column int) uint8 { // the mean of a box
		sum, n := 0, 0
		for y := row * by; y < min((row+1)*by, d.Height); y++ {
			for x := column * by; x < min((column+1)*by, d.Width); x++ {
				sum += int(pic.Pixels[channel*d.area()+y*d.Width+x])
				n++
			}
		}
		return uint8(sum / max(n, 1))
	}
	if p.Ink() {
		return raster(h, w, "ink large-picture", p.Alt(pic), func(i int) color.NRGBA {
			c := inkColour
			c.A = value(0, i/w, i%w)
			return c
		})
	}
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{A: 255}
			for k, to := range []*uint8{&c.R, &c.G, &c.B} {
				*to = value(k%d.channels(), y, x)
			}
			img.SetRGBA(x, y, c)
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 85}); err != nil {
		panic(fmt.Sprintf("report: a picture in memory cannot be encoded: %v", err)) // its size is nothing that jpeg refuses
	}
	return template.HTML(fmt.Sprintf(`<img class="photo large-picture" width="%d" height="%d" alt="%s" src="data:image/jpeg;base64,%s">`,
		w, h, html.EscapeString(p.Alt(pic)), base64.StdEncoding.EncodeToString(out.Bytes())))
}
