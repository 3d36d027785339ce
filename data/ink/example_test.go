package ink_test

import (
	"fmt"

	"inkling/data/ink"
	"inkling/data/synth"
)

// A dark digit on light paper, half as large and in a corner, comes out as the training
// images are: light on dark, its longer side 20 pixels.
func Example() {
	digits := synth.Generate(500, 0, 1).Train
	typical, err := ink.Learn(digits.Len(), 28, 28, digits.Image)
	if err != nil {
		panic(err)
	}
	paper := &ink.Image{Height: 60, Width: 80, Pixels: make([]uint8, 60*80)}
	for i := range paper.Pixels {
		paper.Pixels[i] = 230
	}
	for y := range 28 {
		for x := range 28 {
			paper.Pixels[(y+5)*80+x+40] = 230 - digits.Image(0)[y*28+x]/2
		}
	}
	found, err := typical.Prepare(paper)
	if err != nil {
		panic(err)
	}
	m := found[0].Result
	fmt.Println(len(found), m.Height, m.Width, typical.Fits(m))
	// Output: 1 28 28 true
}
