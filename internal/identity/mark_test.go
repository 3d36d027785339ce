package identity

import (
	"strings"
	"testing"
)

func TestTheMarkIsADrop(t *testing.T) {
	mark := Mark()
	for row := range markSide {
		for column := range markSide {
			v := mark[row*markSide+column]
			if (row == 0 || row == markSide-1 || column == 0 || column == markSide-1) && v != 0 {
				t.Errorf("ink on the edge at row %d, column %d", row, column)
			}
		}
	}
	if mark[20*markSide+16] != 255 || mark[4*markSide+2] != 0 || mark[4*markSide+13] == 0 {
		t.Error("the mark has no body or no tip")
	}
	if svg := MarkSVG(); !strings.HasPrefix(svg, "<svg ") || !strings.Contains(svg, "prefers-color-scheme") || len(svg) > 4096 {
		t.Errorf("the mark's file: %d bytes, %.60s", len(svg), svg)
	}
}
