package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	thin  = "\u202f" // a narrow space that does not break
	minus = "\u2212"
)

// share formats 0.9141 as 91.41 %.
func share(v float64) string {
	if !finite(v) {
		return "–"
	}
	return fmt.Sprintf("%.2f%s%%", 100*v, thin)
}

// rough is share with one digit less, for running text.
func rough(v float64) string {
	if !finite(v) {
		return "–"
	}
	return fmt.Sprintf("%.1f%s%%", 100*v, thin)
}

// count formats 60000 as 60,000.
func count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// fixed formats a number with a true minus sign.
func fixed(v float64, digits int) string {
	if !finite(v) {
		return "–"
	}
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	return strings.Replace(s, "-", minus, 1)
}

// plus is fixed with a sign in any case.
func plus(v float64, digits int) string {
	s := fixed(v, digits)
	if strings.HasPrefix(s, minus) || s == "–" {
		return s
	}
	return "+" + s
}

// probability keeps small probabilities apart from none.
func probability(v float64) string {
	switch {
	case !finite(v):
		return "–"
	case v > 0 && v < 0.0005:
		return "<" + thin + "0.05" + thin + "%"
	case v < 1 && v > 0.9995:
		return ">" + thin + "99.95" + thin + "%"
	}
	return rough(v)
}

// seconds formats a time span as a person would say it.
func seconds(s float64) string {
	switch {
	case !finite(s) || s < 0:
		return "–"
	case s < 0.0005:
		return "<" + thin + "1" + thin + "ms"
	case s < 0.0995:
		return fmt.Sprintf("%.0f%sms", 1000*s, thin)
	case s < 9.95:
		return fmt.Sprintf("%.1f%ss", s, thin)
	case s < 99.5:
		return fmt.Sprintf("%.0f%ss", s, thin)
	}
	d := time.Duration(math.Round(s)) * time.Second
	if d < time.Hour {
		return fmt.Sprintf("%d%smin %d%ss", int(d.Minutes()), thin, int(d.Seconds())%60, thin)
	}
	return fmt.Sprintf("%d%sh %d%smin", int(d.Hours()), thin, int(d.Minutes())%60, thin)
}

// list joins words as a sentence does.
func list(words []string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}

// span formats the range of a figure: 26.0 to 58.5 %.
func span(r Range) string {
	return strings.TrimSuffix(rough(r.Min), thin+"%") + " to " + rough(r.Max)
}
