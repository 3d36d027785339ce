package inkling

import (
	"os"
	"testing"

	"inkling/report"
)

func TestTheMarkIsTheReports(t *testing.T) {
	got, err := os.ReadFile("docs/mark.svg")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != report.MarkSVG() {
		t.Error("docs/mark.svg is not what report.MarkSVG draws")
	}
}
