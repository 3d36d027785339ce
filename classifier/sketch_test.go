package classifier_test

import (
	"encoding/binary"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"inkling/classifier"
	"inkling/safetensors"
)

func numbered(from, to int) (images [][]byte) {
	for i := from; i < to; i++ {
		images = append(images, binary.BigEndian.AppendUint32(nil, uint32(i)))
	}
	return images
}

func TestSketch(t *testing.T) {
	var few classifier.Sketch
	if in, known := few.Holds([]byte{1}); in || !known {
		t.Error("an empty set holds an image, or does not know")
	}
	few.Add(numbered(0, 2000)...)
	few.Add(numbered(0, 1000)...) // again
	for i, image := range numbered(0, 4000) {
		if in, known := few.Holds(image); !known || in != (i < 2000) {
			t.Fatalf("image %d of 2,000: in %v, known %v", i, in, known)
		}
	}
	if few.Images != 3000 || len(few.Least) != 8*2000 {
		t.Errorf("%d images with %d bytes of hashes", few.Images, len(few.Least))
	}

	// Of many images a sample is known: never a wrong answer, and the share is about right.
	var many, other classifier.Sketch
	many.Add(numbered(0, 40_000)...)
	for _, image := range slices.Backward(numbered(0, 40_000)) {
		other.Add(image)
	}
	if !slices.Equal(many.Least, other.Least) || len(many.Least) != 8*2048 {
		t.Error("the order of the images changes their sketch")
	}
	in, known := 0, 0
	for i, image := range numbered(30_000, 50_000) { // half of them are in the set
		found, knows := many.Holds(image)
		if found && (i >= 10_000 || !knows) || knows && !found && i < 10_000 {
			t.Fatalf("image %d: in %v, known %v", i, found, knows)
		}
		if knows {
			known++
		}
		if found {
			in++
		}
	}
	if share := float64(in) / float64(known); known < 800 || math.Abs(share-0.5) > 0.06 {
		t.Errorf("%d of %d known images are in the set, want about half of about 1,000", in, known)
	}
	var none *classifier.Sketch
	if in, known := none.Holds([]byte{1}); in || known {
		t.Error("no sketch at all knows an image")
	}
}

func TestProbabilities(t *testing.T) {
	info := classifier.Info{Classes: []string{"a", "b"}}
	logits := []float32{0, 0, 1e4, -1e4, 1, 3}
	sigmoid := func(z float64) float64 { return 1 / (1 + math.Exp(-z)) }
	for temperature, want := range map[float64]float64{0: sigmoid(2), 1: sigmoid(2), 2: sigmoid(1), 0.5: sigmoid(4)} {
		info.Temperature = temperature
		got := info.Probabilities(logits)
		for i, w := range []float64{0.5, 0.5, 1, 0, 1 - want, want} {
			if math.Abs(got[i]-w) > 1e-12 {
				t.Errorf("temperature %g: probability %d is %g, want %g", temperature, i, got[i], w)
			}
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("three logits for two classes are taken")
		}
	}()
	info.Probabilities(logits[:3])
}

// What a calibration changes is one number: the rest of the file stays as it was.
func TestTemperatureAndSketchAreKept(t *testing.T) {
	c := untrained(t, "cnn")
	c.Seen = &classifier.Sketch{}
	c.Seen.Add(samples...)
	path := saved(t, c)
	before, err := classifier.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if in, known := before.Seen.Holds(samples[1]); !in || !known {
		t.Error("the sketch forgot an image in the file")
	}
	before.Temperature = 1.5
	var images [][]byte
	for _, s := range before.Samples {
		images = append(images, s.Image)
	}
	if err := before.Save(path, images); err != nil {
		t.Fatal(err)
	}
	after, err := classifier.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if after.Temperature != 1.5 || after.Weights != before.Weights || len(after.Samples) != len(before.Samples) || !slices.Equal(state(after.Net), state(c.Net)) {
		t.Errorf("temperature %g, weights %s, %d samples", after.Temperature, after.Weights, len(after.Samples))
	}
	if previous, err := classifier.Load(safetensors.Previous(path)); err != nil || previous.Temperature != 0 {
		t.Errorf("the file before: %v, temperature %g", err, previous.Temperature)
	}
	c.Temperature = math.Inf(1)
	if err := c.Save(filepath.Join(t.TempDir(), "m.safetensors"), samples); err == nil {
		t.Error("an infinite temperature is saved")
	}
}
