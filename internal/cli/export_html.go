package cli

import (
	"io"

	"inkling/classifier"
	"inkling/web"
)

// writePage writes a model as a page for a browser.
func writePage(w io.Writer, m *classifier.Model) (string, error) {
	page, err := web.NewPage(m)
	if err != nil {
		return "", err
	}
	return page.Describe(), page.Write(w)
}
