package cli

import (
	"cmp"
	"slices"

	"inkling/data"
)

// samples are up to three images for a model file, which verifies itself with them and
// shows them on its page: of different classes, as far as there are some. Images that
// cannot be read any more are passed over; where that goes for all it is an error.
func samples(set *data.Set) (out [][]byte, err error) {
	const most, looked = 3, 100
	met := make([]bool, len(set.Classes))
	var first []int // the first image of each class, class by class
	for i, l := range set.Labels {
		if !met[l] {
			met[l], first = true, append(first, i)
		}
	}
	slices.SortFunc(first, func(a, b int) int { return cmp.Compare(set.Labels[a], set.Labels[b]) })
	var order []int
	for k := range min(most, len(first)) {
		order = append(order, first[k*len(first)/min(most, len(first))])
	}
	for i := range min(set.Len(), looked) { // where there are fewer classes, or an image is gone
		if !slices.Contains(order, i) {
			order = append(order, i)
		}
	}
	for _, i := range order {
		image := make([]byte, set.Pixels())
		if failed := set.Read(i, image); failed != nil {
			err = failed
			continue
		}
		if out = append(out, image); len(out) == most {
			break
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	return nil, err
}
