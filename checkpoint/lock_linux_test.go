package checkpoint_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"inkling/checkpoint"
)

const (
	childVariable = "CHECKPOINT_TEST_LOCK" // the path that a child of the test locks
	saveVariable  = "CHECKPOINT_TEST_SAVE" // the path that a child of the test saves to
	howVariable   = "CHECKPOINT_TEST_HOW"  // save or replace
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childVariable); path != "" {
		if _, err := checkpoint.Acquire(path); err != nil {
			os.Stdout.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Stdout.WriteString("locked\n")
		select {} // until it is killed
	}
	if path := os.Getenv(saveVariable); path != "" {
		saveInChild(path, os.Getenv(howVariable))
	}
	os.Exit(m.Run())
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 100)
	if n, _ := out.Read(said); string(said[:n]) != "locked\n" {
		t.Fatalf("the child says %q", said[:n])
	}
	_, err = checkpoint.Acquire(path)
	var held *checkpoint.Locked
	if !errors.As(err, &held) || held.PID != child.Process.Pid || !strings.Contains(err.Error(), path) {
		t.Errorf("%v, want that process %d holds it", err, child.Process.Pid)
	}
	child.Process.Signal(syscall.SIGKILL) // and its lock goes with it
	child.Wait()
	first, err := checkpoint.Acquire(path)
	if err != nil {
		t.Fatalf("the lock of a dead process: %v", err)
	}
	if _, err := checkpoint.Acquire(path); !errors.As(err, &held) || held.PID != os.Getpid() {
		t.Errorf("%v, want that this process holds it", err)
	}
	first.Release()
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
	again, err := checkpoint.Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	again.Release()
}
