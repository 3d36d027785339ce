package cli

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"inkling/data"
	"inkling/models"
	"inkling/report"
	"inkling/tour"

	"github.com/guptarohit/asciigraph"
)

// convolution prints one number of a feature map as the sum that it is.
func (s *story) convolution(e tour.Convolution) {
	s.sentence("  ", "One number of a feature map, on %s, a %s: the filter lies on row %d, column %d, and answers where %s.", quote(e.Image), quote(e.Class), e.Row, e.Column, upperEdge(e))
	s.printf("\n")
	cells := func(v []float64, format string, row int) string {
		var b strings.Builder
		for _, x := range v[3*row : 3*row+3] {
			fmt.Fprintf(&b, format, x)
		}
		return b.String()
	}
	s.printf("  %18s   %12s   %24s\n", "pixels", "weights", "products")
	for row := range 3 {
		times, equals := " ", " "
		if row == 1 {
			times, equals = "×", "="
		}
		s.printf("  %s %s %s %s %s\n", cells(e.Pixels, "%6.3f", row), times, cells(e.Filter, "%4.0f", row), equals, cells(e.Products, "%+8.3f", row))
	}
	var sum []string
	for _, p := range e.Products {
		if p != 0 {
			sum = append(sum, strings.Replace(fmt.Sprintf("%+.3f", p), "+", "", 1))
		}
	}
	s.printf("\n")
	s.sentence("  ", "Their sum, %s = %s, is one number of the map. The same nine weights at every place of the image make the rest:", strings.ReplaceAll(strings.Join(sum, " + "), "+ -", "- "), s.accent(fmt.Sprintf("%.3f", e.Sum)))
	grey := make([]uint8, len(e.Map))
	for i := range grey {
		sum, channels := 0, len(e.Picture.Pixels)/len(grey)
		for c := range channels {
			sum += int(e.Picture.Pixels[c*len(grey)+i])
		}
		grey[i] = uint8(sum / channels)
	}
	s.printf("\n%s\n", indented(tilesAsText(&data.Set{Channels: 1, Height: e.Height, Width: e.Width}, [][]uint8{grey, inkOf(e.Map)}, s.width-2)))
}

// upperEdge says what the filter of a convolution answers to.
func upperEdge(e tour.Convolution) string {
	if e.Ink {
		return "paper stands above ink"
	}
	return "dark stands above light"
}

// inkOf turns the positive numbers of a map into ink, the greatest the blackest.
func inkOf[T float32 | float64](m []T) []uint8 {
	most := max(slices.Max(m), 0)
	ink := make([]uint8, len(m))
	if most == 0 {
		return ink
	}
	for i, v := range m {
		ink[i] = uint8(math.Round(255 * float64(max(v, 0)/most)))
	}
	return ink
}

func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ") + "\n"
}

// run says what is going to be trained, and how long it will take.
func (s *story) run(e tour.RunBegins) {
	s.table = newTable(s.screen, "test loss", true)
	if e.Run != "" {
		s.printf("\n%s\n\n", s.bold(wrap("Another run, "+quote(e.Run), s.measure(), "")))
	}
	if e.Change != "" {
		s.paragraphs(e.Change)
	}
	r := e.Settings
	s.sentence("", "The model is %s: %s; %s numbers to learn.", r.Model, models.Describe(r.Model), data.Thousands(e.Numbers))
	s.sentence("", "%s", settings(r, e.Batches))
	if r.DropLast {
		s.sentence("", "The last batch of an epoch is left out where it is short.")
	}
	s.printf("\n%s\n", s.rates(e.Rates, "learning rate"))
	if e.Momenta != nil {
		s.printf("\n%s\n", s.rates(e.Momenta, "momentum"))
	}
	s.printf("\n")
	s.sentence("", "After each epoch all %s test images are read, as in the whole story, and nothing is chosen by them.", data.Thousands(e.Test))
	s.sentence("", "A step takes %s here: %s for all %s. Ctrl-C keeps what has come out by then.\n", brief(e.Step), s.accent("about "+span(e.Seconds)), data.Thousands(e.Batches*r.Epochs))
}

// rates draws what a schedule sets over a run.
func (s *story) rates(values []float64, what string) string {
	width := max(min(s.width, 72)-12, 20)
	graph := asciigraph.Plot(stretch(values, min(width, len(values))), asciigraph.Height(5), asciigraph.Precision(3), asciigraph.Offset(3),
		asciigraph.Caption(what+course(values)))
	return strings.TrimRight(graph, "\n")
}

// course says what a schedule does: where it begins, what it comes to, where it ends.
func course(values []float64) string {
	first, last := values[0], values[len(values)-1]
	if least, most := slices.Min(values), slices.Max(values); least == most {
		return fmt.Sprintf(": %.3g all the time", first)
	} else if most > max(first, last) {
		return fmt.Sprintf(" over the run: from %.3g up to %.3g, then down to %.1g", first, most, last)
	} else if least < min(first, last) {
		return fmt.Sprintf(" over the run: from %.3g down to %.3g, then up to %.3g", first, least, last)
	}
	return fmt.Sprintf(" over the run: from %.3g to %.1g", first, last)
}

// maps draws what the stages of a trained model make of an image.
func (s *story) maps(e tour.Maps) {
	s.table.endBar()
	s.printf("\n")
	s.sentence("  ", "What the trained layers make of %s, a %s: of each stage the maps that answer most.", quote(e.Image), quote(e.Class))
	for _, stage := range e.Stages {
		s.printf("  %s: %s of %d x %d\n", stage.Name, count(stage.Maps, "map"), stage.Height, stage.Width)
		const smallest = 7 // dots say nothing about fewer pixels
		var tiles [][]uint8
		for _, m := range stage.Strong {
			tiles = append(tiles, inkOf(m))
		}
		if len(tiles) > 0 && min(stage.Height, stage.Width) >= smallest {
			s.printf("\n%s\n", indented(tilesAsText(&data.Set{Channels: 1, Height: stage.Height, Width: stage.Width}, tiles, s.width-2)))
		}
	}
	s.sentence("  ", "The report has them as pictures, and the filters of the first layer.")
}

// others compares a run with what others reached by the same recipe.
func (s *story) others(e tour.ChapterEnds) {
	o := e.Others
	if o == nil {
		return
	}
	if len(o.PyTorch) > 0 {
		s.printf("\n")
		row := func(name string, values []float64, style func(string) string) {
			var b strings.Builder
			for _, v := range values {
				fmt.Fprintf(&b, "  %8s", percentOf(v))
			}
			s.printf("  %-15s%s\n", name, style(b.String()))
		}
		epochs := ""
		for i := range e.Curve {
			epochs += fmt.Sprintf("  %8d", i+1)
		}
		s.printf("  %-15s%s\n", "after epoch", epochs)
		row("yours", e.Curve, s.accent)
		for _, r := range o.PyTorch {
			row(fmt.Sprintf("PyTorch, seed %d", r.Seed), r.Accuracy, s.faint)
		}
	}
	s.printf("\n")
	s.sentence("  ", "The post says %s of its own run. %s", percentOf(o.Post), beside(e.Accuracy, o.Post, e.Images))
}

// percentOf writes a share with the digits that it was given with.
func percentOf(v float64) string { return fmt.Sprintf("%.4g %%", 100*v) }

// beside holds an accuracy of one run against another's: a few images more or less
// are chance.
func beside(yours, theirs float64, images int) string {
	chance := 100 * report.Chance(theirs, images)
	points := 100 * (yours - theirs)
	how := fmt.Sprintf("%.2f points above that", points)
	switch {
	case math.Abs(points) < 0.005:
		how = "the same"
	case points < 0:
		how = fmt.Sprintf("%.2f points below that", -points)
	}
	return fmt.Sprintf("Yours is %s. With other images of the same kind an accuracy like this would move by some %.2f points either way, and with another seed as well.", how, chance)
}

// ablation prints what each ingredient of a recipe bought.
func (s *story) ablation(e tour.Ablation) {
	s.sentence("", "Measured before, on MNIST's test images, %s: the recipe %s for %s, whole, and with one thing left out.", e.Machine, quote(e.Recipe), count(e.Epochs, "epoch"))
	s.printf("\n  %-30s  %16s  %5s  %9s\n", "left out", "accuracy", "seeds", "time")
	for _, v := range e.Variants {
		name := v.LeftOut
		if name == "" {
			name = "nothing"
		}
		mean, spread := report.MeanSpread(v.Accuracies)
		figure := percent(mean)
		if len(v.Accuracies) > 1 {
			figure = fmt.Sprintf("%.2f ± %.2f %%", 100*mean, 100*spread)
		}
		seconds, _ := report.MeanSpread(v.Seconds)
		s.printf("  %-30s  %16s  %5d  %9s\n", name, figure, len(v.Accuracies), span(seconds))
	}
	s.printf("\n")
}

// stopped says what of an interrupted tour is left.
func (s *story) stopped(e tour.Stopped) {
	s.table.endBar()
	s.printf("\n")
	text := "Stopped before anything was learned in this chapter."
	if e.Epochs+e.Batches > 0 {
		text = "Stopped " + e.At + "."
	}
	if e.Model != "" {
		text = fmt.Sprintf("Stopped: the model as it was %s is in %s; its accuracy has not been measured.", e.At, s.accent(quote(display(e.Model))))
		if e.Accuracy != nil {
			text = fmt.Sprintf("Stopped: the model as it was %s is in %s; its accuracy on the test images is %s.", e.At, s.accent(quote(display(e.Model))), percent(*e.Accuracy))
		}
	}
	if e.Report != "" {
		text += fmt.Sprintf(" The report of what came out so far is %s.", s.accent(quote(display(e.Report))))
	}
	if e.Problem != "" {
		text += " Not kept: " + e.Problem + "."
	}
	s.sentence("", "%s", text)
}
