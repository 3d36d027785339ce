// Command asm writes the assembly of package kernel, and the Go declarations
// that go with it. Run it through `go generate ./internal/kernel`.
package main

import (
	"log"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: asm DIR")
	}
	for _, target := range []isa{avx2, avx512} {
		write(os.Args[1], "vector", target, elementwise, reductions, rowKernels)
		write(os.Args[1], "product", target, tiles, dots)
		write(os.Args[1], "layers", target, norms, parts, adams)
		write(os.Args[1], "winograd", target, winograd)
	}
	// Eight lanes suit a transposition at either level.
	write(os.Args[1], "transpose", avx2, transpose)
}

// write generates one pair of files, NAME_ISA_amd64.s and .go.
func write(dir, name string, target isa, sections ...func(*gen)) {
	g := &gen{Context: build.NewContext(), isa: target, globals: map[string]bool{}}
	for _, section := range sections {
		section(g)
	}
	file, err := g.Result()
	if err != nil {
		log.Fatal(err)
	}
	if err := pass.Compile.Execute(file); err != nil {
		log.Fatalf("%s, %s: %v", name, target.name, err)
	}
	config := printer.Config{Name: "internal/kernel/asm", Pkg: "kernel"}
	base := filepath.Join(dir, name+"_"+target.name+"_amd64")
	for suffix, p := range map[string]printer.Printer{".s": printer.NewGoAsm(config), ".go": printer.NewStubs(config)} {
		text, err := p.Print(file)
		if err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(base+suffix, text, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
