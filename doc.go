// Package inkling is the root of the project: handwritten digits, from raw
// pixels to a network that reads them. The program is cmd/inkling; the library
// begins at tensor, autograd, nn and train. This package holds tests of the
// project as a whole.
package inkling
