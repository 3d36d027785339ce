package augment_test

import (
	"fmt"

	"inkling/data/augment"
)

// What happens to an image follows from the seed, the epoch and its number.
func Example() {
	r, err := augment.Parse("shift=1,rotate=10")
	if err != nil {
		panic(err)
	}
	a, err := augment.New(r, 1, 3, 3)
	if err != nil {
		panic(err)
	}
	image, one, two := []uint8{0, 0, 0, 0, 255, 0, 0, 0, 0}, make([]float32, 9), make([]float32, 9)
	a.Floats(one, image, augment.Key{Seed: 1, Epoch: 0, Image: 7})
	a.Floats(two, image, augment.Key{Seed: 1, Epoch: 0, Image: 7})
	fmt.Println(one[0] == two[0], one[8] == two[8])

	_, err = augment.Parse("twist=3")
	fmt.Println(err != nil)
	fmt.Printf("%q\n", r.Test().String()) // nothing of it is left where a model is judged
	// Output:
	// true true
	// true
	// "none"
}
