package fetch

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A part whose fsync failed is fetched again: the next fsync would succeed, whether
// its bytes are on the disk or not.
func TestFsyncFails(t *testing.T) {
	strace := func(fault string, command ...string) *exec.Cmd {
		return exec.Command("strace", append([]string{"-f", "-qq", "-o", os.DevNull, "-e", "trace=fsync", "-e", fault}, command...)...)
	}
	if err := strace("inject=fsync:error=EIO", "true").Run(); err != nil {
		t.Skip("needs strace:", err)
	}
	url, requests := server(t, good)
	dir := t.TempDir()
	child := strace("inject=fsync:error=EIO", os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+url+" "+dir)
	out, err := child.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "a.gz.part: input/output error") || strings.Count(string(out), "\n") != 1 {
		t.Errorf("%v: %s", err, out)
	}
	if installed(t, dir) || requests.Load() != 1 {
		t.Errorf("installed all the same, or %d requests where no mirror can help", requests.Load())
	}
	if err := Download(context.Background(), specOf(url), dir, patient); err != nil || !installed(t, dir) || requests.Load() != 2 {
		t.Errorf("the next time: %v after %d requests, want 2", err, requests.Load())
	}
}
