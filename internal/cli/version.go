package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"inkling/device/cpu"
	"inkling/internal/kernel"

	"github.com/spf13/cobra"
)

// version is the program's version: that of the module, or its commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (v == "" || v == "(devel)") && len(s.Value) >= 12 {
			v = s.Value[:12]
		}
	}
	if v == "" || v == "(devel)" {
		return "development"
	}
	return v
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version and what the program runs on", Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.printVersion() },
	}
}

func (a *app) printVersion() error {
	if a.json {
		return emit(a.out, map[string]string{"event": "version", "version": version(), "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH, "kernels": kernel.Level()})
	}
	fmt.Fprintf(a.out, "inkling %s, %s, %s/%s, %s kernels\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH, kernel.Level())
	return nil
}

func (a *app) devicesCommand() *cobra.Command {
	return &cobra.Command{
		Use: "devices", Short: "List what this machine can compute on", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			b := cpu.Default()
			if a.json {
				return emit(a.out, map[string]any{"event": "device", "name": b.Name(), "description": b.Describe(), "kernels": kernel.Level(), "levels": kernel.Levels(), "workers": b.Workers()})
			}
			fmt.Fprintf(a.out, "%s\n", b.Describe())
			fmt.Fprintf(a.out, "instruction sets it can run: %v; INKLING_CPU chooses another than the best\n", kernel.Levels())
			return nil
		},
	}
}
