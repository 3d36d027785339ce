// Command inkling teaches a machine to read handwritten digits and shows
// everything that happens on the way.
package main

import (
	"os"

	"inkling/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
