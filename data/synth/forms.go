package synth

import (
	"fmt"
	"strings"
)

// A form is one way to write a digit. Its masters are extremes with the same
// knots, as in a multiple-master typeface: a hand writes something between two
// of them.
type form struct {
	weight  float64  // how often hands write it, relative to the digit's other forms
	masters []string // in the notation of parseStrokes
}

// digitForms holds the forms of each digit. Coordinates are percents of the
// digit's height, x to the right, y down; what is wide or high here need not
// be exact, since the hand varies it.
var digitForms = [10][]form{
	0: {
		{6, []string{ // a closed oval, counterclockwise from the top, overlapping its start
			"55 2, 30 8, 14 32, 12 62, 28 92, 52 97, 74 80, 82 50, 74 18, 54 3, 38 6",
			"52 2, 40 10, 33 35, 32 62, 40 90, 51 97, 62 85, 68 52, 64 20, 54 3, 46 5",
			"70 8, 44 4, 22 28, 12 60, 18 90, 42 97, 66 78, 84 46, 86 18, 66 5, 46 10",
		}},
		{2, []string{ // started inside, a small loop at the top
			"70 12, 50 2, 25 18, 14 50, 22 84, 48 98, 74 82, 84 50, 74 20, 52 8, 36 16",
			"62 14, 48 2, 32 18, 26 50, 30 84, 46 98, 64 82, 70 50, 64 20, 52 10, 44 22",
		}},
		{1, []string{ // not closed
			"40 4, 20 24, 13 55, 24 88, 50 97, 74 82, 84 48, 74 18, 58 6",
		}},
	},
	1: {
		{8, []string{ // a plain bar
			"50 0, 51 50, 50 100",
			"50 0, 54 50, 50 100",
			"50 0, 48 50, 50 100",
		}},
		{1, []string{ // a bar with a serif
			"34 24, 51 2!, 50 50, 50 100",
			"42 14, 51 2!, 52 50, 50 100",
		}},
		{.4, []string{ // a serif and a foot
			"34 20, 52 2!, 51 50, 51 96; 28 97, 74 96",
		}},
	},
	2: {
		{4, []string{ // an angular foot
			"18 24, 34 5, 62 6, 72 28, 56 54, 16 94!, 50 92, 84 92",
			"14 12, 38 2, 64 8, 68 30, 50 58, 22 92!, 54 90, 90 96",
		}},
		{4, []string{ // a loop at the foot
			"18 26, 36 5, 64 8, 72 32, 52 66, 26 92, 12 86, 24 76, 48 88, 70 95, 90 84",
			"20 16, 40 3, 62 10, 66 34, 48 70, 24 96, 8 92, 16 80, 44 84, 74 90, 96 86",
		}},
		{1, []string{ // drawn like a Z
			"16 12, 40 5, 70 8!, 44 50, 14 94!, 50 92, 84 92",
		}},
	},
	3: {
		{5, []string{ // two bows
			"18 14, 44 2, 68 14, 60 36, 36 47!, 64 54, 76 74, 54 96, 14 88",
			"22 10, 46 3, 64 18, 54 38, 34 44!, 58 52, 66 76, 42 97, 10 92",
		}},
		{1.5, []string{ // a flat top
			"16 6, 44 6, 72 6!, 58 24, 40 42!, 68 54, 74 78, 46 98, 12 88",
		}},
		{1.5, []string{ // a loop in the middle
			"18 16, 46 2, 68 18, 54 40, 34 48, 34 40, 54 48, 74 72, 50 97, 14 88",
		}},
	},
	4: {
		{5, []string{ // open, two strokes
			"24 4, 16 30, 16 52!, 44 54, 80 48; 72 4, 68 50, 64 100",
			"32 8, 20 34, 10 58!, 44 56, 88 50; 66 10, 62 50, 58 100",
		}},
		{2, []string{ // open, a round corner
			"24 4, 14 40, 26 56, 50 52, 76 46; 74 4, 68 50, 62 100",
		}},
		{1.5, []string{ // closed
			"60 2, 36 36, 10 66!, 46 64, 86 62; 62 2, 60 50, 58 100",
		}},
		{2, []string{ // one stroke: over, up and down the stem
			"22 8, 16 42, 30 54, 58 42, 72 6!, 66 52, 60 100",
		}},
	},
	5: {
		{4, []string{ // one stroke
			"78 5, 56 6, 32 6!, 28 26, 24 44!, 50 40, 72 60, 66 86, 38 98, 12 88",
			"82 8, 58 4, 36 8!, 30 28, 22 48!, 48 46, 64 64, 58 86, 34 97, 10 92",
		}},
		{3, []string{ // the top is a stroke of its own
			"30 8, 27 26, 24 44!, 50 40, 72 60, 66 86, 38 98, 12 88; 32 8, 56 6, 82 3",
			"34 10, 28 28, 22 46!, 50 44, 66 62, 60 86, 34 97, 10 90; 42 10, 64 6, 90 2",
		}},
		{2, []string{ // like an S
			"76 8, 44 5, 28 20, 36 40, 60 54, 68 76, 48 96, 14 90",
		}},
	},
	6: {
		{5, []string{
			"62 2, 34 26, 18 58, 24 88, 48 98, 70 84, 66 62, 44 56, 22 74",
			"52 0, 36 24, 24 58, 28 90, 46 98, 62 84, 60 68, 44 62, 28 82",
			"72 6, 44 14, 22 50, 22 86, 46 97, 74 84, 74 58, 50 48, 24 66",
		}},
	},
	7: {
		{5, []string{ // a sharp corner
			"14 10, 46 8, 80 6!, 60 46, 40 100",
			"18 12, 46 8, 76 10!, 62 50, 54 100",
		}},
		{1.5, []string{ // a serif at the left
			"10 26, 14 8!, 46 8, 78 8!, 60 48, 46 100",
		}},
		{1.5, []string{ // with a crossbar
			"14 10, 46 8, 80 6!, 58 46, 42 100; 30 52, 54 50, 78 48",
		}},
		{3, []string{ // a round corner
			"14 18, 34 8, 66 6, 78 18, 60 54, 46 100",
		}},
	},
	8: {
		{5, []string{ // one stroke, like an S closed by a second one
			"70 12, 48 2, 28 16, 38 38, 60 56, 70 80, 46 98, 22 82, 36 58, 60 38, 72 14",
			"74 16, 54 2, 34 14, 40 38, 56 58, 60 82, 40 98, 22 84, 38 58, 64 36, 78 10",
		}},
		{1, []string{ // two circles
			"50 2, 28 14, 30 38, 50 46, 70 34, 70 12, 50 2; 50 46, 22 62, 22 88, 50 98, 76 86, 74 60, 50 46",
		}},
	},
	9: {
		{4, []string{ // a straight stem
			"70 14, 48 4, 22 16, 20 40, 44 48, 66 32, 72 8!, 68 50, 64 100",
			"68 18, 50 4, 30 14, 22 36, 40 46, 60 36, 72 12!, 62 52, 50 100",
		}},
		{3, []string{ // smooth, the tail bends away
			"68 10, 40 4, 18 26, 34 48, 60 36, 70 10, 68 40, 62 70, 54 100",
		}},
		{1.5, []string{ // a curled tail
			"70 14, 48 4, 24 16, 22 38, 46 46, 68 30, 72 10, 74 50, 62 88, 28 90",
		}},
	},
}

// A knot is a point that the pen passes; at a corner it stops and turns.
type knot struct {
	x, y   float64
	corner bool
}

// A glyph is a form after parsing: for each master, the same strokes.
type glyph struct {
	weight  float64
	masters [][][]knot // master, stroke, knot
}

// glyphs is digitForms parsed.
var glyphs = parseForms()

func parseForms() (all [10][]glyph) {
	for class, forms := range digitForms {
		for _, f := range forms {
			g := glyph{weight: f.weight}
			for _, master := range f.masters {
				g.masters = append(g.masters, parseStrokes(master))
			}
			all[class] = append(all[class], g)
		}
	}
	return all
}

// parseStrokes reads strokes divided by semicolons, each of knots divided by
// commas: x and y in percent, with an exclamation mark at a corner.
func parseStrokes(s string) (strokes [][]knot) {
	for stroke := range strings.SplitSeq(s, ";") {
		var knots []knot
		for field := range strings.SplitSeq(stroke, ",") {
			var k knot
			field, k.corner = strings.CutSuffix(strings.TrimSpace(field), "!")
			if _, err := fmt.Sscan(field, &k.x, &k.y); err != nil {
				panic(fmt.Sprintf("[synth] knot %q in %q: want x and y in percent: %v", field, s, err))
			}
			k.x, k.y = k.x/100, k.y/100
			knots = append(knots, k)
		}
		strokes = append(strokes, knots)
	}
	return strokes
}
