package safetensors

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"

	"inkling/internal/replace"
)

// Previous is where Save keeps the generation before the one at path.
func Previous(path string) string { return path + ".prev" }

// Save writes f to path, and what was there before is kept at Previous(path).
//
//  1. the new file is written and flushed to disk in a folder of its own,
//     .NAME.saving beside path;
//  2. a second name (a hard link) for the current file replaces Previous(path);
//  3. the new file replaces path, and the folder is flushed and tidied.
//
// So there is a whole file at path at every moment, the old or the new one,
// wherever a crash or an error comes; an error before 3 leaves the old one. A
// failure between 2 and 3 costs the generation before the current one. What a
// crash left behind goes away with the next Save. A symbolic link at path is
// replaced; the file that it points to stays as it is.
//
// Two processes must not save to the same path at the same time: one of them
// may get an error, though neither damages the file.
func Save(path string, f *File) error { return named(path, save(path, f, true)) }

// Replace is Save without 2: no generation is kept.
func Replace(path string, f *File) error { return named(path, save(path, f, false)) }

func named(path string, err error) error {
	if err != nil {
		return fmt.Errorf("cannot save %w", ofFile(path, err))
	}
	return nil
}

var (
	saving sync.Mutex // two calls in this process never tidy away each other's files
	link   = os.Link  // a test puts a file system without hard links here
)

func save(path string, f *File, keep bool) (err error) {
	saving.Lock()
	defer saving.Unlock()

	// To replace /dev/null, or a folder, can never be meant.
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() != fs.ModeSymlink {
		if err := regular(info.Mode()); err != nil {
			return err
		}
	}
	work := workFolder(path)
	if err := os.RemoveAll(work); err != nil { // left by a crash
		return err
	}
	if err := os.Mkdir(work, 0o700); err != nil {
		return err
	}
	defer os.RemoveAll(work) // if this fails, the next Save tidies

	next, err := pending(path, work)
	if err != nil {
		return err
	}
	defer next.Cleanup()
	w := bufio.NewWriterSize(next, 1<<18)
	if err := f.Write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := next.Sync(); err != nil {
		return err
	}
	if keep {
		if err := keepPrevious(path, work); err != nil {
			return err
		}
	}
	if err := next.CloseAtomicallyReplace(); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func workFolder(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".saving")
}

// Tidy removes what a Save to path left behind that was killed. The next Save would
// do so too.
func Tidy(path string) error {
	saving.Lock()
	defer saving.Unlock()
	return os.RemoveAll(workFolder(path))
}

// pending begins a file in work that will replace path, with its permissions.
func pending(path, work string) (*replace.File, error) {
	return replace.New(path, replace.Options{Perm: 0o644, Keep: true, Folder: work})
}

// keepPrevious makes Previous(path) the file that is at path, if there is one.
func keepPrevious(path, work string) error {
	second := filepath.Join(work, "previous")
	if err := link(path, second); err == nil {
		return os.Rename(second, Previous(path))
	}
	// Nothing there yet, or no hard links here (FAT, some network file systems): copy.
	from, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := pending(Previous(path), work)
	if err != nil {
		return err
	}
	defer to.Cleanup()
	if _, err := io.Copy(to, from); err != nil {
		return err
	}
	return to.CloseAtomicallyReplace()
}

// syncFolder makes the renames last through a power cut.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" { // which has no such call for folders
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	err = folder.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil // some file systems cannot, and need not
	}
	return err
}
