package folder

import (
	"io"
	"os"
)

// inMemory is how much of an unpacked archive is held in memory.
const inMemory = 64 << 20

// spool keeps what is written to it for being read at any place: in memory as long
// as it is little, else in a temporary file that nobody else sees.
type spool struct {
	dir    string // for the file; "" is the system's
	memory []byte
	file   *os.File
	size   int64
}

func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil && len(s.memory)+len(p) > inMemory {
		if s.dir != "" {
			if err := os.MkdirAll(s.dir, 0o777); err != nil {
				return 0, err
			}
		}
		f, err := os.CreateTemp(s.dir, "inkling-unpacked-")
		if err != nil {
			return 0, err
		}
		os.Remove(f.Name()) // it goes when it is closed, however the program ends; Close does it where that cannot be
		s.file = f
		if _, err := f.Write(s.memory); err != nil {
			return 0, err
		}
		s.memory = nil
	}
	s.size += int64(len(p))
	if s.file != nil {
		return s.file.Write(p)
	}
	s.memory = append(s.memory, p...)
	return len(p), nil
}

// ReadAt implements io.ReaderAt.
func (s *spool) ReadAt(p []byte, at int64) (int, error) {
	if s.file != nil {
		return s.file.ReadAt(p, at)
	}
	if at >= int64(len(s.memory)) {
		return 0, io.EOF
	}
	n := copy(p, s.memory[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Close frees what is kept.
func (s *spool) Close() error {
	s.memory = nil
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	os.Remove(s.file.Name())
	return err
}
