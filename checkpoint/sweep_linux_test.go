package checkpoint_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"inkling/autograd"
	"inkling/checkpoint"
	"inkling/optim"
	"inkling/safetensors"
	"inkling/tensor"
	"inkling/train"
)

// generation is a checkpoint of epoch n all of whose numbers are n.
func generation(n int) *checkpoint.Checkpoint {
	weights := []*autograd.Param{autograd.NewParam("w", tensor.CPU.Full(float64(n), 200, 784))}
	return &checkpoint.Checkpoint{
		Info:     checkpoint.Info{Arithmetic: "amd64/go", History: make([]checkpoint.Epoch, n)},
		Position: &train.Position{Epoch: n, Order: []byte("pcg:"), Model: weights, Optimizer: optim.State{Steps: n, Tensors: weights}},
	}
}

// saveInChild is what a child of the test does: it saves generation 3 between two
// calls that the sweep knows the beginning and the end by.
func saveInChild(path, how string) {
	runtime.LockOSThread() // strace counts the calls of each thread by itself
	c := generation(3)
	mark := func(name string) { syscall.Access("/inkling-"+name, 0) }
	mark("begins")
	var err error
	if how == "replace" {
		var f *safetensors.File
		if f, err = safetensors.Open(path + ".new"); err == nil {
			err = safetensors.Replace(path, f)
		}
	} else {
		err = c.Save(path)
	}
	mark("ends")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// sweep is a folder with a checkpoint whose next save is killed or fails.
type sweep struct {
	t         *testing.T
	how, path string

	faults, lost int
}

// child runs the save under strace with more arguments. It returns what the save
// said, and its error.
func (s *sweep) child(args ...string) (string, error) {
	c := exec.Command("strace", append(append([]string{"-f", "-qq"}, args...), os.Args[0])...)
	// Nothing that happens by the clock: no collection, no preemption.
	c.Env = append(os.Environ(), saveVariable+"="+s.path, howVariable+"="+s.how, "GOMAXPROCS=1", "GOGC=off", "GODEBUG=asyncpreemptoff=1")
	out, err := c.CombinedOutput()
	return string(out), err
}

// restore makes generation 2 the current one, and 1 the one before it.
func (s *sweep) restore() {
	s.t.Helper()
	os.RemoveAll(filepath.Dir(s.path))
	if err := os.Mkdir(filepath.Dir(s.path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	for n, path := range map[int]string{1: safetensors.Previous(s.path), 2: s.path, 3: s.path + ".new"} {
		if err := generation(n).Save(path); err != nil {
			s.t.Fatal(err)
		}
	}
}

// calls lists the system calls of one save: each with how many of its name the thread
// had made by then.
func (s *sweep) calls() (all [][2]string) {
	s.t.Helper()
	s.restore()
	log := filepath.Join(s.t.TempDir(), "log")
	if out, err := s.child("-o", log); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		s.t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^(\d+) +(\w+)\((.*)$`)
	thread := ""
	for _, m := range line.FindAllStringSubmatch(string(text), -1) {
		if strings.Contains(m[3], "/inkling-begins") {
			thread = m[1]
		}
	}
	count, within := map[string]int{}, false
	for _, m := range line.FindAllStringSubmatch(string(text), -1) {
		if m[1] != thread {
			continue
		}
		count[m[2]]++
		switch {
		case strings.Contains(m[3], "/inkling-begins"):
			within = true
		case strings.Contains(m[3], "/inkling-ends"):
			within = false
		case within:
			all = append(all, [2]string{m[2], fmt.Sprint(count[m[2]])})
		}
	}
	return all
}

// check wants the old or the new generation whole, the new one if the save said that
// it had succeeded, and a next save that leaves nothing behind.
func (s *sweep) check(fault string, out string, failed error) {
	s.t.Helper()
	s.faults++
	c, err := checkpoint.Open(s.path)
	switch {
	case err != nil:
		s.lost++
		s.t.Errorf("%s %s: %v", s.how, fault, err)
		return
	case c.Position.Epoch != 2 && c.Position.Epoch != 3, failed == nil && c.Position.Epoch != 3:
		s.t.Errorf("%s %s: generation %d is there, and the save said %v %s", s.how, fault, c.Position.Epoch, failed, out)
	}
	if before, err := checkpoint.Open(safetensors.Previous(s.path)); err != nil || before.Position.Epoch != 1 && before.Position.Epoch != 2 {
		s.lost++
		s.t.Errorf("%s %s: the generation before: %v", s.how, fault, err)
	}
	if err := safetensors.Tidy(s.path); err != nil {
		s.t.Errorf("%s %s: %v", s.how, fault, err)
	}
	entries, err := os.ReadDir(filepath.Dir(s.path))
	if err != nil || len(entries) != 3 {
		s.t.Errorf("%s %s: %d files are left, want 3 (%v)", s.how, fault, len(entries), err)
	}
	if err := generation(4).Save(s.path); err != nil {
		s.t.Errorf("%s %s: the next save: %v", s.how, fault, err)
	}
}

// A save is killed at every system call that it makes, and each of them fails with
// each error that it can have: a whole generation always loads.
func TestAcceptanceSaveSweep(t *testing.T) {
	if os.Getenv("INKLING_ACCEPTANCE") == "" {
		t.Skip("takes minutes: INKLING_ACCEPTANCE=1 runs it")
	}
	if err := exec.Command("strace", "-f", "-qq", "-o", os.DevNull, "-e", "inject=chroot:error=EIO", "true").Run(); err != nil {
		t.Skip("needs strace: ", err)
	}
	swept, faults, lost := 0, 0, 0
	for _, how := range []string{"save", "replace"} {
		s := &sweep{t: t, how: how, path: filepath.Join(t.TempDir(), "run", "m.checkpoint.safetensors")}
		calls := s.calls()
		if len(calls) < 20 {
			t.Fatalf("%s: only %d system calls were seen: %v", how, len(calls), calls)
		}
		kinds := map[string]bool{}
		for _, call := range calls {
			kinds[call[0]] = true
			for _, fault := range []string{"signal=KILL", "error=EIO", "error=ENOSPC"} {
				if fault != "signal=KILL" && !canFail[call[0]] {
					continue
				}
				inject := call[0] + ":" + fault + ":when=" + call[1]
				out, err, killed := "", error(nil), false
				for try := 0; try < 5 && !killed; try++ {
					s.restore()
					out, err = s.child("-o", os.DevNull, "-e", "trace="+call[0], "-e", "inject="+inject)
					var exit *exec.ExitError
					killed = fault != "signal=KILL" || errors.As(err, &exit) && exit.ExitCode() != 1
				}
				if !killed && canFail[call[0]] {
					t.Errorf("%s %s: was not killed: %s", how, inject, out)
				}
				if !killed { // a call of the runtime's own, of which it makes more in one run than in another
					t.Logf("%s %s: not reached in five runs", how, inject)
					continue
				}
				if call[0] == "fsync" && err == nil {
					t.Errorf("%s %s: an fsync failed, and the save says that it succeeded", how, inject)
				}
				s.check(inject, out, err)
			}
		}
		for _, needed := range []string{"openat", "write", "fsync", "close", "renameat", "unlinkat"} {
			if !kinds[needed] {
				t.Errorf("%s: no %s among the calls: %v", how, needed, calls)
			}
		}
		swept, faults, lost = swept+len(calls), faults+s.faults, lost+s.lost
	}
	t.Logf("calls swept: %d, faults injected: %d, files lost: %d", swept, faults, lost)
}

// canFail are the calls whose failure means something for a file. The others are the
// runtime's own, which it does not survive: they are killed at, and not failed.
var canFail = map[string]bool{
	"mkdirat": true, "openat": true, "fchmod": true, "write": true, "fsync": true, "close": true, "linkat": true,
	"renameat": true, "renameat2": true, "unlinkat": true, "newfstatat": true, "fstat": true, "getdents64": true, "pread64": true, "read": true,
}

// smallDisk mounts a file system of so many bytes.
func smallDisk(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skip("cannot mount a small file system: ", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// A disk that is full: the error names the file, and the old one stays whole.
func TestSaveOnAFullDisk(t *testing.T) {
	path := filepath.Join(smallDisk(t, "size=2m"), "m.checkpoint.safetensors") // a generation takes 1.3 MB
	if err := generation(2).Save(path); err != nil {
		t.Fatal(err)
	}
	err := generation(3).Save(path)
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "cannot save "+path+": ") {
		t.Fatalf("%v, want that no space is left", err)
	}
	if c, err := checkpoint.Open(path); err != nil || c.Position.Epoch != 2 {
		t.Errorf("what was there before: %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// A folder that nothing can be written to is known before the training.
func TestLockInAReadOnlyFolder(t *testing.T) {
	dir := smallDisk(t, "size=1m")
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skip("cannot mount read-only: ", err)
	}
	if _, err := checkpoint.Acquire(filepath.Join(dir, "m.safetensors")); !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.EROFS) {
		t.Errorf("%v, want that the file system is read-only", err)
	}
}
