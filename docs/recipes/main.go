// Command recipes measures the presets of package recipe on MNIST, and writes
// down what came out. Run it at the root of the project:
//
//	go run ./docs/recipes run -recipes story,fast,best -seeds 0,1,2
//	go run ./docs/recipes run -ablate best -seeds 0,1,2
//	go run ./docs/recipes table
//
// The first two train, one after another, with inkling train --valid test: the
// accuracy is that of the last epoch on the test images, with nothing chosen by
// them. Each run adds a line to docs/recipes.jsonl; what is there already is not
// run again, so that one can stop at any time and go on later. With -ablate each
// ingredient of a recipe is left out in turn.
//
// The third writes the tables between the marks in docs/recipes.md, and what the
// tour's chapter beyond shows to tour/beyond.json. Lines that were measured with
// other settings than the presets have now, or on other data than MNIST, are left
// out, and counted.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := command(ctx, os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "recipes: %v\n", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("recipes", flag.ContinueOnError)
	recipes := set.String("recipes", "", "the presets to run, separated by commas")
	ablate := set.String("ablate", "", "the preset to run whole, and with each ingredient left out")
	only := set.String("only", "", "with -ablate: only these ingredients, separated by commas; the word list shows them")
	seeds := set.String("seeds", "0", "the seeds to run, separated by commas")
	data := set.String("data", "mnist", "what inkling train learns from")
	rows := set.String("rows", "docs/recipes.jsonl", "where what was measured is kept, a line each")
	markdown := set.String("markdown", "docs/recipes.md", "the file that the tables are written into")
	beyond := set.String("beyond", "tour/beyond.json", "what the chapter beyond shows")
	if len(args) == 0 {
		return fmt.Errorf("say run or table; go doc ./docs/recipes explains them")
	}
	if err := set.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "run":
		runs, err := chosen(words(*recipes), *ablate, words(*only))
		if err != nil {
			return err
		}
		var list []uint64
		for _, word := range words(*seeds) {
			seed, err := strconv.ParseUint(word, 10, 64)
			if err != nil {
				return fmt.Errorf("-seeds %s: want whole numbers", *seeds)
			}
			list = append(list, seed)
		}
		return measure(ctx, runs, list, *data, *rows)
	case "table":
		return table(*rows, *markdown, *beyond)
	}
	return fmt.Errorf("there is nothing called %q here; say run or table", args[0])
}

// words are the parts of a list that is separated by commas.
func words(list string) []string {
	var out []string
	for _, word := range strings.Split(list, ",") {
		if word = strings.TrimSpace(word); word != "" {
			out = append(out, word)
		}
	}
	return out
}
