package data

import "math/rand/v2"

// Split divides a Set at random so that each class gives the same share: a
// stratified split. The second part holds the fraction, rounded for each class,
// but takes at least one image of a class that has two or more.
func (s *Set) Split(fraction float64, rng *rand.Rand) (rest, part *Set) {
	ofClass := make([][]int, len(s.Classes))
	for i, l := range s.Labels {
		ofClass[l] = append(ofClass[l], i)
	}
	chosen := make([]bool, s.Len())
	for _, images := range ofClass {
		n := int(fraction*float64(len(images)) + 0.5)
		if n == 0 && fraction > 0 && len(images) > 1 {
			n = 1
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
