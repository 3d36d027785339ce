package cli

import (
	"io/fs"
	"testing"

	"inkling/train"
)

// A training that does not fit is refused with the figures.
func TestTooMuchMemory(t *testing.T) {
	m := train.Memory{Model: 300e6, Step: 8e9, Evaluation: 1e9, Batches: 100e6}
	if err := tooMuch(m, 64, m.Total()); err != nil {
		t.Errorf("what fits is refused: %v", err)
	}
	const want = "the training would take 12.5 GB more memory (8.1 GB for a batch of 64 images, 1.0 GB for those that are evaluated together, 300 MB for the optimizer and copies of the model), and 4.0 GB are free; take a smaller --batch, --size or --model"
	if err := tooMuch(m, 64, 4e9); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// What is free is the least of what the machine and each control group leave.
func TestFreeMemory(t *testing.T) {
	const machine = "MemTotal:  24000000 kB\nMemFree: 100 kB\nMemAvailable:   2000000 kB\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
		known bool
	}{
		"no Linux":      {nil, 0, false},
		"no limits":     {map[string]string{"/proc/meminfo": machine}, 2000000 << 10, true},
		"an old kernel": {map[string]string{"/proc/meminfo": "MemTotal: 5 kB\n"}, 0, false},
		"max is no limit": {map[string]string{
			"/proc/meminfo": machine, "/proc/self/cgroup": "0::/a/b\n",
			"/sys/fs/cgroup/a/b/memory.max": "max\n", "/sys/fs/cgroup/a/b/memory.current": "5\n",
		}, 2000000 << 10, true},
		"a group around it, version 2": {map[string]string{
			"/proc/meminfo": machine, "/proc/self/cgroup": "0::/a/b\n",
			"/sys/fs/cgroup/a/memory.max": "1000000000\n", "/sys/fs/cgroup/a/memory.current": "900000000\n",
			"/sys/fs/cgroup/a/memory.stat": "anon 1\ninactive_file 200000000\n",
		}, 300000000, true},
		"version 1": {map[string]string{
			"/proc/meminfo": machine, "/proc/self/cgroup": "9:cpu:/\n4:memory:/x\n0::/\n",
			"/sys/fs/cgroup/memory/x/memory.limit_in_bytes": "500000000\n", "/sys/fs/cgroup/memory/x/memory.usage_in_bytes": "600000000\n",
		}, 0, true},
	} {
		free, known := freeMemory(func(path string) ([]byte, error) {
			if text, ok := c.files[path]; ok {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		})
		if free != c.want || known != c.known {
			t.Errorf("%s: %d, %v, want %d, %v", name, free, known, c.want, c.known)
		}
	}
}
