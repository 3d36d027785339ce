package web

import (
	"fmt"

	"inkling/classifier"
	"inkling/data/augment"
)

// input notes what is done to an image's bytes before the net sees them.
func (t *tracer) input(m *classifier.Model) error {
	s := m.Spec
	in := Input{Channels: s.Channels, Height: s.Height, Width: s.Width, Scale: m.Scale}
	if s.Channels != 1 && s.Channels != 3 {
		return fmt.Errorf("a page shows grey or coloured images, and the model wants %d channels", s.Channels)
	}
	r, err := augment.Parse(m.Input)
	if err != nil {
		return err
	}
	side := float64(min(s.Height, s.Width))
	if c := r.Centre; c != (augment.Length{}) {
		in.Centre = c.Value / side
		if c.Percent {
			in.Centre = c.Value / 100
		}
	}
	in.Standardize = r.Standardize
	if n := r.Normalize; n.Channels > 0 {
		for c := range s.Channels {
			of := min(c, n.Channels-1)
			in.Mean, in.Std = append(in.Mean, n.Mean[of]), append(in.Std, n.Std[of])
		}
	}
	t.Input = in
	return nil
}
