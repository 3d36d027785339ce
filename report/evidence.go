package report

import (
	"fmt"
	"html"
	"image"
	"image/color"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Evidence is what in an image spoke for a class: the image as the net sees it, and
// two maps of as many pixels, positive where a pixel spoke for the class.
type Evidence struct {
	Name        string // of the image
	Class       string
	Probability float64 // of the class, 0 to 1
	Remark      string  // below the heading; may be empty

	Channels, Height, Width int
	Pixels                  []byte // channels x height x width
	Light                   bool   // of a grey image: the ground is white; else 255 is ink
	Ink                     bool   // the image is handwriting
	Saliency                []float64
	Occlusion               []float64
}

// The picture's measures, in pixels.
const (
	evidenceSide   = 280 // of an image, about: a whole multiple of its own size
	evidenceColumn = 224 // least width of a column
	evidenceMargin = 24
	evidenceLine   = 17 // from one small line to the next
	evidenceHead   = 30 // from one line of the heading to the next
)

// What a character takes at most on average, in pixels, in the fonts of the heading
// and of small text: an SVG does not break lines by itself.
const headCharacter, smallCharacter = 13, 6.8

// WriteEvidence writes the picture as an SVG document that needs nothing else. What
// spoke for the class is orange, what spoke against it blue, nothing is paper; each map
// has its scale below it.
func WriteEvidence(w io.Writer, e *Evidence) error {
	if want := e.Height * e.Width; len(e.Pixels) != e.Channels*want || len(e.Saliency) != want || len(e.Occlusion) != want {
		return fmt.Errorf("an image of %d x %d pixels with %d bytes and maps of %d and %d", e.Height, e.Width, len(e.Pixels), len(e.Saliency), len(e.Occlusion))
	}
	times := max(1, evidenceSide/max(e.Height, e.Width))
	wide, high := times*e.Width, times*e.Height
	column := max(wide, evidenceColumn)
	width := 3*column + 4*evidenceMargin
	head := lines(fmt.Sprintf("%s: %s, %s", e.Name, e.Class, share(e.Probability)), float64(width-2*evidenceMargin)/headCharacter)
	var remark []string
	if e.Remark != "" {
		remark = lines(e.Remark, float64(width-2*evidenceMargin)/smallCharacter)
	}
	top := 40 + evidenceHead*len(head) + evidenceLine*len(remark) + 26
	saliency := append(lines("what each pixel adds to the logit, to first order", float64(column)/smallCharacter),
		lines("Simonyan et al. 2013; Shrikumar et al. 2016", float64(column)/smallCharacter)...)
	occlusion := append(lines("how the probability falls when a square is covered", float64(column)/smallCharacter),
		lines("Zeiler and Fergus 2014", float64(column)/smallCharacter)...)
	height := top + high + 66 + evidenceLine*max(len(saliency), len(occlusion)) + evidenceMargin
	var b strings.Builder
	text := func(class string, x, y, step int, lines []string) {
		for i, line := range lines {
			fmt.Fprintf(&b, `<text class="%s" x="%d" y="%d">%s</text>`, class, x, y+i*step, xmlText(line))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img" aria-label="%s">`+"\n", width, height,
		xmlText(fmt.Sprintf("What in %s spoke for %s, with a probability of %s", e.Name, e.Class, share(e.Probability))))
	b.WriteString(`<style>svg{max-width:100%;height:auto;background:#faf7f2;color:#1b1a19}text{fill:currentColor;font:14px system-ui,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;font-variant-numeric:tabular-nums}.h{font:24px "Iowan Old Style","Palatino Linotype",Palatino,P052,Charter,Georgia,serif}.m{opacity:.7;font-size:12px}image{image-rendering:pixelated}.p{fill:#faf7f2;stroke:#e3dccf}@media(prefers-color-scheme:dark){svg{background:#161514;color:#ece7df}}</style>` + "\n")
	b.WriteString(`<defs><linearGradient id="scale"><stop offset="0" stop-color="#2a66d4"/><stop offset=".5" stop-color="#faf7f2"/><stop offset="1" stop-color="#e06c10"/></linearGradient></defs>` + "\n")
	text("h", evidenceMargin, 40, evidenceHead, head)
	text("m", evidenceMargin, 40+evidenceHead*len(head)-8, evidenceLine, remark)
	place := func(k int) int { return evidenceMargin + k*(column+evidenceMargin) }
	panel := func(k int, title string, pictures ...string) {
		fmt.Fprintf(&b, `<text x="%d" y="%d">%s</text><rect class="p" x="%[1]d" y="%[4]d" width="%[5]d" height="%[6]d"/>`, place(k), top-10, xmlText(title), top, wide, high)
		for _, p := range pictures {
			fmt.Fprintf(&b, `<image x="%d" y="%d" width="%d" height="%d" href="%s"`, place(k), top, wide, high, p)
			if len(pictures) > 1 && p == pictures[0] {
				b.WriteString(` opacity=".2"`)
			}
			b.WriteString("/>")
		}
		b.WriteByte('\n')
	}
	own := e.uri(e.pixel)
	panel(0, "What the net sees", own)
	for k, m := range []struct {
		title  string
		about  []string
		values []float64
		unit   func(float64) string
	}{
		{"Gradient × input", saliency, e.Saliency, func(v float64) string { return fmt.Sprintf("%.2g", v) }},
		{"Occlusion", occlusion, e.Occlusion, func(v float64) string { return fmt.Sprintf("%.2g %%", 100*v) }},
	} {
		scale := reach(m.values)
		panel(k+1, m.title, own, e.uri(signedPixel(m.values, scale)))
		x, y := place(k+1), top+high
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="8" fill="url(#scale)"/>`, x, y+16, column)
		for _, t := range []struct {
			x      int
			anchor string
			text   string
		}{{x, "start", "against: −" + m.unit(scale)}, {x + column/2, "middle", "0"}, {x + column, "end", "for: +" + m.unit(scale)}} {
			fmt.Fprintf(&b, `<text class="m" x="%d" y="%d" text-anchor="%s">%s</text>`, t.x, y+40, t.anchor, t.text)
		}
		text("m", x, y+66, evidenceLine, m.about)
	}
	text("m", place(0), top+high+26, evidenceLine, lines(fmt.Sprintf("%d × %d pixels, %d times as large", e.Height, e.Width, times), float64(column)/smallCharacter))
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// lines breaks a text into lines of about so many characters at most, between words;
// a word that is longer, such as the name of a file, is broken itself.
func lines(text string, most float64) (out []string) {
	line, width := "", 0.0
	end := func() { out, line, width = append(out, line), "", 0 }
	for _, word := range strings.Split(text, " ") {
		if line != "" && width+1+breadth(word) > most {
			end()
		} else if line != "" {
			line, width = line+" ", width+1
		}
		for _, r := range word {
			w := breadth(string(r))
			if line != "" && width+w > most {
				end()
			}
			line, width = line+string(r), width+w
		}
	}
	return append(out, line)
}

// breadth is how many ordinary characters are as wide as a text: those of East Asia
// count twice.
func breadth(text string) float64 {
	n := 0.0
	for _, r := range text {
		if n++; r >= 0x1100 && r != utf8.RuneError {
			n++
		}
	}
	return n
}

// uri is a picture of the image's size.
func (e *Evidence) uri(pixel func(i int) color.NRGBA) string {
	img := image.NewNRGBA(image.Rect(0, 0, e.Width, e.Height))
	for i := range e.Height * e.Width {
		img.SetNRGBA(i%e.Width, i/e.Width, pixel(i))
	}
	return dataURI(img)
}

// pixel is the image's own colour; ink is ink on paper, whatever it was.
func (e *Evidence) pixel(i int) color.NRGBA {
	area := e.Height * e.Width
	switch {
	case e.Channels == 3:
		return color.NRGBA{e.Pixels[i], e.Pixels[area+i], e.Pixels[2*area+i], 255}
	case !e.Ink:
		return color.NRGBA{e.Pixels[i], e.Pixels[i], e.Pixels[i], 255}
	}
	c := inkColour
	if c.A = e.Pixels[i]; e.Light {
		c.A = 255 - e.Pixels[i]
	}
	return c
}

// xmlText is a text that may stand in an SVG document: names of files may hold what
// no XML may.
func xmlText(s string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) && string(r) != thin {
			return '·'
		}
		return r
	}, s))
}
