package data

import (
	"fmt"
	"strconv"
)

// Size says how large an image is, so that nobody has to know which of the two
// numbers comes first: "28 x 28 pixels", "10 rows x 300 columns".
func Size(height, width int) string {
	if height == width {
		return fmt.Sprintf("%d x %d pixels", height, width)
	}
	plural := func(n int, one string) string {
		if n == 1 {
			return "1 " + one
		}
		return fmt.Sprintf("%d %ss", n, one)
	}
	return plural(height, "row") + " x " + plural(width, "column")
}

// Thousands writes a number as people read it: 60,000.
func Thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
