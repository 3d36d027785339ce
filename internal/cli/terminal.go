package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// screen is where text for people goes: what it can show, and how wide it is.
type screen struct {
	w        io.Writer
	terminal bool
	color    bool
	width    int
}

func newScreen(w io.Writer) *screen {
	s := &screen{w: w, width: 80}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		s.terminal = true
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

// paragraphs prints text wrapped to the window, at most 76 columns.
func (s *screen) paragraphs(text string) {
	for _, p := range strings.Split(text, "\n\n") {
		s.printf("%s\n\n", wrap(p, min(s.width, 76), ""))
	}
}

// wrap breaks text into lines that end before column width. The first begins
// after a prefix as wide as the indent, the others with the indent.
func wrap(text string, width int, indent string) string {
	var b strings.Builder
	column := len(indent)
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
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
	return b.String()
}

// thousands writes 60000 as 60,000.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
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
