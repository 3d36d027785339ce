package lab

import (
	"os"
	"strings"
	"testing"
)

// Every route is in the package's documentation.
func TestRoutesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for pattern := range (&server{}).routes() {
		method, path, _ := strings.Cut(pattern, " ")
		found := false
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(strings.TrimPrefix(line, "//"))
			if len(fields) >= 2 && fields[0] == method {
				where, _, _ := strings.Cut(fields[1], "?")
				found = found || where == path
			}
		}
		if !found {
			t.Errorf("%s is not documented", pattern)
		}
	}
}
