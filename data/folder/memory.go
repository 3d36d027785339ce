package folder

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
)

// memory keeps what was found in the files of a source, so that a file which
// has not changed is not decoded again only to see that it can be. It is framed as the
// cache of decoded sets is, see cache.go. Files that cannot be read are not
// remembered: they are few, and what was wrong may have been the disk.
type memory struct{ path string } // "" for none

const memoryMagic = "inkfact1"

// remembered is the memory's payload: one row for each file, column by column.
type remembered struct {
	Paths          []string
	Sizes, Changed []int64
	Heights, Width []int32
	Channels       []uint8
	Grey           []bool
	Modes          []string // that there are
	Mode           []uint16 // of each file
	Digests        []byte   // 16 of each
}

func newMemory(opt Options, src source) *memory {
	where, err := filepath.Abs(src.name())
	if err != nil || opt.CacheDir == "" {
		return &memory{}
	}
	h := sha256.Sum256(fmt.Appendf(nil, "%s\x00%t %d %d", where, opt.OnBlack, opt.Limits.FileBytes, opt.Limits.Pixels))
	return &memory{filepath.Join(opt.CacheDir, "decoded", hex.EncodeToString(h[:16])+".inkfacts")}
}

// load fills in what is known of a scan's files. A memory that is damaged, or of
// another version, is none.
func (m *memory) load(s *scan) {
	if m.path == "" {
		return
	}
	_, payload, err := readFrame(m.path, memoryMagic)
	if err != nil {
		return
	}
	r, err := recall(payload)
	if err != nil {
		return
	}
	rows := make(map[string]int32, len(r.Paths))
	for i, p := range r.Paths {
		rows[p] = int32(i)
	}
	for k, file := range s.files {
		i, ok := rows[file.path]
		if !ok {
			continue
		}
		if size, changed := s.src.stamp(file.entry); size != r.Sizes[i] || changed != r.Changed[i] {
			continue
		}
		f := facts{height: int(r.Heights[i]), width: int(r.Width[i]), channels: r.Channels[i], grey: r.Grey[i], mode: r.Modes[r.Mode[i]]}
		copy(f.digest[:], r.Digests[16*i:])
		s.facts[k] = f
		s.known++
	}
}

// save keeps what is known of a scan's files.
func (m *memory) save(s *scan) error {
	if m.path == "" {
		return nil
	}
	var r remembered
	modes := make(map[string]uint16)
	for k, f := range s.facts {
		if f.problem != "" || f.channels == 0 {
			continue
		}
		mode, ok := modes[f.mode]
		if !ok {
			if mode = uint16(len(r.Modes)); len(r.Modes) > 60_000 {
				return errors.New("too many kinds of images")
			}
			modes[f.mode] = mode
			r.Modes = append(r.Modes, f.mode)
		}
		size, changed := s.src.stamp(s.files[k].entry)
		r.Paths, r.Sizes, r.Changed = append(r.Paths, s.files[k].path), append(r.Sizes, size), append(r.Changed, changed)
		r.Heights, r.Width = append(r.Heights, int32(f.height)), append(r.Width, int32(f.width))
		r.Channels, r.Grey, r.Mode = append(r.Channels, f.channels), append(r.Grey, f.grey), append(r.Mode, mode)
		r.Digests = append(r.Digests, f.digest[:]...)
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(&r); err != nil {
		return err
	}
	return writeFrame(m.path, memoryMagic, make([]byte, sha256.Size), b.Bytes())
}

// recall reads a payload that has passed its checksum.
func recall(b []byte) (*remembered, error) {
	r := new(remembered)
	if err := gob.NewDecoder(bytes.NewReader(b)).Decode(r); err != nil {
		return nil, err
	}
	n := len(r.Paths)
	for _, m := range []int{len(r.Sizes), len(r.Changed), len(r.Heights), len(r.Width), len(r.Channels), len(r.Grey), len(r.Mode), len(r.Digests) / 16} {
		if m != n {
			return nil, errors.New("columns of different lengths")
		}
	}
	for i := range n {
		if c := r.Channels[i]; r.Heights[i] < 1 || r.Width[i] < 1 || c != 1 && c != 3 || int(r.Mode[i]) >= len(r.Modes) {
			return nil, fmt.Errorf("row %d describes no image", i)
		}
	}
	return r, nil
}
