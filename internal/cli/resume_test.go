package cli

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// killed trains, killing the process when it has computed for each of the given times,
// and goes on until the training has ended. It returns how many kills came before the
// end, and how long the last process computed.
func killed(t *testing.T, dir, line string, after []time.Duration) (kills int, computed time.Duration) {
	t.Helper()
	resume := ""
	for i := range len(after) + 1 {
		c := exec.Command("inkling", strings.Fields(line+resume)...)
		c.Dir = dir
		var said bytes.Buffer
		c.Stderr = &said
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if i < len(after) {
			hasComputed(t, c, after[i])
			c.Process.Signal(syscall.SIGKILL)
		}
		err := c.Wait()
		switch status := c.ProcessState.Sys().(syscall.WaitStatus); {
		case err == nil:
			return kills, c.ProcessState.UserTime() + c.ProcessState.SystemTime()
		case !status.Signaled():
			t.Fatalf("after %d kills: %v: %s", kills, err, &said)
		}
		kills++
		// Killed before the first checkpoint, it begins anew.
		if found, _ := filepath.Glob(filepath.Join(dir, "*.checkpoint.safetensors")); len(found) > 0 {
			resume = " --resume"
		}
	}
	t.Fatal("the training never ended")
	return 0, 0
}

// sameFiles wants files of the same names in two folders to be the same.
func sameFiles(t *testing.T, a, b string, names ...string) {
	t.Helper()
	for _, name := range names {
		one, err1 := os.ReadFile(filepath.Join(a, name))
		other, err2 := os.ReadFile(filepath.Join(b, name))
		if err1 != nil || err2 != nil || !bytes.Equal(one, other) {
			t.Errorf("%s is another file than without the kills (%v, %v)", name, err1, err2)
		}
	}
}

// A training that is killed again and again, and taken up each time, ends with the
// files of one that is left alone.
func TestKilledTrainingComesToTheSameFiles(t *testing.T) {
	data := filepath.Join(t.TempDir(), "digits")
	if out, err := exec.Command("inkling", "data", "make", data, "--train", "1500", "--test", "20").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if kills := compareKilled(t, data+" --model network --epochs 30 --ema 0.95 --augment shift=1", "10ms", 4); kills < 2 {
		t.Errorf("only %d kills came before the end", kills)
	}
}

// The same with the real digits and a convolutional network: three kills.
func TestAcceptanceKilledOnMNIST(t *testing.T) {
	if os.Getenv("INKLING_ACCEPTANCE") == "" {
		t.Skip("takes a minute: INKLING_ACCEPTANCE=1 runs it")
	}
	if os.Getenv("INKLING_DATA") == "" {
		t.Skip("no MNIST: INKLING_DATA names no folder")
	}
	if kills := compareKilled(t, "mnist --model cnn --epochs 2", "500ms", 3); kills != 3 {
		t.Errorf("%d kills came before the end, want 3", kills)
	}
}

// compareKilled trains undisturbed, and again with kills at random moments, and wants
// the same files. It returns how many kills came before the end.
func compareKilled(t *testing.T, arguments, every string, kills int) int {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no SIGKILL to send")
	}
	whole, pieces := t.TempDir(), t.TempDir()
	line := "train " + arguments + " --out m.safetensors"
	_, took := killed(t, whole, line, nil)
	var after []time.Duration
	for range kills {
		after = append(after, took/10+rand.N(took/8))
	}
	n, _ := killed(t, pieces, line+" --checkpoint-every "+every, after)
	t.Logf("%v of processor time undisturbed; killed %d times, after %v", took.Round(time.Millisecond), n, after)
	sameFiles(t, whole, pieces, "m.safetensors", "m.best.safetensors", "m.checkpoint.safetensors")
	left, err := os.ReadDir(pieces)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range left {
		if strings.HasPrefix(f.Name(), ".") {
			t.Errorf("left over: %s", f.Name())
		}
	}
	return n
}

// Two trainings do not write to the same files.
func TestTwoTrainingsOfOneModelFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no locks there")
	}
	dir := t.TempDir()
	first := exec.Command("inkling", strings.Fields("train synth --epochs 100000 --out m.safetensors")...)
	first.Dir = dir
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { first.Process.Kill(); first.Wait() }()
	for begun := time.Now(); time.Since(begun) < 2*time.Minute; time.Sleep(10 * time.Millisecond) {
		if holder, _ := os.ReadFile(filepath.Join(dir, ".m.safetensors.lock")); string(holder) == fmt.Sprintln(first.Process.Pid) {
			break
		}
	}
	second := exec.Command("inkling", strings.Fields("train synth --out m.safetensors")...)
	second.Dir = dir
	said, _ := second.CombinedOutput()
	if second.ProcessState.ExitCode() != 1 || !strings.Contains(string(said), fmt.Sprintf("--out: m.safetensors: another training (process %d) writes there", first.Process.Pid)) {
		t.Errorf("exit status %d: %s", second.ProcessState.ExitCode(), said)
	}
}

// A limit on the size of files, as a full disk: the training goes on and says what it
// could not save; at the end one line names the file, and what was there before stays.
func TestTrainingThatCannotSave(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs ulimit")
	}
	dir := t.TempDir()
	run := func(line string) (string, string, int) {
		c := exec.Command("sh", "-c", line)
		c.Dir = dir
		var out, said bytes.Buffer
		c.Stdout, c.Stderr = &out, &said
		c.Run()
		return out.String(), said.String(), c.ProcessState.ExitCode()
	}
	if _, said, status := run("inkling data make digits --train 300 --test 20 && inkling train digits --model network --epochs 2 --out m.safetensors && cp m.safetensors before"); status != 0 {
		t.Fatal(said)
	}
	out, said, status := run("ulimit -f 100; inkling train digits --model network --epochs 3 --out m.safetensors")
	if status != 1 || said != "inkling: m.safetensors: file too large\n" {
		t.Errorf("exit status %d, said %q", status, said)
	}
	for _, want := range []string{"not saved: m.checkpoint.safetensors: file too large; the training goes on\n", "not saved: m.best.safetensors: file too large; the training goes on\n", "\n      3 "} {
		if !strings.Contains(out, want) {
			t.Errorf("printed %q, want %q", out, want)
		}
	}
	if out, said, status := run("cmp m.safetensors before && inkling train digits --out m.safetensors --resume --json"); status != 0 || !strings.Contains(out, `"already":true`) {
		t.Errorf("what was there before: exit status %d, %s%s", status, out, said)
	}
}
