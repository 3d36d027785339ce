package web

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"

	"inkling/autograd"
	"inkling/internal/browser"
	"inkling/internal/identity"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"
)

func written(t *testing.T, p *Page) string {
	t.Helper()
	var out bytes.Buffer
	if err := p.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestPage(t *testing.T) {
	m, _ := drawn(t, "network", digits, 1)
	m.Training = map[string]any{"images": 54000.0, "epochs": 10.0, "loss": "cross-entropy"}
	p, err := NewPage(m)
	if err != nil {
		t.Fatal(err)
	}
	page := written(t, p)
	if len(page) > 2_000_000 {
		t.Errorf("the page of network has %d bytes", len(page))
	}
	if page != written(t, p) {
		t.Error("the same model gives other bytes")
	}
	if said := p.Describe(); !strings.Contains(said, "a place to drop pictures on, and 50,890 numbers of the net, which takes 50,816 products") || !strings.Contains(said, "does not know what its training images look like") {
		t.Errorf("the page is described as %q", said)
	}
	for _, want := range []string{"tells 10 classes apart: 64 hidden sigmoid units", "trained on 54,000 images", "50,890 numbers", "<dd>cross-entropy</dd>", "default-src &#39;none&#39;", "<dd>0, 1, 2, 3, 4, 5, 6, 7, 8, 9</dd>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, never := range []string{"http:", "https:", "url(", "@import", "unsafe", "ZgotmplZ"} {
		if i := strings.Index(strings.ReplaceAll(page, `xmlns="http://www.w3.org/2000/svg"`, ""), never); i >= 0 {
			t.Errorf("the page says %q: %s", never, page[max(0, i-40):i+40])
		}
	}
}

// Names of classes come from folders, and are text whatever is in them.
func TestClassNamesAreText(t *testing.T) {
	t.Parallel()
	v := browser.Visit(t, 800, 900, "light")
	m, _ := drawn(t, "linear", models.Spec{Channels: 1, Height: 5, Width: 4, Classes: 3}, 1)
	m.Classes = []string{`</script><script>window.broken=1</script>`, `<img src=x onerror="window.broken=1">`, "a\u2028b\n'\"\\"}
	show(t, v, m, 360, "dark")
	if browser.Eval[bool](v, `return "broken" in window || document.querySelector("img") !== null`, nil) {
		t.Error("a class name became a part of the page")
	}
	for i, want := range m.Classes {
		if got := browser.Eval[string](v, `return document.querySelectorAll("#bars .name")[given].textContent`, i); got != want {
			t.Errorf("class %d is called %q, want %q", i, got, want)
		}
	}
	v.Quiet()
}

// What no page can do is refused by name.
func TestRefused(t *testing.T) {
	m, _ := drawn(t, "linear", models.Spec{Channels: 4, Height: 5, Width: 4, Classes: 3}, 1)
	if _, err := NewPage(m); err == nil || !strings.Contains(err.Error(), "grey or coloured images, and the model wants 4 channels") {
		t.Errorf("four channels: %v", err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	m, _ = drawn(t, "cnn", digits, 1)
	grouped := tensor.Square(3, 1, 1)
	grouped.Groups = 4
	m.Net = append(m.Net.(nn.Sequential)[:2:2], nn.NewConv2D("odd", 16, 4, grouped, nn.FanIn(tensor.CPU, rng)), nn.GlobalAvgPool)
	if _, err := NewPage(m); err == nil || !strings.Contains(err.Error(), "a page cannot do what cnn does: a convolution in 4 groups") {
		t.Errorf("groups: %v", err)
	}
	m.Net = nn.Sequential{nn.Flatten, nn.NewLinear("a", 784, 10, nn.FanIn(tensor.CPU, rng)), nn.Func(func(x *autograd.Var) *autograd.Var { return x.Exp() })}
	if _, err := NewPage(m); err == nil || !strings.Contains(err.Error(), "a page cannot do what cnn does: exp") {
		t.Errorf("an operation that no page knows: %v", err)
	}
}

// The lab's page shows the mark that package identity draws.
func TestTheLabsMark(t *testing.T) {
	for name, want := range map[string]string{"mark.svg": identity.MarkSVG(), "index.html": identity.MarkPaths()} {
		text, err := fs.ReadFile(Lab(), name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), want) {
			t.Errorf("%s has another mark", name)
		}
	}
}
