package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

var (
	errSilent  = errors.New("no answer") // the request got no response at all
	errStalled = errors.New("the server stopped sending")
)

// try asks once for what is missing of a file, and installs it when it is whole.
// It says whether another try at the same address makes sense.
func (d *download) try(ctx context.Context, url, path string, f File) (again bool, err error) {
	partPath := path + ".part"
	part, err := os.OpenFile(partPath, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return false, err
	}
	defer part.Close()
	info, err := part.Stat()
	if err != nil {
		return false, err
	}
	from := info.Size() // what an earlier try left
	if from > f.Size {
		from = 0
	}
	if from < f.Size {
		if again, err := d.transfer(ctx, url, part, from, f); err != nil {
			return again, fmt.Errorf("%s: %w", url, err)
		}
	}
	sum, err := sumOf(part)
	if err != nil {
		return false, err
	}
	if sum != f.SHA256 {
		// If an earlier try left some of it, that may be to blame: once more, from the beginning.
		if err := part.Truncate(0); err != nil {
			return false, err
		}
		return from > 0, fmt.Errorf("%s: its SHA-256 is %s, want %s: the file is damaged or another one", url, sum, f.SHA256)
	}
	if err := part.Sync(); err != nil {
		// The system may have dropped what it could not write, and would call the
		// next fsync a success: nothing of the part can be trusted.
		return false, restart(part, err)
	}
	if err := part.Close(); err != nil {
		return false, err
	}
	return false, os.Rename(partPath, path)
}

// transfer fetches the bytes of a file from the given offset on. Afterwards part
// has the file's size, or there is an error.
func (d *download) transfer(ctx context.Context, url string, part *os.File, from int64, f File) (again bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false, err
	}
	req.Header.Set("User-Agent", "inkling")
	if from > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	resp, err := d.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		return false, fmt.Errorf("%w: %w", errSilent, errors.Unwrap(err)) // without the address, which the caller adds
	}
	defer resp.Body.Close()
	switch code := resp.StatusCode; {
	case code == http.StatusPartialContent && from > 0:
		if got := resp.Header.Get("Content-Range"); !strings.HasPrefix(got, fmt.Sprintf("bytes %d-", from)) {
			return true, restart(part, fmt.Errorf("asked for the bytes from %d on, got %q", from, got))
		}
	case code == http.StatusOK: // the whole file, even if a part was asked for
		from = 0
	case code == http.StatusRequestedRangeNotSatisfiable:
		return true, restart(part, errors.New("the server refuses to go on where the last try ended"))
	default:
		return code >= 500 || code == http.StatusTooManyRequests, fmt.Errorf("the server answers %q", resp.Status)
	}
	if kind := resp.Header.Get("Content-Type"); strings.HasPrefix(kind, "text/html") {
		return false, errors.New("the server sends a web page instead of the file; does the network want you to log in?")
	}
	if n := resp.ContentLength; n >= 0 && from+n != f.Size {
		return false, fmt.Errorf("the server promises %d bytes, the file has %d", from+n, f.Size)
	}
	if err := part.Truncate(from); err != nil {
		return false, err
	}
	if _, err := part.Seek(from, io.SeekStart); err != nil {
		return false, err
	}
	return d.copy(ctx, cancel, part, resp.Body, from, f.Size)
}

// copy writes what the server sends. It keeps what came before a cut, and cancels
// the request when less than 1 KiB comes in the time of a stall.
func (d *download) copy(ctx context.Context, cancel context.CancelCauseFunc, part *os.File, body io.Reader, at, size int64) (again bool, err error) {
	watch := time.AfterFunc(d.opt.Stall, func() { cancel(errStalled) })
	defer watch.Stop()
	buf := make([]byte, 1<<16)
	lately := 0
	for {
		n, err := body.Read(buf)
		if at+int64(n) > size {
			return false, restart(part, fmt.Errorf("the server sends more than the %d bytes of the file", size))
		}
		if n > 0 {
			if _, err := part.Write(buf[:n]); err != nil {
				return false, err
			}
			at += int64(n)
			d.report(at)
			if lately += n; lately >= 1<<10 {
				lately = 0
				watch.Reset(d.opt.Stall)
			}
		}
		switch {
		case errors.Is(err, io.EOF) && at == size:
			return false, nil
		case errors.Is(err, io.EOF):
			return true, fmt.Errorf("the server ends after %d of %d bytes", at, size)
		case err != nil && ctx.Err() != nil:
			return errors.Is(context.Cause(ctx), errStalled), context.Cause(ctx)
		case err != nil:
			return true, fmt.Errorf("the connection broke after %d of %d bytes: %w", at, size, err)
		}
	}
}

// restart throws a part away and returns why.
func restart(part *os.File, why error) error {
	if err := part.Truncate(0); err != nil {
		return err
	}
	return why
}

// sumOf returns the SHA-256 of a file in hexadecimal.
func sumOf(f *os.File) (string, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
