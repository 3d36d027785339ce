// Package web makes pages that run a model in a browser: one file with the net,
// the script that computes it, and nothing from anywhere else. It also holds the files
// of the lab's page, which package lab serves.
//
// The script and the style sheet are TypeScript and CSS in the folder src, one job a
// file: net.ts is the forward pass, prepare.ts and its neighbours are package
// data/ink, pad.ts is the drawing pad. The folder lab is the lab's page: main.ts is its
// frame, and each tab is a file. The module in bundle, which `go generate` runs,
// makes the files in built of them.
package web

import (
	"embed"
	"io/fs"
)

//go:generate go -C bundle run . ..

//go:embed page.html built
var files embed.FS

// Lab returns the files of the lab's page; index.html is what opens.
func Lab() fs.FS {
	page, err := fs.Sub(files, "built/lab")
	if err != nil {
		panic(err) // it is embedded above
	}
	return page
}
