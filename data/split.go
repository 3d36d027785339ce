package data

import (
	"fmt"
	"math/rand/v2"
)

// Split divides a Set at random so that each class gives the same share: a
// stratified split. The second part holds the fraction, rounded for each class;
// but of a class with two or more images each part gets at least one, and a
// single image stays in the first. Both keep the Set's order. It panics unless
// the fraction lies between 0 and 1; with these themselves, one part is empty.
func (s *Set) Split(fraction float64, rng *rand.Rand) (rest, part *Set) {
	if !(fraction >= 0 && fraction <= 1) {
		panic(fmt.Sprintf("data: a split of %v; wanted a fraction from 0 to 1", fraction))
	}
	ofClass := make([][]int, len(s.Classes))
	for i, l := range s.Labels {
		ofClass[l] = append(ofClass[l], i)
	}
	chosen := make([]bool, s.Len())
	for _, images := range ofClass {
		n := int(fraction*float64(len(images)) + 0.5)
		if fraction > 0 && fraction < 1 && len(images) > 0 {
			n = min(max(n, 1), len(images)-1)
		}
		rng.Shuffle(len(images), func(i, j int) { images[i], images[j] = images[j], images[i] })
		for _, i := range images[:n] {
			chosen[i] = true
		}
	}
	var a, b []int
	for i, c := range chosen {
		if c {
			b = append(b, i)
		} else {
			a = append(a, i)
		}
	}
	return s.Subset(a), s.Subset(b)
}
