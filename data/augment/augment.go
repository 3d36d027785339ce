package augment

import "math"

// Augmenter applies a Recipe to images of one size. It holds what the recipe
// needs again for every image, and room to work in: each goroutine has its own.
type Augmenter struct {
	recipe                  Recipe
	channels, height, width int
	shift, cutout           int // the recipe's lengths, in pixels of these images
	window                  float64
	elastic                 float64
	warp                    *warp   // nil where the recipe moves whole pixels
	flipped, moved          []uint8 // an image on its way
}

// New returns what applies a recipe to images of channels x height x width. An
// error says which part of the recipe they are too small for.
func New(r Recipe, channels, height, width int) (*Augmenter, error) {
	if err := r.Fits(channels, height, width); err != nil {
		return nil, err
	}
	side := min(height, width)
	a := &Augmenter{
		recipe: r, channels: channels, height: height, width: width,
		shift: int(r.Shift.pixels(side)), cutout: int(r.Cutout.pixels(side)), elastic: r.Elastic.pixels(side), window: 1,
		flipped: make([]uint8, channels*height*width), moved: make([]uint8, channels*height*width),
	}
	for _, l := range []Length{r.Crop, r.Centre} {
		if l != (Length{}) {
			a.window = l.pixels(side) / float64(side)
		}
	}
	if !r.WholePixels() {
		grid := r.Grid
		if grid == 0 {
			grid = defaultGrid
		}
		a.warp = newWarp(channels, height, width, grid, r.Edge)
	}
	return a, nil
}

// drawn is what will happen to one image.
type drawn struct {
	flipX, flipY bool
	down, right  int  // the shift
	bent         bool // there is more than the shift: m, and perhaps an elastic distortion
	m            affine
	contrast     float64
	brightness   float64
	erase        box
	cutout       box
}

// box is a rectangle of pixels that becomes paper.
type box struct{ top, left, bottom, right int }

// draw decides what happens to an image. An elastic distortion is drawn into a.warp.
func (a *Augmenter) draw(key Key) (d drawn) {
	r := &a.recipe
	from := key.draws()
	if r.Alternate {
		// Of two images that are each other's mirror, an image shows one in all even epochs.
		mirror := Key{key.Seed, -1, key.Image}.draws()
		mirror.opposite = key.Epoch%2 != 0
		d.flipX, d.flipY = r.FlipX && mirror.unit() < 0.5, r.FlipY && mirror.unit() < 0.5
		from = Key{key.Seed, key.Epoch / 2, key.Image}.draws()
		from.opposite = key.Epoch%2 != 0
	} else {
		d.flipX, d.flipY = r.FlipX && from.unit() < 0.5, r.FlipY && from.unit() < 0.5
	}
	if a.shift > 0 {
		d.down, d.right = from.whole(a.shift), from.whole(a.shift)
	}
	d.contrast = 1
	if a.warp != nil {
		d.m = a.place(&from)
		d.bent = d.m != affine{xx: 1, yy: 1}
		if a.elastic > 0 {
			d.bent = true
			a.warp.bend(&from, float32(a.elastic))
		}
		if r.Contrast.used() {
			d.contrast = from.within(r.Contrast)
		}
		if r.Brightness.used() {
			d.brightness = from.within(r.Brightness)
		}
	}
	if r.Erase > 0 {
		d.erase = a.rectangle(&from)
	}
	if a.cutout > 0 {
		top, left := from.below(a.height)-a.cutout/2, from.below(a.width)-a.cutout/2
		d.cutout = box{max(top, 0), max(left, 0), min(top+a.cutout, a.height), min(left+a.cutout, a.width)}
	}
	return d
}

// place draws the affine part of the warp, without the shift.
func (a *Augmenter) place(from *draws) affine {
	r := &a.recipe
	m := affine{xx: 1, yy: 1}
	if r.Rotate.used() || r.Scale.used() || r.Shear.used() {
		turn, scale, lean := 0.0, 1.0, 0.0
		if r.Rotate.used() {
			turn = from.within(r.Rotate) * math.Pi / 180
		}
		if r.Scale.used() {
			scale = from.within(r.Scale)
		}
		if r.Shear.used() {
			lean = math.Tan(from.within(r.Shear) * math.Pi / 180)
		}
		// The thing is sheared, then turned, then scaled. The map goes the other way, from the
		// result to the original: v = S^-1 R^-1 u / scale, with y pointing down.
		sin, cos := math.Sincos(turn)
		m = affine{
			xx: (cos + lean*sin) / scale, xy: (-sin + lean*cos) / scale,
			yx: sin / scale, yy: cos / scale,
		}
	}
	if a.window != 1 {
		m.xx, m.xy, m.yx, m.yy = m.xx*a.window, m.xy*a.window, m.yx*a.window, m.yy*a.window
		if r.Crop != (Length{}) {
			m.x0 = (from.unit() - 0.5) * (1 - a.window) * float64(a.width)
			m.y0 = (from.unit() - 0.5) * (1 - a.window) * float64(a.height)
		}
	}
	return m
}

// rectangle draws what is erased: any area up to the recipe's share, up to twice
// as long as wide, anywhere inside.
func (a *Augmenter) rectangle(from *draws) box {
	area := from.unit() * a.recipe.Erase * float64(a.height*a.width)
	aspect := math.Exp2(2*from.unit() - 1)
	h := min(int(math.Sqrt(area*aspect)+0.5), a.height)
	w := min(int(area/float64(max(h, 1))), a.width)
	top, left := from.below(a.height-h+1), from.below(a.width-w+1)
	return box{top, left, top + h, left + w}
}

// Bytes writes the image src, channels x height x width, changed as key draws it,
// to dst. It panics if the recipe makes more than WholePixels.
func (a *Augmenter) Bytes(dst, src []uint8, key Key) {
	if a.warp != nil {
		panic("augment: " + a.recipe.String() + " makes numbers between the pixels' own: use Floats")
	}
	d := a.draw(key)
	a.move(dst, a.mirror(src, &d), &d)
	blank(dst, d.erase, a.height, a.width)
	blank(dst, d.cutout, a.height, a.width)
}

// Floats writes the image src, channels x height x width, changed as key draws
// it, to dst: numbers from 0 to 1, unless the recipe says standardize or normalize.
func (a *Augmenter) Floats(dst []float32, src []uint8, key Key) {
	d := a.draw(key)
	src = a.mirror(src, &d)
	if d.bent {
		m := d.m
		// The shift comes last, so the map undoes it first.
		m.x0 -= m.xx*float64(d.right) + m.xy*float64(d.down)
		m.y0 -= m.yx*float64(d.right) + m.yy*float64(d.down)
		a.warp.apply(dst, src, m, a.elastic > 0)
	} else {
		if d.down != 0 || d.right != 0 {
			a.move(a.moved, src, &d)
			src = a.moved
		}
		widen(dst, src)
	}
	tone(dst, float32(d.contrast), float32(d.brightness))
	blank(dst, d.erase, a.height, a.width)
	blank(dst, d.cutout, a.height, a.width)
	switch n := &a.recipe.Normalize; {
	case a.recipe.Standardize:
		standardize(dst)
	case n.Channels > 0:
		plane := a.height * a.width
		for c := range a.channels {
			of := min(c, n.Channels-1)
			affineTo(dst[c*plane:(c+1)*plane], float32(1/n.Std[of]), float32(-n.Mean[of]/n.Std[of]))
		}
	}
}

// mirror returns the image flipped, or as it is.
func (a *Augmenter) mirror(src []uint8, d *drawn) []uint8 {
	if !d.flipX && !d.flipY {
		return src
	}
	for c := range a.channels {
		for y := range a.height {
			at := y
			if d.flipY {
				at = a.height - 1 - y
			}
			to := a.flipped[(c*a.height+y)*a.width:][:a.width]
			from := src[(c*a.height+at)*a.width:][:a.width]
			if !d.flipX {
				copy(to, from)
				continue
			}
			for x, v := range from {
				to[len(to)-1-x] = v
			}
		}
	}
	return a.flipped
}

// move copies an image so many pixels down and to the right.
func (a *Augmenter) move(dst, src []uint8, d *drawn) {
	h, w := a.height, a.width
	left, right := max(d.right, 0), max(-d.right, 0) // columns that become free
	top, bottom := max(d.down, 0), h-max(-d.down, 0) // rows that do not, from and to
	for c := range a.channels {
		to, from := dst[c*h*w:(c+1)*h*w], src[c*h*w:(c+1)*h*w]
		// All rows at once; what runs over from one row into the next is then painted over.
		copy(to[top*w+left:bottom*w], from[(top-d.down)*w+right:])
		if d.right != 0 {
			for y := top; y < bottom; y++ {
				row, first, last := to[y*w:(y+1)*w], uint8(0), uint8(0)
				if a.recipe.Edge {
					line := from[(y-d.down)*w:][:w]
					first, last = line[0], line[w-1]
				}
				for x := range left {
					row[x] = first
				}
				for x := w - right; x < w; x++ {
					row[x] = last
				}
			}
		}
		clear(to[:top*w])
		clear(to[bottom*w:])
		if a.recipe.Edge {
			for y := range top {
				copy(to[y*w:(y+1)*w], to[top*w:])
			}
			for y := bottom; y < h; y++ {
				copy(to[y*w:(y+1)*w], to[(bottom-1)*w:])
			}
		}
	}
}

// blank makes a rectangle of every channel paper.
func blank[T uint8 | float32](image []T, b box, height, width int) {
	if b.left >= b.right {
		return
	}
	for from := 0; from < len(image); from += height * width {
		for y := b.top; y < b.bottom; y++ {
			clear(image[from+y*width+b.left : from+y*width+b.right])
		}
	}
}
