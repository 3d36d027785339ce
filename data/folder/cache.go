package folder

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"

	"inkling/data"
	"inkling/internal/replace"
)

// The cache keeps the decoded images of one source, as it was read with one set
// of options, in one file:
//
//	magic     8 bytes "inkset2\n"
//	identity  32 bytes: what the source looked like
//	length    8 bytes: of the payload, little-endian like all that follows
//	checksum  4 bytes: CRC-32C of identity and payload
//	payload   4 bytes length of head, head (gob), then for each split its
//	          labels (4 bytes each), the lengths of its names (4 bytes each),
//	          its names, its pixels
//
// The file's name is a digest of the source's absolute path and the options, so a
// source that changes replaces its old file. The identity of a folder is a digest
// of the path, size and time of modification of every file in it; that of an
// archive is its size and time of modification. Contents changed behind all of
// these go unnoticed, as with make and rsync. A file appears whole or not at all,
// so several processes may read and write at once.
const cacheMagic = "inkset2\n"

const cacheHeader = len(cacheMagic) + sha256.Size + 8 + 4

type cache struct {
	path     string // "" for none
	identity []byte
}

// head is what a cache file says about its splits. It is written by gob, because
// JSON would change the names that are not UTF-8.
type head struct {
	Classes                 []string
	Channels, Height, Width int
	Counts                  [3]int // images of train, valid and test
	Named                   bool   // the sets have names
	Report                  *Report
}

func newCache(opt Options, src source) *cache {
	if opt.CacheDir == "" {
		return &cache{}
	}
	where, err := filepath.Abs(src.name())
	if err != nil {
		return &cache{}
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%d %d %d %t %t %t", where, opt.Height, opt.Width, opt.Color, opt.OnBlack, opt.SkipBroken, opt.Judged)
	return &cache{
		path:     filepath.Join(opt.CacheDir, "decoded", hex.EncodeToString(h.Sum(nil)[:16])+".inkset"),
		identity: src.identity(),
	}
}

// load returns what is kept of the source as it is now, else nil. A damaged file
// is also described in words: it will be made anew.
func (c *cache) load() (ds *data.Dataset, r *Report, damage []string) {
	if c.path == "" {
		return nil, nil, nil
	}
	identity, payload, err := readFrame(c.path, cacheMagic)
	if err == nil && !bytes.Equal(identity, c.identity) {
		return nil, nil, nil // the source has changed since
	}
	if err == nil {
		ds, r, err = unpack(payload)
	}
	var broken *frameError
	switch {
	case errors.As(err, &broken):
		return nil, nil, []string{fmt.Sprintf("the cache of decoded images %s was damaged (%v) and has been made anew", quote(c.path), broken)}
	case err != nil:
		return nil, nil, nil // not there, or not readable: save will say more
	}
	r.Cached = true
	return ds, r, nil
}

// save keeps a decoded set.
func (c *cache) save(ds *data.Dataset, r *Report) error {
	if c.path == "" {
		return nil
	}
	payload, err := pack(ds, r)
	if err != nil {
		return err
	}
	return writeFrame(c.path, cacheMagic, c.identity, payload)
}

// frameError says what is wrong with a file of the cache.
type frameError struct{ what string }

func (e *frameError) Error() string { return e.what }

// readFrame reads a file of the cache, and checks it.
func readFrame(path, magic string) (identity, payload []byte, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	if bytes.HasPrefix(b, []byte("inkset1\n")) {
		return nil, nil, errors.New("written by an earlier version")
	}
	if len(b) < cacheHeader || string(b[:len(magic)]) != magic {
		return nil, nil, &frameError{"its header"}
	}
	b = b[len(magic):]
	identity, b = b[:sha256.Size], b[sha256.Size:]
	length, sum, payload := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint32(b[8:]), b[12:]
	if length != uint64(len(payload)) {
		return nil, nil, &frameError{"its length"}
	}
	if checksum(identity, payload) != sum {
		return nil, nil, &frameError{"its checksum"}
	}
	return identity, payload, nil
}

// writeFrame writes a file of the cache, which appears whole or not at all.
func writeFrame(path, magic string, identity, payload []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := replace.New(path, replace.Options{Perm: 0o666})
	if err != nil {
		return err
	}
	defer f.Cleanup()
	b := append([]byte(magic), identity...)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(payload)))
	b = binary.LittleEndian.AppendUint32(b, checksum(identity, payload))
	for _, part := range [][]byte{b, payload} {
		if _, err := f.Write(part); err != nil {
			return err
		}
	}
	return f.CloseAtomicallyReplace()
}

func checksum(identity, payload []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(identity, table), table, payload)
}

func pack(ds *data.Dataset, r *Report) ([]byte, error) {
	t := ds.Train
	hd := head{Classes: t.Classes, Channels: t.Channels, Height: t.Height, Width: t.Width, Named: t.Names != nil, Report: r}
	sets := [3]*data.Set{ds.Train, ds.Valid, ds.Test}
	size := 0
	for s, set := range sets {
		if set != nil {
			hd.Counts[s] = set.Len()
			size += len(set.Images) + 64*set.Len()
		}
	}
	var h bytes.Buffer
	if err := gob.NewEncoder(&h).Encode(hd); err != nil {
		return nil, err
	}
	b := make([]byte, 0, 4+h.Len()+size)
	b = append(binary.LittleEndian.AppendUint32(b, uint32(h.Len())), h.Bytes()...)
	for _, set := range sets {
		if set == nil {
			continue
		}
		for _, l := range set.Labels {
			b = binary.LittleEndian.AppendUint32(b, uint32(l))
		}
		for _, n := range set.Names {
			b = binary.LittleEndian.AppendUint32(b, uint32(len(n)))
		}
		for _, n := range set.Names {
			b = append(b, n...)
		}
		b = append(b, set.Images...)
	}
	return b, nil
}

// unpack reverses pack. Its argument has passed the checksum, so a mistake here is
// a file of another version rather than damage; it must not panic all the same.
func unpack(b []byte) (*data.Dataset, *Report, error) {
	short := &frameError{"its contents"}
	take := func(n int) []byte {
		if n < 0 || n > len(b) {
			return nil
		}
		part := b[:n:n]
		b = b[n:]
		return part
	}
	if len(b) < 4 {
		return nil, nil, short
	}
	var hd head
	h := take(int(binary.LittleEndian.Uint32(take(4))))
	if err := gob.NewDecoder(bytes.NewReader(h)).Decode(&hd); err != nil || hd.Report == nil {
		return nil, nil, short
	}
	ds := new(data.Dataset)
	for s, into := range []**data.Set{&ds.Train, &ds.Valid, &ds.Test} {
		n := hd.Counts[s]
		if n == 0 && s != train {
			continue
		}
		set := &data.Set{Channels: hd.Channels, Height: hd.Height, Width: hd.Width, Classes: hd.Classes}
		if n <= 0 || n > len(b)/8 || set.Pixels() <= 0 || set.Pixels() > len(b) {
			return nil, nil, short
		}
		set.Labels = make([]int32, n)
		for i, labels := 0, take(4*n); i < n; i++ {
			set.Labels[i] = int32(binary.LittleEndian.Uint32(labels[4*i:]))
		}
		if hd.Named {
			if set.Names = unpackNames(n, take); set.Names == nil {
				return nil, nil, short
			}
		}
		set.Images = take(n * set.Pixels())
		if set.Check() != nil {
			return nil, nil, short
		}
		*into = set
	}
	if len(b) != 0 {
		return nil, nil, short
	}
	return ds, hd.Report, nil
}

// unpackNames reads n names; nil if they are not all there.
func unpackNames(n int, take func(int) []byte) []string {
	lengths := take(4 * n)
	if lengths == nil {
		return nil
	}
	total := 0
	for i := range n {
		total += int(binary.LittleEndian.Uint32(lengths[4*i:]))
	}
	all := string(take(total)) // one string: each name is a part of it
	if len(all) != total {
		return nil
	}
	names := make([]string, n)
	for i := range n {
		l := int(binary.LittleEndian.Uint32(lengths[4*i:]))
		names[i], all = all[:l], all[l:]
	}
	return names
}
