package folder

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// Natural compares two names as a person orders them: digits in them count as
// numbers, so that class 2 comes before class 10. It returns -1, 0 or 1, and 0
// only for equal strings.
func Natural(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		n, m := digits(x), digits(y)
		if n > 0 && m > 0 {
			if c := compareNumbers(x[:n], y[:m]); c != 0 {
				return c
			}
			x, y = x[n:], y[m:]
			continue
		}
		if x[0] != y[0] {
			return cmp.Compare(x[0], y[0])
		}
		x, y = x[1:], y[1:]
	}
	if c := cmp.Compare(len(x), len(y)); c != 0 {
		return c
	}
	return cmp.Compare(a, b) // 01 and 1 are equal as numbers, but not the same name
}

// digits is the number of decimal digits that s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// compareNumbers compares runs of digits of any length by value.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	return cmp.Compare(a, b)
}

// number returns the name of a file without folders and extension, if that is
// nothing but digits.
func number(file string) (string, bool) {
	base := path.Base(file)
	base = strings.TrimSuffix(base, path.Ext(base))
	return base, base != "" && digits(base) == len(base)
}

// order sorts the files of one split: by number if the names are distinct
// numbers, else by class, then by name.
func order(files []placed) {
	numbers := make([]string, len(files))
	index := make([]int, len(files))
	numbered := true
	for i, f := range files {
		index[i] = i
		var ok bool
		if numbers[i], ok = number(f.path); !ok {
			numbered = false
			break
		}
	}
	if numbered {
		slices.SortFunc(index, func(i, j int) int { return compareNumbers(numbers[i], numbers[j]) })
		for k := 1; k < len(index) && numbered; k++ {
			numbered = compareNumbers(numbers[index[k-1]], numbers[index[k]]) != 0
		}
	}
	if numbered {
		sorted := make([]placed, len(files))
		for k, i := range index {
			sorted[k] = files[i]
		}
		copy(files, sorted)
		return
	}
	slices.SortFunc(files, func(a, b placed) int {
		if c := cmp.Compare(a.class, b.class); c != 0 {
			return c
		}
		return Natural(a.path, b.path)
	})
}
