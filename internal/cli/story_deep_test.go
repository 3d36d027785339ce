package cli

import (
	"strings"
	"testing"

	"inkling/recipe"
	"inkling/report"
	"inkling/tour"
)

func TestConvolutionAsText(t *testing.T) {
	e := tour.Convolution{
		Image: "test image 0", Class: "7", Row: 7, Column: 8, Sum: 1.25,
		Pixels: []float64{0, 0, 0.25, 0, 0.5, 0, 0.5, 1, 0}, Filter: []float64{-1, -1, -1, 0, 0, 0, 1, 1, 1},
		Products: []float64{0, 0, -0.25, 0, 0, 0, 0.5, 1, 0},
		Ink:      true, Height: 4, Width: 2, Map: []float64{-1, 0, 0, 0, 0, 0, 0, 1.25},
		Picture: report.Picture{Pixels: []uint8{255, 0, 0, 0, 0, 0, 0, 0}},
	}
	want := `One number of a feature map, on "test image 0", a 7: the filter lies on row 7, column 8, and answers where paper stands above ink.

              pixels        weights                   products
   0.000 0.000 0.250     -1  -1  -1     +0.000  +0.000  -0.250
   0.000 0.500 0.000 ×    0   0   0 =   +0.000  +0.000  +0.000
   0.500 1.000 0.000      1   1   1     +0.500  +1.000  +0.000

Their sum, -0.250 + 0.500 + 1.000 = 1.250, is one number of the map. The same nine weights at every place of the image make the rest:

  ⠁  ⢀

`
	if got := told(80, e); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	e.Ink = false
	if got := told(80, e); !strings.Contains(got, "where dark stands above light.") {
		t.Errorf("of a photograph is said\n%s", got)
	}
}

func TestARunSaysHowLongItTakes(t *testing.T) {
	r, err := recipe.ByName("story")
	if err != nil {
		t.Fatal(err)
	}
	e := tour.RunBegins{Run: "smoothed", Change: "The labels are smoothed.", Settings: r, Numbers: 11708992, Batches: 937, Test: 10000, Step: 0.045, Seconds: 172, Rates: []float64{0.004, 0.1, 1e-6}, Momenta: []float64{0.95, 0.85, 0.95}}
	got := told(80, e)
	for _, want := range []string{
		"Another run, smoothed\n\nThe labels are smoothed.\n", "11,708,992 numbers", "in 4 epochs of 937 batches of 64", "from 0.004 up to 0.1, then down to 1e-06", "from 0.95 down to 0.85, then up to 0.95",
		"all 10,000 test images are read", "A step takes 45.0 ms here: about 3 min for all 3,748.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

func TestCourse(t *testing.T) {
	for want, values := range map[string][]float64{
		": 0.1 all the time": {0.1, 0.1}, " over the run: from 0.1 to 0.001": {0.1, 0.01, 0.001},
		" over the run: from 0.1 up to 0.2, then down to 0": {0.1, 0.2, 0},
	} {
		if got := course(values); got != want {
			t.Errorf("%v: %q, want %q", values, got, want)
		}
	}
}

func TestOthersBesideARun(t *testing.T) {
	e := tour.ChapterEnds{
		Chapter: "resnet", Accuracy: 0.9931, Images: 10000, Curve: []float64{0.9, 0.9931},
		Others: &report.Others{Post: 0.994, PyTorch: []report.OtherRun{{Seed: 1, Accuracy: []float64{0.863, 0.9935}}}},
	}
	got := told(80, e)
	for _, want := range []string{
		"  after epoch             1         2\n  yours                90 %   99.31 %\n  PyTorch, seed 1    86.3 %   99.35 %\n",
		"The post says 99.4 % of its own run. Yours is 0.09 points below that. With other images of the same kind an accuracy like this would move by some 0.08 points either way",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	e.Others.PyTorch, e.Accuracy = nil, 0.994
	if got := told(80, e); strings.Contains(got, "PyTorch") || !strings.Contains(got, "Yours is the same.") {
		t.Errorf("beside the post alone:\n%s", got)
	}
}

func TestAblationAsText(t *testing.T) {
	got := told(80, tour.Ablation{Ablation: &report.Ablation{Recipe: "best", Epochs: 4, Machine: "on 2026-11-23, with 2 cores", Variants: []report.Variant{
		{Seeds: []uint64{0, 1}, Accuracies: []float64{0.9973, 0.9971}, Seconds: []float64{600, 640}},
		{LeftOut: "elastic=1", Seeds: []uint64{0}, Accuracies: []float64{0.9969}, Seconds: []float64{550}},
	}}})
	for _, want := range []string{
		"  nothing                           99.72 ± 0.01 %      2     10 min\n", "  elastic=1                                99.69 %      1      9 min\n", "on 2026-11-23, with 2 cores", "for 4 epochs",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

func TestWhatAStoppedTourLeaves(t *testing.T) {
	measured := 0.985
	for want, e := range map[string]tour.Stopped{
		"Stopped: the model as it was after epoch 2 of 4 is in out/resnet.safetensors; its accuracy on the test images is 98.50 %. The report of what came out so far is out/index.html.": {Epochs: 2, At: "after epoch 2 of 4", Model: "out/resnet.safetensors", Report: "out/index.html", Accuracy: &measured},
		"Stopped: the model as it was after 3 of 9 batches in epoch 1 of 4 is in m.safetensors; its accuracy has not been measured.":                                                      {Batches: 3, At: "after 3 of 9 batches in epoch 1 of 4", Model: "m.safetensors"},
		"Stopped after epoch 4 of 4. Not kept: no space left.":                          {Epochs: 4, At: "after epoch 4 of 4", Problem: "no space left"},
		"Stopped before anything was learned in this chapter. Not kept: no space left.": {Problem: "no space left"},
	} {
		if got := told(300, e); got != "\n"+want+"\n" {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	got := told(80, tour.ChapterSkipped{Chapter: "resnet", Why: "It takes some minutes.", How: "inkling tour --chapters resnet"})
	if want := "\nThe chapter resnet is left out. It takes some minutes. For it: inkling tour --chapters resnet\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
