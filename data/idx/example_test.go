package idx_test

import (
	"bytes"
	"fmt"

	"inkling/data/idx"
	"inkling/data/synth"
)

// Images out and in again; a file that is cut is told by its place.
func Example() {
	var file bytes.Buffer
	if err := idx.WriteImages(&file, synth.Generate(10, 0, 1).Train); err != nil {
		panic(err)
	}
	whole := file.Bytes()
	pixels, count, height, width, err := idx.ReadImages(bytes.NewReader(whole), "digits")
	fmt.Println(len(pixels), count, height, width, err)
	_, _, _, _, err = idx.ReadImages(bytes.NewReader(whole[:100]), "digits")
	fmt.Println(err)
	// Output:
	// 7840 10 28 28 <nil>
	// digits: byte 100: the header promises 10 x 28 x 28 = 7840 elements, but only 84 are there; the file is cut short, fetch it again
}
