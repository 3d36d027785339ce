package web

import (
	"os"
	"path/filepath"
	"testing"

	"inkling/classifier"
	"inkling/internal/browser"
)

func TestMain(m *testing.M) { os.Exit(browser.Main{M: m}.Run()) }

// show writes a model's page to a file and shows it in a window.
func show(t *testing.T, v *browser.Visitor, m *classifier.Model, width int64, scheme string) {
	t.Helper()
	page, err := NewPage(m)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "page.html")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := page.Write(f); err != nil {
		t.Fatal(err)
	}
	v.Resize(width, 900)
	v.Scheme(scheme)
	v.File(path)
}
