package lab_test

import (
	"bytes"
	"context"
	"testing"

	"inkling/lab"
)

func TestMistakes(t *testing.T) {
	l := newLab(t)
	ctx := context.Background()
	r := ended(t, l, `{"epochs": 2}`)
	here := lab.Subject{Run: r.ID, Step: lab.Latest}
	j, err := l.Judge(ctx, here, -1)
	if err != nil {
		t.Fatal(err)
	}
	if j.On != "test" || j.Images != 300 || j.Accuracy < 0.6 || j.Accuracy == 1 {
		t.Fatalf("judged as %+v", j)
	}
	wrong, inCells := 0, 0
	for label, row := range j.Confusion {
		for answer, count := range row {
			images, err := j.Cell(label, answer, 1000)
			if err != nil || len(images) != count {
				t.Fatalf("cell (%d, %d) of %d has %d images: %v", label, answer, count, len(images), err)
			}
			inCells += count
			if label != answer {
				wrong += count
			}
			for i, one := range images {
				if one.Label != label || one.Answer != answer || small.Test.Labels[one.Index] != int32(label) {
					t.Errorf("cell (%d, %d) has %+v", label, answer, one)
				}
				if i > 0 && one.Probability != images[i-1].Probability && (one.Probability > images[i-1].Probability) != (label == answer) {
					t.Errorf("cell (%d, %d): %g after %g", label, answer, one.Probability, images[i-1].Probability)
				}
			}
		}
	}
	if inCells != 300 || len(j.Worst(1000)) != wrong {
		t.Errorf("%d images in cells; %d mistakes and %d in the list", inCells, wrong, len(j.Worst(1000)))
	}
	for i, worst := 1, j.Worst(24); i < len(worst); i++ {
		if worst[i].Probability > worst[i-1].Probability || worst[i].Answer == worst[i].Label {
			t.Errorf("among the worst mistakes %+v follows %+v", worst[i], worst[i-1])
		}
	}
	if part, err := l.Judge(ctx, here, 100); err != nil || part.Images != 100 {
		t.Errorf("of 100 images: %+v, %v", part, err)
	}
	if _, err := j.Cell(0, 10, 1); err == nil {
		t.Error("there is a cell for class 10")
	}
	if _, err := j.Image(300); err == nil {
		t.Error("there is an image 300 of 300")
	}
}

// Three misread images are learned in a moment, and what else changed is said.
func TestCorrect(t *testing.T) {
	l := newLab(t)
	ctx := context.Background()
	r := ended(t, l, `{"epochs": 10}`)
	here := lab.Subject{Run: r.ID, Step: lab.Latest}
	j, err := l.Judge(ctx, here, -1)
	if err != nil {
		t.Fatal(err)
	}
	var examples []lab.Example
	for _, m := range j.Worst(3) {
		image, err := j.Image(m.Index)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(image, small.Test.Image(m.Index)) {
			t.Fatalf("image %d is another", m.Index)
		}
		examples = append(examples, lab.Example{Image: image, Label: m.Label})
	}
	tuned, err := l.Correct(ctx, here, examples, 1)
	if err != nil {
		t.Fatal(err)
	}
	wait(t, tuned)
	after := lab.Subject{Run: tuned.ID, Step: lab.Latest}
	n, err := l.Net(ctx, after)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range examples {
		if p, err := n.Predict(e.Image); err != nil || p.Answer != e.Label {
			t.Errorf("example %d, a %d, is now read as %d: %v", i, e.Label, p.Answer, err)
		}
	}
	c, err := l.Change(ctx, here, after, -1)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.After-c.Before, float64(len(c.Better)-len(c.Worse))/300; got-want > 1e-9 || want-got > 1e-9 {
		t.Errorf("%d better and %d worse change the accuracy from %g to %g", len(c.Better), len(c.Worse), c.Before, c.After)
	}
	if len(c.Better) < 3 || c.After < c.Before-0.02 {
		t.Errorf("three examples of the set make %d better and %d worse: %g to %g", len(c.Better), len(c.Worse), c.Before, c.After)
	}
	for _, b := range c.Better {
		if b.Answer != b.Label || b.Before == nil || *b.Before == b.Label {
			t.Errorf("better: %+v", b)
		}
	}
	for _, wrong := range [][]lab.Example{nil, {{Image: []byte{1}, Label: 1}}, {{Image: examples[0].Image, Label: 10}}, make([]lab.Example, 1000)} {
		if _, err := l.Correct(ctx, here, wrong, 0); err == nil {
			t.Errorf("%d wrong examples are learned", len(wrong))
		}
	}
}
