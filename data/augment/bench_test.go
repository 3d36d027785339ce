package augment

import "testing"

// BenchmarkImage is one 28 x 28 image: what a training waits for, or shares its
// cores with.
func BenchmarkImage(b *testing.B) {
	for _, recipe := range []string{
		"none", "shift=2", "shift=2,flip=x", "crop=25", "rotate=10", "rotate=10,scale=0.9..1.1,shear=5", "elastic=1.5",
		"shift=2,rotate=10,scale=0.9..1.1,elastic=1.5,erase=0.1", "crop=25,rotate=10,elastic=1.5,standardize",
	} {
		b.Run(recipe, func(b *testing.B) {
			r, err := Parse(recipe)
			if err != nil {
				b.Fatal(err)
			}
			a, err := New(r, 1, 28, 28)
			if err != nil {
				b.Fatal(err)
			}
			images := make([]uint8, 256*784)
			for i := range images {
				images[i] = uint8(i * i >> 7)
			}
			bytes, floats := make([]uint8, 784), make([]float32, 784)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				src := images[i%256*784:][:784]
				if r.WholePixels() {
					a.Bytes(bytes, src, Key{1, i / 60000, i})
				} else {
					a.Floats(floats, src, Key{1, i / 60000, i})
				}
			}
		})
	}
}
