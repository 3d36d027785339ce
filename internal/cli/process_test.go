package cli

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cpuTime is how long a process has computed for, and whether that is known: where
// there is no /proc, or the process has ended, it is not.
func cpuTime(pid int) (time.Duration, bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	// 42 (inkling) R ...: the state is the third, user and system time the 14th and
	// 15th, in hundredths of a second.
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 || fields[0] == "Z" || fields[0] == "X" {
		return 0, false
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, err1 == nil && err2 == nil
}

// hasComputed waits until a process has computed for so long, or has ended. Unlike
// the clock it tells how far a command is on a machine of any speed, with any load.
func hasComputed(t *testing.T, c *exec.Cmd, d time.Duration) {
	t.Helper()
	if _, ok := cpuTime(os.Getpid()); !ok { // no /proc here: the clock will have to do
		time.Sleep(d)
		return
	}
	for {
		switch now, ok := cpuTime(c.Process.Pid); {
		case !ok || now >= d:
			return
		case t.Context().Err() != nil:
			t.Fatal("the process did not come so far")
		}
		time.Sleep(5 * time.Millisecond)
	}
}
