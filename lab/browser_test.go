package lab_test

import (
	"testing"

	"inkling/internal/browser"
	"inkling/lab"
	"inkling/web"
)

// visit opens the lab's page in a window of so many pixels, by day or by night.
func visit(t *testing.T, s *site, width, height int64, scheme, path string) *browser.Visitor {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: -short visits no page")
	}
	v := browser.Visit(t, width, height, scheme)
	v.Open(s.URL, s.URL+"/"+path)
	return v
}

// learned is a site whose first run has ended.
func learned(t *testing.T, changes string) *site {
	t.Helper()
	s := newSite(t, lab.ServerOptions{Page: web.Lab()})
	ended(t, s.lab, changes)
	return s
}
