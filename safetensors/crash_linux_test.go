package safetensors

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

const childVariable = "SAFETENSORS_TEST_SAVE" // the path to which a child of the test saves

func TestMain(m *testing.M) {
	if path := os.Getenv(childVariable); path != "" {
		runtime.LockOSThread() // strace counts the calls of each thread by itself
		if err := Save(path, generation(3)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// inject saves generation 3 over 2 in a process whose system calls fail or
// kill as strace is told to. It returns the output and the error of the process.
func inject(t *testing.T, path, fault string) (string, error) {
	t.Helper()
	save1(t, path, 1)
	save1(t, path, 2)
	call, _, _ := strings.Cut(fault, ":")
	c := exec.Command("strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace="+call, "-e", "inject="+fault, os.Args[0])
	c.Env = append(os.Environ(), childVariable+"="+path, "GOMAXPROCS=1")
	out, err := c.CombinedOutput()
	return string(out), err
}

func needStrace(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a process for every fault")
	}
	if err := exec.Command("strace", "-f", "-qq", "-o", os.DevNull, "-e", "inject=chroot:error=EIO", "true").Run(); err != nil {
		t.Skip("needs strace:", err)
	}
}

// Killed at any system call: the old or the new file loads, some generation
// before it too, and the next save leaves nothing else in the folder.
func TestSaveKilled(t *testing.T) {
	needStrace(t)
	for _, call := range []string{"mkdirat", "openat", "fchmod", "write", "fsync", "close", "linkat", "renameat", "unlinkat"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "model.safetensors")
			kills, done := 0, false
			for n := 1; n < 60 && !done; n++ {
				out, err := inject(t, path, fmt.Sprintf("%s:signal=KILL:when=%d", call, n))
				done = err == nil
				if !done {
					kills++
				}
				if got := loads(t, path); got != 2 && got != 3 {
					t.Fatalf("kill %d: generation %d (%s)", n, got, out)
				}
				if got := loads(t, Previous(path)); got != 1 && got != 2 {
					t.Fatalf("kill %d: generation before %d (%s)", n, got, out)
				}
				now := loads(t, path)
				save1(t, path, 4)
				holds(t, path, 4, now)
			}
			if !done || kills == 0 && call != "fchmod" {
				t.Errorf("%d kills, came to the end: %v", kills, done)
			}
		})
	}
}

// An error of a system call is reported with the path, and the old file stays.
func TestSaveFaults(t *testing.T) {
	needStrace(t)
	for _, fault := range []string{
		"mkdirat:error=EROFS:when=1",
		"write:error=ENOSPC:when=1",
		"write:error=EIO:when=1",
		"fsync:error=EIO:when=1",
		"fsync:error=EIO:when=2",
		"renameat:error=EIO:when=1",
		"renameat:error=EIO:when=2",
	} {
		path := filepath.Join(t.TempDir(), "model.safetensors")
		out, err := inject(t, path, fault)
		if err == nil || !strings.Contains(out, "cannot save "+path) {
			t.Errorf("%s: error %v, output %s", fault, err, out)
		}
		previous := int64(1)
		if fault == "renameat:error=EIO:when=2" || fault == "fsync:error=EIO:when=2" {
			previous = 2 // the second name was made already
		}
		holds(t, path, 2, previous)
	}

	// The folder's own fsync comes last: the new file is there, yet not surely for good.
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if out, err := inject(t, path, "fsync:error=EIO:when=3"); err == nil {
		t.Errorf("no error: %s", out)
	}
	holds(t, path, 3, 2)

	// No hard links: copied instead.
	path = filepath.Join(t.TempDir(), "model.safetensors")
	if out, err := inject(t, path, "linkat:error=EPERM"); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	holds(t, path, 3, 2)
}

// Root may write anywhere, so the thread becomes somebody else for a moment.
func TestSaveReadOnlyFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model.safetensors")
	save1(t, path, 1)
	os.Chmod(filepath.Dir(dir), 0o755)
	os.Chmod(dir, 0o555)
	defer os.Chmod(dir, 0o755)
	if os.Getuid() == 0 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		syscall.RawSyscall(syscall.SYS_SETFSUID, 65534, 0, 0)
		defer syscall.RawSyscall(syscall.SYS_SETFSUID, 0, 0, 0)
	}
	err := Save(path, generation(2))
	if err == nil || !strings.Contains(err.Error(), "cannot save "+path) || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("got error %v", err)
	}
	holds(t, path, 1, 0)
}

// Opening a named pipe would wait for a writer for ever.
func TestOpenPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	for _, err := range []error{second(Open(path)), Save(path, generation(1))} {
		if err == nil || !strings.Contains(err.Error(), "no regular file") {
			t.Errorf("got error %v", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
