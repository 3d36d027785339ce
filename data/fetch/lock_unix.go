//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package fetch

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// lock makes a folder and takes its lock, waiting for a process that has it. The
// system gives it back when the process ends, however it ends.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := lockFile(path)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil && !isAt(f, path):
			// Who had it has removed the file, and a third process may have made a new one.
			f.Close()
			if f, err = lockFile(path); err != nil {
				return nil, err
			}
			continue
		case err == nil:
			return func() { f.Close() }, nil
		case errors.Is(err, syscall.EWOULDBLOCK), errors.Is(err, syscall.EINTR):
		default:
			// A file system without locks: two downloads at once cost time, but the
			// checksum keeps them from doing harm.
			return func() { f.Close() }, nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		}
	}
}

// lockFile opens the lock, in a folder that may be removed meanwhile.
func lockFile(path string) (f *os.File, err error) {
	for range 10 {
		if err = os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return nil, err
		}
		if f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return f, err
}

// isAt says whether an open file is the one that has a name.
func isAt(f *os.File, path string) bool {
	here, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(here, there)
}
