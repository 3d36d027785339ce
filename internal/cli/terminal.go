package cli

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"unicode"

	"inkling/data"

	"golang.org/x/term"
)

// screen is where text for people goes: what it can show, and how wide it is.
type screen struct {
	w        io.Writer
	terminal *os.File // nil in a pipe or a file
	color    bool
	width    int
}

func newScreen(w io.Writer) *screen {
	s := &screen{w: w, width: 80}
	if f := fileOf(w); f != nil && term.IsTerminal(int(f.Fd())) {
		s.terminal = f
		s.color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			s.width = width
		}
	}
	return s
}

func (s *screen) printf(format string, args ...any) { fmt.Fprintf(s.w, format, args...) }

func (s *screen) style(code, text string) string {
	if !s.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s *screen) bold(text string) string   { return s.style("1", text) }
func (s *screen) accent(text string) string { return s.style("38;5;69", text) } // ultramarine that reads on dark and light
func (s *screen) faint(text string) string  { return s.style("2", text) }
func (s *screen) warn(text string) string   { return s.style("38;5;172", text) }

// measure is the longest line of text in a window: more than 76 columns are hard
// to read.
func (s *screen) measure() int { return min(s.width, 76) }

// paragraphs prints text wrapped to the window.
func (s *screen) paragraphs(text string) {
	for _, p := range strings.Split(text, "\n\n") {
		s.printf("%s\n\n", wrap(p, s.measure(), ""))
	}
}

// sentence prints a line that a window may be too narrow for; what goes into a
// pipe stays one line, for grep.
func (s *screen) sentence(indent string, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if s.terminal != nil {
		text = wrap(text, s.width, indent)
	}
	s.printf("%s\n", strings.ReplaceAll(text, glue, " "))
}

// glue stands for a space that no line is broken at.
const glue = "\x00"

// wrap breaks text into lines that end before column width. The first begins
// after a prefix as wide as the indent, the others with the indent. A number and
// its percent sign stay together.
func wrap(text string, width int, indent string) string {
	text = strings.ReplaceAll(text, " %", glue+"%")
	var b strings.Builder
	column := len(indent)
	for i, word := range strings.Split(text, " ") {
		n := columns(word)
		switch {
		case i == 0:
		case column+1+n > width:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return strings.ReplaceAll(b.String(), glue, " ")
}

// styles are what style adds to a text, and what takes no room on the screen.
var styles = regexp.MustCompile("\x1b\\[[0-9;]*m")

// columns is how wide a terminal shows a text: most of East Asia's characters
// take two columns, accents that stand on others take none.
func columns(text string) int {
	n := 0
	for _, r := range styles.ReplaceAllString(text, "") {
		n += columnsOf(r)
	}
	return n
}

func columnsOf(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff ||
		r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0xffe0 && r <= 0xffe6 || r >= 0x1f300 && r <= 0x1faff || r >= 0x20000 && r <= 0x3fffd):
		return 2
	}
	return 1
}

// fit shortens a text to a number of columns and sets it at their right end.
func fit(text string, width int) string {
	if columns(text) > width {
		var b strings.Builder
		left := width - 1
		for _, r := range text {
			if left -= columnsOf(r); left < 0 {
				break
			}
			b.WriteRune(r)
		}
		text = b.String() + "…"
	}
	return strings.Repeat(" ", width-columns(text)) + text
}

// count writes a number of things: 1 image, 60,000 images.
func count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	if strings.HasSuffix(one, "y") {
		return data.Thousands(n) + " " + strings.TrimSuffix(one, "y") + "ies"
	}
	if strings.HasSuffix(one, "s") || strings.HasSuffix(one, "tch") {
		return data.Thousands(n) + " " + one + "es"
	}
	return data.Thousands(n) + " " + one + "s"
}

// quoteBoth is quote for two names of one sentence: quoted both, or neither.
func quoteBoth(a, b string) (string, string) {
	x, y := quote(a), quote(b)
	if x == a && y == b {
		return x, y
	}
	return fmt.Sprintf("%q", a), fmt.Sprintf("%q", b)
}

// quote escapes what a terminal should not be sent: control characters and
// invalid UTF-8 in the names of files and classes.
func quote(name string) string {
	q := fmt.Sprintf("%q", name)
	if q == `"`+name+`"` && !strings.ContainsAny(name, " ,") {
		return name
	}
	return q
}
