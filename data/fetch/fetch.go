package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ErrUnreachable is wrapped in the error of Download if no mirror could be reached:
// most likely there is no network.
var ErrUnreachable = errors.New("no mirror can be reached")

// Options say how patient a download is. The zero value is a good choice.
type Options struct {
	Connect  time.Duration           // for connecting to all mirrors of a file together; 0 is 5 s
	Stall    time.Duration           // a server that sends less than 1 KiB in this time has stalled; 0 is 15 s
	Tries    int                     // at one mirror, going on where the last one ended; 0 is 3
	Pause    time.Duration           // before the second try, doubled each time; 0 is 1 s
	Progress func(done, total int64) // bytes of the whole data set; called from Download's goroutine
}

func (o Options) withDefaults() Options {
	if o.Connect == 0 {
		o.Connect = 5 * time.Second
	}
	if o.Stall == 0 {
		o.Stall = 15 * time.Second
	}
	if o.Tries == 0 {
		o.Tries = 3
	}
	if o.Pause == 0 {
		o.Pause = time.Second
	}
	return o
}

// Download puts all files of a data set into dir, which it makes. Files that are
// there already are not fetched again. On an error dir holds no file that is not
// whole and verified; .part files stay, so that the next call goes on. Where
// nothing came, nothing stays: neither files nor folders that were not there before.
//
// A second process that downloads into the same dir waits for the first.
func Download(ctx context.Context, s Spec, dir string, opt Options) error {
	opt = opt.withDefaults()
	made := missing(dir)
	lockPath := filepath.Join(dir, ".lock")
	unlock, err := lock(ctx, lockPath)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	defer func() {
		tidy(dir, made)
		unlock()
	}()
	d := &download{spec: s, dir: dir, opt: opt, client: client(opt, len(s.Mirrors))}
	defer d.client.CloseIdleConnections()
	for _, f := range s.Files {
		if err := d.file(ctx, f); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		d.done += f.Size
		d.report(0)
	}
	return nil
}

// missing lists the folders on the way to dir that are not there, the deepest first.
func missing(dir string) []string {
	var list []string
	for at := filepath.Clean(dir); at != filepath.Dir(at); at = filepath.Dir(at) {
		if _, err := os.Lstat(at); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		list = append(list, at)
	}
	return list
}

// tidy removes empty parts, and the lock and the folders that were made where
// nothing else is in them. It is called under the lock.
func tidy(dir string, made []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	kept := 0
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		info, err := e.Info()
		switch {
		case e.Name() == ".lock":
		case err == nil && info.Size() == 0 && strings.HasSuffix(name, ".part") && os.Remove(name) == nil:
		default:
			kept++
		}
	}
	if kept > 0 {
		return
	}
	os.Remove(filepath.Join(dir, ".lock"))
	for _, d := range made {
		os.Remove(d) // not if there is something in it
	}
}

// client makes a client that gives up soon: without a network, nothing is worse
// than a program that sits there.
func client(opt Options, mirrors int) *http.Client {
	each := opt.Connect / time.Duration(max(mirrors, 1))
	return &http.Client{Transport: &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: each}).DialContext,
		TLSHandshakeTimeout:    opt.Connect,
		ResponseHeaderTimeout:  opt.Stall,
		MaxResponseHeaderBytes: 1 << 16,
		DisableCompression:     true, // the files are gzip themselves, and their sums are of the gzip
		ForceAttemptHTTP2:      true,
	}}
}

// download is one call of Download.
type download struct {
	spec   Spec
	dir    string
	opt    Options
	client *http.Client
	done   int64 // bytes of the files that are whole
	next   int   // the mirror that worked last comes first
}

func (d *download) report(part int64) {
	if d.opt.Progress != nil {
		d.opt.Progress(d.done+part, d.spec.Bytes())
	}
}

// file fetches one file, from the first mirror that gives it whole.
func (d *download) file(ctx context.Context, f File) error {
	path := filepath.Join(d.dir, f.Name)
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Size() == f.Size {
		return nil
	}
	if len(d.spec.Mirrors) == 0 {
		return fmt.Errorf("%w: none is known", ErrUnreachable)
	}
	var failed failures
	reached := false
	for k := range d.spec.Mirrors {
		at := (d.next + k) % len(d.spec.Mirrors)
		err := d.mirror(ctx, d.spec.Mirrors[at]+f.Name, path, f)
		if err == nil {
			d.next = at
			return nil
		}
		var disk *fs.PathError
		if ctx.Err() != nil || errors.As(err, &disk) {
			return err // nobody wants the file any more, or no mirror can help
		}
		reached = reached || !errors.Is(err, errSilent)
		failed = append(failed, err)
	}
	if !reached {
		return fmt.Errorf("%w: %w", ErrUnreachable, failed)
	}
	return failed
}

// mirror fetches a file from one address, in several tries if need be.
func (d *download) mirror(ctx context.Context, url, path string, f File) error {
	var err error
	pause := d.opt.Pause
	for try := range d.opt.Tries {
		if try > 0 {
			select {
			case <-time.After(pause):
				pause *= 2
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		var again bool
		again, err = d.try(ctx, url, path, f)
		if err == nil || !again || ctx.Err() != nil {
			break
		}
	}
	return err
}

// failures are what went wrong at each mirror. The error is one of them, for a
// person: that of a mirror that answered, if one did.
type failures []error

func (f failures) Error() string {
	if len(f) == 1 {
		return f[0].Error()
	}
	i := slices.IndexFunc(f, func(err error) bool { return !errors.Is(err, errSilent) })
	if i < 0 {
		return fmt.Sprintf("none of %d answers", len(f))
	}
	return fmt.Sprintf("%v (mirrors that failed: %d)", f[i], len(f))
}

// Detail is what went wrong at every mirror, on one line.
func (f failures) Detail() string {
	var b strings.Builder
	for i, err := range f {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(err.Error())
	}
	return b.String()
}

func (f failures) Unwrap() []error { return f }
