package cli

import "inkling/classifier"

// measure keeps in a model what its training images look like, so that predict
// prepares pictures for it, and tells those that are unlike them.
func (t *training) measure(c *classifier.Model) (err error) {
	set := t.split.train
	if t.typical == nil {
		t.typical, err = classifier.NewTypical(c.Spec, set.Len(), func(i int) ([]byte, error) {
			image := make([]byte, set.Pixels())
			return image, set.Read(i, image)
		})
		if err != nil {
			return err
		}
	}
	return c.Measure(t.typical)
}
