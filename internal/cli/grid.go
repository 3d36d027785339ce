package cli

import (
	"slices"
	"strings"
)

// column is a column of a small table: a head, and a cell for each row.
type column struct {
	head  string
	cells []string
	left  bool // set at the left end; numbers are set at the right
	least int  // columns that the cells may be shortened to; 0 leaves them whole
	end   bool // what is shortened keeps its end: the names of files
	spare int  // in a narrow window the column with the highest goes first; 0 stays
}

// grid prints a table that fits the window: texts are shortened first, then
// columns that can be spared are left out.
func (s *screen) grid(all ...column) {
	all = slices.Clone(all)
	width := make([]int, len(all))
	for i, c := range all {
		width[i] = columns(c.head)
		for _, cell := range c.cells {
			width[i] = max(width[i], columns(cell))
		}
	}
	for {
		total := 0
		for _, w := range width {
			total += 2 + w
		}
		if total <= s.width {
			break
		}
		widest, gone := -1, -1
		for i, c := range all {
			if c.least > 0 && width[i] > max(c.least, columns(c.head)) && (widest < 0 || width[i] > width[widest]) {
				widest = i
			}
			if c.spare > 0 && (gone < 0 || c.spare > all[gone].spare) {
				gone = i
			}
		}
		if widest >= 0 {
			width[widest]--
		} else if gone >= 0 {
			all, width = slices.Delete(all, gone, gone+1), slices.Delete(width, gone, gone+1)
		} else {
			break
		}
	}
	line := func(cell func(c column) string) {
		var b strings.Builder
		for i, c := range all {
			text := cell(c)
			switch {
			case c.end:
				text = clipped(text, width[i])
			case c.left:
				text = left(text, width[i])
			default:
				text = fit(text, width[i])
			}
			b.WriteString("  " + text)
		}
		s.printf("%s\n", strings.TrimRight(b.String(), " "))
	}
	line(func(c column) string { return c.head })
	for k := range all[0].cells {
		line(func(c column) string { return c.cells[k] })
	}
}

// left sets a text at the left end of some columns, and shortens it to them.
func left(text string, width int) string {
	if columns(text) > width {
		text = strings.TrimLeft(fit(text, width), " ")
	}
	return text + strings.Repeat(" ", max(width-columns(text), 0))
}

// clipped is left for texts whose ends tell them apart.
func clipped(text string, width int) string {
	if columns(text) > width {
		runes := []rune(text)
		for len(runes) > 0 && columns(string(runes)) > width-1 {
			runes = runes[1:]
		}
		text = "…" + string(runes)
	}
	return left(text, width)
}

// unspaced is quote for a name in a column of its own, which may have spaces.
func unspaced(name string) string {
	if q := quote(name); q != `"`+name+`"` {
		return q
	}
	return name
}
