// Package identity is what makes everything that Inkling shows look like one thing:
// the palette and the faces, and the mark.
package identity

import _ "embed"

// Palette is a style sheet that gives the root element, of a page or of an SVG
// document, the colours and faces as custom properties, by day and by night.
//
//go:embed palette.css
var Palette string
