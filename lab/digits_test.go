package lab_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"inkling/data"
	"inkling/data/source"
	"inkling/internal/browser"
	"inkling/internal/cli"
	"inkling/lab"
	"inkling/web"
)

// A thousand real test digits, 800 dropped onto the pad at ten times their size and 200
// drawn on it with the pen, are read as inkling predict reads the same pictures of 280 x
// 280. How soon the bars follow the pen, from the pointer's event to the new bars in the
// browser's own clock, is said; on a machine with nothing else to do, which INKLING_QUIET=1
// says, it is 30 ms at the median or the test fails.
func TestAThousandDigits(t *testing.T) {
	if os.Getenv("INKLING_ACCEPTANCE") == "" {
		t.Skip("skipped: an acceptance run; set INKLING_ACCEPTANCE=1")
	}
	l, set := mnist(t)
	s := siteOf(t, l, lab.ServerOptions{Page: web.Lab()})
	run := ended(t, l, `{"epochs": 4}`)
	net, err := l.Net(t.Context(), lab.Subject{Run: run.ID, Step: lab.Latest})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	model := filepath.Join(dir, "model.safetensors")
	if err := net.Save(model, [][]byte{imageOf(t, set.Test, 0)}); err != nil {
		t.Fatal(err)
	}
	v := visit(t, s, 1280, 900, "light", "")
	v.Until("a net", `inkling.lab.net`)

	const digits, drawn, byMouse = 1000, 200, 20
	var answers []int // of the page
	keep := func(file []byte) {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.png", len(answers))), file, 0o644); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, browser.Eval[int](v, `return Number(find("#bars .first .name").textContent)`, nil))
	}
	for i := range digits - drawn {
		file := enlarged(t, set.Test, i, 10)
		browser.Eval[bool](v, `const data = new DataTransfer();
			data.items.add(new File([bytes64(given)], "digit.png", {type: "image/png"}));
			const seen = new Promise(go => { const off = inkling.lab.on("image", () => { off(); go() }) });
			find("#pad").dispatchEvent(new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: data}));
			await seen;
			return true`, file)
		keep(file)
	}
	v.Complaints()
	browser.Eval[bool](v, `globalThis.took = []; addEventListener("pointermove", e => { if (e.isTrusted && e.buttons) { const at = e.timeStamp; requestAnimationFrame(() => took.push(performance.now() - at)) } }); return true`, nil)
	for i := digits - drawn; i < digits; i++ {
		v.Click("#clear")
		strokes := browser.Written(imageOf(t, set.Test, i), 28, 28)
		if i >= digits-byMouse {
			v.Draw(strokes...)
		} else {
			v.Trace(strokes...)
		}
		keep(sheet(v))
	}
	took := browser.Eval[[]float64](v, `return took`, nil)
	v.Quiet()

	args := []string{"predict", model, "--json"}
	for i := range digits {
		args = append(args, filepath.Join(dir, fmt.Sprintf("%04d.png", i)))
	}
	var out, complaints bytes.Buffer
	if status := cli.Main(args, nil, &out, &complaints); status != 0 {
		t.Fatalf("predict ends with %d: %s", status, complaints.String())
	}
	// Where the command finds several digits, the page reads the largest.
	command, largest := map[string]string{}, map[string]int{}
	for line := range bytes.Lines(out.Bytes()) {
		var e struct {
			Event, Image, Class string
			Preparation         struct {
				Ink struct {
					Box struct{ Left, Top, Right, Bottom int }
				}
			}
		}
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		box := e.Preparation.Ink.Box
		size := max(box.Right-box.Left, box.Bottom-box.Top)
		if name := filepath.Base(e.Image); e.Event == "prediction" && (command[name] == "" || size > largest[name]) {
			command[name], largest[name] = e.Class, size
		}
	}
	differ, right, plain := 0, map[bool]int{}, 0
	for i, got := range answers {
		label, pen := int(set.Test.Labels[i]), i >= digits-drawn
		if want := command[fmt.Sprintf("%04d.png", i)]; want != strconv.Itoa(got) {
			differ++
			t.Errorf("image %d, a %d: the page reads %d, the command %s", i, label, got, want)
		}
		if got == label {
			right[pen]++
		}
		if as, err := net.Predict(imageOf(t, set.Test, i)); err != nil {
			t.Fatal(err)
		} else if as.Answer == label {
			plain++
		}
	}
	t.Logf("%d of %d dropped and %d of %d drawn digits are read rightly, %d of %d otherwise than by the command; of the images themselves %d",
		right[false], digits-drawn, right[true], drawn, differ, digits, plain)
	if right[false] < (digits-drawn)*9/10 || right[true] < drawn*8/10 {
		t.Error("too few are read rightly")
	}
	slices.Sort(took)
	t.Logf("from the pen to the bars: median %.1f ms, nine in ten below %.1f ms, of %d events", took[len(took)/2], took[len(took)*9/10], len(took))
	if os.Getenv("INKLING_QUIET") != "" && took[len(took)/2] > 30 {
		t.Errorf("the bars follow the pen after %.1f ms", took[len(took)/2])
	}
}

// mnist is a lab with the real digits.
func mnist(t *testing.T) (*lab.Lab, *data.Dataset) {
	t.Helper()
	opened, err := source.Open(t.Context(), "mnist", source.Options{Offline: true})
	if err != nil {
		t.Skipf("skipped: no MNIST: %v", err)
	}
	return lab.New(lab.Options{Data: []string{"mnist"}, Open: func(context.Context, string) (*data.Dataset, error) { return opened.Dataset, nil }}), opened.Dataset
}

// sheet is what stands on the pad, 280 x 280, as a PNG.
func sheet(v *browser.Visitor) []byte {
	v.Helper()
	pixels := browser.Bytes(v, `return base64(inkling.pad.pad.grey(255).pixels)`, nil)
	if len(pixels) != 280*280 || slices.Max(pixels) != 255 || slices.Min(pixels) != 0 {
		v.Fatalf("there is no drawing on the pad: %d pixels", len(pixels))
	}
	var file bytes.Buffer
	if err := png.Encode(&file, &image.Gray{Pix: pixels, Stride: 280, Rect: image.Rect(0, 0, 280, 280)}); err != nil {
		v.Fatal(err)
	}
	return file.Bytes()
}

// enlarged is a test image as a PNG, each pixel so many times as wide.
func enlarged(t *testing.T, set *data.Set, i, times int) []byte {
	t.Helper()
	pixels := imageOf(t, set, i)
	img := image.NewGray(image.Rect(0, 0, set.Width*times, set.Height*times))
	for y := range set.Height * times {
		for x := range set.Width * times {
			img.SetGray(x, y, color.Gray{Y: pixels[y/times*set.Width+x/times]})
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func imageOf(t *testing.T, set *data.Set, i int) []byte {
	t.Helper()
	pixels := make([]byte, set.Pixels())
	if err := set.Read(i, pixels); err != nil {
		t.Fatal(err)
	}
	return pixels
}
