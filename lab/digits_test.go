package lab_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"os"
	"slices"
	"testing"

	"inkling/data"
	"inkling/data/source"
	"inkling/lab"
	"inkling/web"
)

// A thousand real test digits, dropped onto the pad at ten times their size, are read as
// inkling predict reads the same files; and the bars follow the pen within 30 ms at the
// median, from the pointer's event to the new bars, in the browser's own clock.
func TestAThousandDigits(t *testing.T) {
	if os.Getenv("INKLING_ACCEPTANCE") == "" {
		t.Skip("skipped: an acceptance run; set INKLING_ACCEPTANCE=1")
	}
	opened, err := source.Open(t.Context(), "mnist", source.Options{Offline: true})
	if err != nil {
		t.Skipf("skipped: %v", err)
	}
	set := opened.Dataset
	l := lab.New(lab.Options{Data: []string{"mnist"}, Open: func(context.Context, string) (*data.Dataset, error) { return set, nil }})
	s := siteOf(t, l, lab.ServerOptions{Page: web.Lab()})
	run := ended(t, l, `{"epochs": 4, "lr": 1}`)
	net, err := l.Net(t.Context(), lab.Subject{Run: run.ID, Step: lab.Latest})
	if err != nil {
		t.Fatal(err)
	}
	v := visit(t, s, 1280, 900, "light", "")
	v.until("a net", `inkling.lab.net`)

	const digits, batch = 1000, 25
	right, differ, plain := 0, 0, 0
	for from := 0; from < digits; from += batch {
		var files [][]byte
		for i := from; i < from+batch; i++ {
			files = append(files, enlarged(t, set.Test, i, 10))
		}
		answers := eval[[]int](v, `
			const answers = [];
			for (const content of given) {
				const data = new DataTransfer(), bytes = Uint8Array.from(atob(content), c => c.charCodeAt(0));
				data.items.add(new File([bytes], "digit.png", {type: "image/png"}));
				const seen = new Promise(go => { const off = inkling.lab.on("image", () => { off(); go() }) });
				find("#pad").dispatchEvent(new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: data}));
				await seen;
				answers.push(Number(find("#bars .first .name").textContent));
			}
			return answers`, files)
		for k, file := range files {
			want, err := net.PredictFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if answers[k] != want.Answer {
				differ++
				t.Errorf("image %d: the page reads %d, the command %d (%.3f)", from+k, answers[k], want.Answer, want.Probabilities[want.Answer])
			}
			if asIs, err := net.Predict(imageOf(t, set.Test, from+k)); err != nil {
				t.Fatal(err)
			} else if asIs.Answer == int(set.Test.Labels[from+k]) {
				plain++
			}
			if answers[k] == int(set.Test.Labels[from+k]) {
				right++
			}
		}
	}
	t.Logf("of %d digits the page reads %d rightly, and %d otherwise than the command; %d of the images themselves", digits, right, differ, plain)
	if right < plain-digits/50 {
		t.Errorf("only %d of %d are right, and %d of the images themselves", right, digits, plain)
	}

	v.click("#clear")
	eval[bool](v, `globalThis.took = []; addEventListener("pointermove", e => { const at = e.timeStamp; requestAnimationFrame(() => took.push(performance.now() - at)) }); return true`, nil)
	for y := 40.0; y < 240; y += 40 {
		var stroke [][2]float64
		for x := 60.0; x < 220; x += 4 {
			stroke = append(stroke, [2]float64{x, y})
		}
		v.draw(stroke)
		v.key("Tab") // the pen rests
		v.click("#clear")
	}
	took := eval[[]float64](v, `return took`, nil)
	slices.Sort(took)
	t.Logf("from the pen to the bars: median %.1f ms, nine in ten below %.1f ms, of %d events", took[len(took)/2], took[len(took)*9/10], len(took))
	if took[len(took)/2] > 30 {
		t.Errorf("the bars follow the pen after %.1f ms", took[len(took)/2])
	}
	v.quiet()
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
