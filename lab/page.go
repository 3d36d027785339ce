package lab

import (
	"embed"
	"io/fs"
)

//go:embed placeholder
var placeholder embed.FS

// Placeholder is what a visitor sees where no page is served.
func Placeholder() fs.FS {
	page, err := fs.Sub(placeholder, "placeholder")
	if err != nil {
		panic(err) // it is embedded above
	}
	return page
}
