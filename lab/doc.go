// Package lab is the place where the tour's mathematics can be touched: trainings that
// are started, paused, stepped, forked and scrubbed through; nets whose every number
// unfolds into the sum that made it; mistakes, faults and experiments.
//
// A Lab is all of that without a page, and is driven by its methods.
package lab
