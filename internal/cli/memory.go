package cli

import (
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"

	"inkling/train"
)

// gigabytes writes a number of bytes for a person.
func gigabytes(n int64) string {
	if n < 1e9 {
		return fmt.Sprintf("%d MB", n/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

// fits refuses a training that would take more memory than is free: Go cannot recover
// from running out, and a machine that swaps is of no use to anybody.
func (t *training) fits(trainer *train.Trainer) error {
	free, known := freeMemory(os.ReadFile)
	if !known || t.measured {
		return nil
	}
	t.measured = true
	return tooMuch(trainer.Memory(), trainer.Train.Batch, free)
}

// tooMuch is the error of an estimate that does not fit; nil of one that does.
func tooMuch(m train.Memory, batch int, free int64) error {
	if m.Total() <= free {
		return nil
	}
	return fmt.Errorf("the training would take %s more memory (%s for a batch of %d images, %s for those that are evaluated together, %s for the optimizer and copies of the model), and %s are free; take a smaller --batch, --size or --model",
		gigabytes(m.Total()), gigabytes(m.Step+m.Batches), batch, gigabytes(m.Evaluation), gigabytes(m.Model), gigabytes(free))
}

// modelFits refuses a model that cannot even be built: its numbers, their gradients
// and the copy that a training keeps.
func (t *training) modelFits() error {
	free, known := freeMemory(os.ReadFile)
	if !known {
		return nil
	}
	bytes, err := t.recipe.ModelBytes(t.split.train)
	if err != nil {
		return err
	}
	if need := 3 * bytes; need > free {
		return fmt.Errorf("the model %s takes %s for these images and these classes, and training it three times as much; %s are free; take another --model or a smaller --size", t.recipe.Model, gigabytes(bytes), gigabytes(free))
	}
	return nil
}

// freeMemory is what Linux says is available, and no more than the control groups leave
// that the process is in; not known elsewhere.
func freeMemory(read func(string) ([]byte, error)) (free int64, known bool) {
	info, err := read("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	kilobytes, known := field(string(info), "MemAvailable:")
	if free = kilobytes << 10; !known {
		return 0, false
	}
	groups, err := read("/proc/self/cgroup")
	if err != nil {
		return free, true
	}
	for _, line := range strings.Split(strings.TrimSpace(string(groups)), "\n") {
		parts := strings.SplitN(line, ":", 3)
		switch {
		case len(parts) != 3:
		case parts[1] == "": // version 2
			free = min(free, groupLeaves(read, "/sys/fs/cgroup", parts[2], "memory.max", "memory.current", "inactive_file"))
		case strings.Contains(","+parts[1]+",", ",memory,"):
			free = min(free, groupLeaves(read, "/sys/fs/cgroup/memory", parts[2], "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"))
		}
	}
	return free, true
}

// groupLeaves is the least that a group and those around it have of their limits. What a file's
// pages take is given back when it is needed.
func groupLeaves(read func(string) ([]byte, error), root, group, limit, usage, pages string) int64 {
	least := int64(1) << 62
	for at := path.Clean("/" + group); ; at = path.Dir(at) {
		number := func(file string) (int64, bool) {
			text, err := read(path.Join(root, at, file))
			if err != nil {
				return 0, false
			}
			n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
			return n, err == nil // "max" is no number
		}
		if most, ok := number(limit); ok {
			if used, ok := number(usage); ok {
				stat, _ := read(path.Join(root, at, "memory.stat"))
				cached, _ := field(string(stat), pages)
				least = min(least, max(most-used+cached, 0))
			}
		}
		if at == "/" {
			return least
		}
	}
}

// field is the number after a name at the beginning of a line.
func field(text, name string) (int64, bool) {
	for _, line := range strings.Split(text, "\n") {
		if words := strings.Fields(line); len(words) > 1 && words[0] == name {
			n, err := strconv.ParseInt(words[1], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
