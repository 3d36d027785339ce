// Package scenes draws colour photographs by program: five kinds of scene, under
// light of any colour, at any angle, with noise. It makes the folder on which the
// tests train a classifier of somebody's own pictures. The mean colour of a
// picture says little about its kind: every kind comes in many colours.
package scenes

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Kinds are the classes, in the order of Folder.
var Kinds = []string{"bricks", "faces", "leaves", "sea", "towers"}

// rgb is a colour; a scene's own range from 0 to 1.
type rgb [3]float64

func (c rgb) times(f float64) rgb { return rgb{c[0] * f, c[1] * f, c[2] * f} }

// mix goes from a to b as t goes from 0 to 1.
func mix(a, b rgb, t float64) rgb {
	t = min(max(t, 0), 1)
	return rgb{a[0] + (b[0]-a[0])*t, a[1] + (b[1]-a[1])*t, a[2] + (b[2]-a[2])*t}
}

// shader is a scene: its colour at a place, where the shorter side of the picture
// goes from -1 to 1 and y points down.
type shader func(x, y float64) rgb

// Draw draws a picture of a kind: the same seed, the same pixels.
func Draw(kind string, width, height int, seed uint64) *image.NRGBA {
	rng := rand.New(rand.NewPCG(seed, 0x5ce7e5))
	scene := map[string]func(*rand.Rand) shader{"bricks": bricks, "faces": faces, "leaves": leaves, "sea": sea, "towers": towers}[kind]
	if scene == nil {
		panic(fmt.Sprintf("scenes: there is no kind %q", kind))
	}
	paint := scene(rng)
	turn, zoom := between(rng, -0.2, 0.2), between(rng, 0.75, 1.3)
	tilt, lean := between(rng, -0.25, 0.25), between(rng, -0.2, 0.2) // perspective
	tint := rgb{between(rng, 0.75, 1.15), between(rng, 0.75, 1.15), between(rng, 0.75, 1.15)}
	light, from := between(rng, 0.1, 0.5), between(rng, 0, 2*math.Pi)
	grain := between(rng, 0.01, 0.05)
	sin, cos := math.Sincos(turn)
	fx, fy := math.Cos(from), math.Sin(from)
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	half := float64(min(width, height)) / 2
	for py := range height {
		for px := range width {
			var sum rgb
			for k := range 4 { // 2 x 2 samples in each pixel
				x := (float64(px) + 0.25 + 0.5*float64(k%2) - float64(width)/2) / half
				y := (float64(py) + 0.25 + 0.5*float64(k/2) - float64(height)/2) / half
				depth := zoom * (1 + tilt*x*0.5 + lean*y*0.5)
				c := paint((x*cos-y*sin)*depth, (x*sin+y*cos)*depth)
				shade := 1 - light*(0.5+0.4*(x*fx+y*fy))
				for i := range sum {
					sum[i] += c[i] * shade * tint[i] / 4
				}
			}
			var out [3]uint8
			for i := range out {
				out[i] = uint8(255 * min(max(sum[i]+grain*rng.NormFloat64(), 0), 1))
			}
			img.SetNRGBA(px, py, color.NRGBA{out[0], out[1], out[2], 255})
		}
	}
	return img
}

// Folder writes each pictures of every kind into a folder of that name: JPEG and
// PNG files of several sizes.
func Folder(dir string, each int, seed uint64) error {
	rng := rand.New(rand.NewPCG(seed, 1))
	for _, kind := range Kinds {
		if err := os.MkdirAll(filepath.Join(dir, kind), 0o755); err != nil {
			return err
		}
		for i := range each {
			long, short := 72+rng.IntN(120), 0
			short = long * (65 + rng.IntN(36)) / 100
			if rng.IntN(3) == 0 {
				long, short = short, long
			}
			img := Draw(kind, long, short, rng.Uint64())
			var file bytes.Buffer
			name, err := fmt.Sprintf("img_%03d.jpg", i), error(nil)
			if rng.IntN(3) == 0 {
				name = fmt.Sprintf("img_%03d.png", i)
				err = png.Encode(&file, img)
			} else {
				err = jpeg.Encode(&file, img, &jpeg.Options{Quality: 60 + rng.IntN(36)})
			}
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, kind, name), file.Bytes(), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// Broken replaces three pictures of a folder by what is none, and returns their
// names: a JPEG that ends in its middle, a text, an empty file.
func Broken(dir string) ([]string, error) {
	var names []string
	for i, kind := range Kinds[:3] {
		files, err := os.ReadDir(filepath.Join(dir, kind))
		if err != nil {
			return nil, err
		}
		name := filepath.Join(kind, files[2*i+1].Name())
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		text = [][]byte{text[:len(text)/2], []byte("to do: the photograph\n"), nil}[i]
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return nil, err
		}
		names = append(names, filepath.ToSlash(name))
	}
	return names, nil
}

func between(rng *rand.Rand, low, high float64) float64 { return low + (high-low)*rng.Float64() }

// paint is any colour, neither black nor white.
func paint(rng *rand.Rand) rgb {
	return rgb{between(rng, 0.15, 0.9), between(rng, 0.15, 0.9), between(rng, 0.15, 0.9)}
}

// cloud is smooth noise from -1 to 1, of waves in many directions.
func cloud(rng *rand.Rand, frequency float64) func(x, y float64) float64 {
	type wave struct{ x, y, phase float64 }
	waves := make([]wave, 7)
	for i := range waves {
		sin, cos := math.Sincos(between(rng, 0, 2*math.Pi))
		f := frequency * between(rng, 0.6, 1.8)
		waves[i] = wave{f * cos, f * sin, between(rng, 0, 2*math.Pi)}
	}
	return func(x, y float64) float64 {
		sum := 0.0
		for _, w := range waves {
			sum += math.Sin(w.x*x + w.y*y + w.phase)
		}
		return sum / 3.5
	}
}
