package cli

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// memoryBound is what DESIGN.md states for a training on a streamed folder: the
// data, the batches, a small model and the program itself.
const memoryBound = 1 << 30

// TestManyImages trains on a folder of so many generated images that they cannot
// be held, by the program as a person would, and asks the system for the most memory
// that it ever had. INKLING_LARGE says how many: 200000 takes some minutes and a
// gigabyte of disk, so the usual run leaves it out; 12000 are the fewest that are streamed.
// The second training finds what the first one has found in the files.
func TestManyImages(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("INKLING_LARGE"))
	if err != nil {
		t.Skip("skipped: INKLING_LARGE=200000 generates 200,000 images and trains on them")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "inkling")
	if out, err := exec.Command("go", "build", "-o", program, "inkling/cmd/inkling").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	images := filepath.Join(dir, "images")
	start := time.Now()
	bytes := generate(t, images, n)
	t.Logf("%d images of 128 x 128 drawn in %v, %d MB", n, time.Since(start).Round(time.Second), bytes>>20)
	run := func(what string, args ...string) string {
		start := time.Now()
		peak, said, err := ranIn(dir, program, args...)
		if err != nil {
			t.Fatalf("%s: %v\n%s", what, err, said)
		}
		if !strings.Contains(said, "read from there while they are used") {
			t.Errorf("%s: the images are not streamed:\n%s", what, said)
		}
		t.Logf("%s: %v, %d MiB at most", what, time.Since(start).Round(time.Second), peak>>20)
		if peak > memoryBound {
			t.Errorf("%s: a peak of %d MiB; the bound is %d MiB", what, peak>>20, memoryBound>>20)
		}
		return said
	}
	said := run("every file decoded, one epoch, validation", "train", images, "--model", "linear", "--epochs", "1", "--batch", "64", "--lr", "0.001", "--out", filepath.Join(dir, "m.safetensors"))
	accuracy := regexp.MustCompile(`Accuracy on the validation images: +([0-9.]+)`).FindStringSubmatch(said)
	if accuracy == nil {
		t.Fatalf("no accuracy in:\n%s", said)
	}
	if a, _ := strconv.ParseFloat(accuracy[1], 64); a < 50 { // of five classes
		t.Errorf("an accuracy of %s %%: the images and their labels do not belong together", accuracy[1])
	}
	run("the second start, and a hundred steps", "lrfind", images, "--model", "linear")
}

// ranIn runs a program and returns the most memory that it had, in bytes, and what it said.
func ranIn(dir, program string, args ...string) (peak int64, said string, err error) {
	c := exec.Command(program, args...)
	c.Env = append(os.Environ(), "INKLING_CACHE="+filepath.Join(dir, "cache"))
	out, err := c.CombinedOutput()
	return c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10, string(out), err
}

// generate draws n images of five classes, each a patch of the class's colour somewhere
// on a background of any: no two are the same. It returns their bytes.
func generate(t *testing.T, root string, n int) int64 {
	t.Helper()
	for class := range 5 {
		if err := os.MkdirAll(filepath.Join(root, fmt.Sprint("colour", class)), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	var next, total atomic.Int64
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			m := image.NewPaletted(image.Rect(0, 0, 128, 128), make(color.Palette, 256))
			encoder := png.Encoder{CompressionLevel: png.BestSpeed}
			var b bytes.Buffer
			for {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				draw(m, i)
				b.Reset()
				w := bufio.NewWriter(&b)
				if err := encoder.Encode(w, m); err != nil {
					t.Error(err)
					return
				}
				w.Flush()
				total.Add(int64(b.Len()))
				if err := os.WriteFile(filepath.Join(root, fmt.Sprint("colour", i%5), fmt.Sprintf("x%06d.png", i)), b.Bytes(), 0o666); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	return total.Load()
}

// draw draws image i: 128 shades of its background, 128 of its patch.
func draw(m *image.Paletted, i int) {
	rng := rand.New(rand.NewPCG(uint64(i), 9))
	back := rng.Uint32()
	patch := [5][3]byte{{120, 0, 0}, {0, 120, 0}, {0, 0, 120}, {120, 120, 0}, {0, 120, 120}}[i%5]
	for k := range 128 {
		v := byte(k)
		m.Palette[k] = color.RGBA{byte(back)/2 + v, byte(back>>8)/2 + v, byte(back>>16)/2 + v, 255}
		m.Palette[128+k] = color.RGBA{patch[0] + v, patch[1] + v, patch[2] + v, 255}
	}
	top, left := rng.IntN(40), rng.IntN(40)
	for y := range 128 {
		noise := rng.Uint64()
		for x := range 128 {
			v := byte(y/2) + byte(noise>>(x%61))&31
			if y >= top && y < top+88 && x >= left && x < left+88 {
				v += 128
			}
			m.Pix[128*y+x] = v
		}
	}
}
