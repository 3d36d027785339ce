// Command bundle makes the files in web/built of the TypeScript and the style sheets
// in web/src and web/lab. It is a module of its own, so that who uses Inkling
// as a library does not get esbuild with it.
//
//	go -C bundle run . ..
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "bundle: wants one argument, the folder web")
		os.Exit(2)
	}
	folder, err := filepath.Abs(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
	result := api.Build(api.BuildOptions{
		AbsWorkingDir: folder,
		EntryPointsAdvanced: []api.EntryPoint{
			{InputPath: "src/page.ts", OutputPath: "page"},
			{InputPath: "src/page.css", OutputPath: "page"},
			{InputPath: "lab/main.ts", OutputPath: "lab/lab"},
			{InputPath: "lab/lab.css", OutputPath: "lab/lab"},
			{InputPath: "lab/index.html", OutputPath: "lab/index"},
			{InputPath: "lab/mark.svg", OutputPath: "lab/mark"},
			{InputPath: "lab/uplot/LICENSE.txt", OutputPath: "lab/uplot-license"},
		},
		Loader:           map[string]api.Loader{".html": api.LoaderCopy, ".svg": api.LoaderCopy, ".txt": api.LoaderCopy},
		Outdir:           "built",
		Bundle:           true,
		Format:           api.FormatIIFE,
		Target:           api.ES2022,
		Charset:          api.CharsetUTF8,
		MinifyWhitespace: true,
		MinifySyntax:     true, // names stay: who opens the page's source can follow it
		LegalComments:    api.LegalCommentsNone,
		Write:            true,
		LogLevel:         api.LogLevelInfo,
	})
	if len(result.Errors) > 0 {
		os.Exit(1)
	}
}
