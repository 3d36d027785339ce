package picture_test

import (
	"fmt"
	"image"
	"image/color"

	"inkling/data/picture"
)

// A wide picture becomes a square one: whole, with more of its ground above and below.
func Example() {
	paper := image.NewGray(image.Rect(0, 0, 64, 32))
	for i := range paper.Pix {
		paper.Pix[i] = 200
	}
	paper.SetGray(32, 16, color.Gray{Y: 0})
	p := picture.Of(paper, picture.Options{})
	pixels := p.To(1, 28, 28)
	fmt.Println(p.Width, p.Height, p.Channels, len(pixels), pixels[0])

	_, err := picture.Decode([]byte("label,file\n1,x.png\n"), picture.Options{})
	fmt.Println(err)
	// Output:
	// 64 32 1 784 200
	// the file is text, only PNG and JPEG are read
}
