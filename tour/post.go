package tour

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"

	"inkling/data"
	"inkling/report"
)

// postJSON is what the post's recipes reach in PyTorch, over ten seeds; its
// "source" says how it was measured.
//
//go:embed post.json
var postJSON []byte

// post is postJSON, read.
type post struct {
	Baseline map[string]struct {
		PerDigit     []float64 `json:"per_digit"`
		MeanOfDigits float64   `json:"mean_of_digits"`
		AllImages    float64   `json:"all_images"`
	}
	Chapters map[string]struct {
		First report.Range `json:"after_epoch_1"`
		Last  report.Range `json:"after_epoch_41"`
		Mean  []float64    `json:"curve_mean"`
	}
	ResNet struct {
		Claim float64 `json:"post"`
		Runs  []struct {
			Seed     int
			Accuracy []float64
		} `json:"pytorch"`
	}
}

// mnistCounts is how many test images of each digit MNIST has.
var mnistCounts = []int{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}

// postFor returns the post's figures where the data are those it used, else nil:
// figures for other images are nothing to compare with.
func postFor(ds *data.Dataset) *post {
	if ds.Train.Len() != 60000 || !slices.Equal(ds.Test.Counts(), mnistCounts) {
		return nil
	}
	p := &post{}
	if err := json.Unmarshal(postJSON, p); err != nil {
		panic(fmt.Sprintf("tour: the embedded post.json: %v", err))
	}
	return p
}

func (p *post) baseline(distance string) *report.PostBaseline {
	if p == nil {
		return nil
	}
	b := p.Baseline[distance]
	return &report.PostBaseline{PerClass: b.PerDigit, MeanOfClasses: b.MeanOfDigits, Accuracy: b.AllImages}
}

// others is what others reached with the recipe of a chapter, or nil; runs of the
// very same recipe only where it is the same.
func (p *post) others(chapter string, same bool) *report.Others {
	if p == nil || chapter != "resnet" {
		return nil
	}
	o := &report.Others{Post: p.ResNet.Claim}
	for _, r := range p.ResNet.Runs {
		if same {
			o.PyTorch = append(o.PyTorch, report.OtherRun{Seed: r.Seed, Accuracy: r.Accuracy})
		}
	}
	return o
}

func (p *post) curve(chapter string) *report.PostCurve {
	if p == nil {
		return nil
	}
	c := p.Chapters[chapter]
	return &report.PostCurve{First: c.First, Last: c.Last, Mean: c.Mean}
}
