package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"inkling/safetensors"
)

// Lock keeps other processes from writing the files of one training. It is the
// system's lock on a file .NAME.lock, which goes away with the process however that
// ends; what is left of the file then bars nobody.
type Lock struct{ file *os.File }

// Locked is the error of files that another training writes at this moment.
type Locked struct {
	Path string
	PID  int // 0 if it is not known
}

func (l *Locked) Error() string {
	who := "another training"
	if l.PID > 0 {
		who += " (process " + strconv.Itoa(l.PID) + ")"
	}
	return fmt.Sprintf("%s: %s writes there; wait for it, stop it, or name another file", safetensors.Quote(l.Path), who)
}

// Acquire locks the files of the training whose model file is path. It returns a
// *Locked if they are another's.
func Acquire(path string) (*Lock, error) {
	name := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".lock")
	for {
		file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, err
		}
		switch err := lockFile(file); {
		case errors.Is(err, errHeld):
			text, _ := io.ReadAll(io.LimitReader(file, 32))
			file.Close()
			pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
			return nil, &Locked{path, pid}
		case err != nil:
			file.Close()
			return nil, fmt.Errorf("%s cannot be locked: %w", safetensors.Quote(name), err)
		}
		// The one that held it may have removed the file in between.
		held, err := file.Stat()
		if err != nil {
			file.Close()
			return nil, err
		}
		if there, err := os.Stat(name); err != nil || !os.SameFile(held, there) {
			file.Close()
			continue
		}
		if err = file.Truncate(0); err == nil {
			_, err = file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
		}
		if err != nil {
			file.Close()
			return nil, err
		}
		return &Lock{file}, nil
	}
}

// Release lets others in, and removes the file.
func (l *Lock) Release() {
	os.Remove(l.file.Name())
	l.file.Close()
}
