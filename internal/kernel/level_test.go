package kernel

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestUnknownLevelIsReported(t *testing.T) {
	if _, err := choose("sse9"); err == nil || !strings.Contains(err.Error(), "INKLING_CPU=sse9") {
		t.Errorf("an unknown level gives %v", err)
	}
	for _, level := range Levels() {
		if r, err := choose(level); err != nil || r.level != level {
			t.Errorf("%s gives %v, %v", level, r.level, err)
		}
	}
	if r, err := choose(""); err != nil || r.level != Levels()[len(Levels())-1] {
		t.Errorf("no wish gives %v, %v; want the best of %v", r.level, err, Levels())
	}
}

// The variable is read at start, so it takes another process to see it read.
func TestEnvironmentChoosesLevel(t *testing.T) {
	if os.Getenv("INKLING_CPU_TEST") != "" {
		t.Logf("level %s, error %v.", Level(), Err())
		return
	}
	run := func(value string) string {
		cmd := exec.Command(os.Args[0], "-test.v", "-test.run=^TestEnvironmentChoosesLevel$")
		cmd.Env = append(os.Environ(), levelVariable+"="+value, "INKLING_CPU_TEST=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Skipf("cannot start this program again: %v", err)
		}
		return string(out)
	}
	for _, level := range Levels() {
		if out := run(level); !strings.Contains(out, "level "+level+", error <nil>.") {
			t.Errorf("INKLING_CPU=%s: %s", level, out)
		}
	}
	if out := run("sse9"); !strings.Contains(out, "error INKLING_CPU=sse9: this machine can run go") {
		t.Errorf("INKLING_CPU=sse9: %s", out)
	}
}

func TestUse(t *testing.T) {
	before := Level()
	restore := Use("go")
	if Level() != "go" {
		t.Errorf("level %s after Use(go)", Level())
	}
	restore()
	if Level() != before {
		t.Errorf("level %s after restoring %s", Level(), before)
	}
	if !slices.Contains(Levels(), "go") {
		t.Errorf("levels %v lack go", Levels())
	}
}

func TestPeakFMA(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for _, n := range []int{0, 1, 1000, 1e6} {
			if flops := PeakFMA(n); flops < 2*n || flops > 2*n+2000 {
				t.Errorf("PeakFMA(%d) did %d operations", n, flops)
			}
		}
	})
}
