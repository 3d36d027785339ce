package cli

import (
	"context"
	"os/exec"
	"runtime"
)

// wantsDisplay is whether a browser needs a display that the environment names.
const wantsDisplay = runtime.GOOS != "windows" && runtime.GOOS != "darwin"

// openBrowser hands an address to the system's own way of opening one.
func openBrowser(address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), openWithin)
	command := exec.CommandContext(ctx, "xdg-open", address)
	switch runtime.GOOS {
	case "darwin":
		command = exec.CommandContext(ctx, "open", address)
	case "windows":
		command = exec.CommandContext(ctx, "rundll32", "url.dll,FileProtocolHandler", address)
	}
	if err := command.Start(); err != nil {
		cancel()
		return err
	}
	go func() {
		defer cancel()
		command.Wait() // what the browser says is its own affair
	}()
	return nil
}
