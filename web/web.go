// Package web makes pages that run a model in a browser: one file with the net,
// the script that computes it, and nothing from anywhere else.
//
// The script and the style sheet are TypeScript and CSS in the folder src, one job a
// file: net.ts is the forward pass, prepare.ts and its neighbours are package
// data/ink, pad.ts is the drawing pad. The module in bundle, which `go generate` runs,
// makes the files in built of them.
package web

import "embed"

//go:generate go -C bundle run . ..

//go:embed page.html built
var files embed.FS
