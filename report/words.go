package report

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"unicode/utf8"

	"inkling/internal/identity"
	"inkling/train"
)

// functions are what the templates call besides the page's methods.
func (p *page) functions() template.FuncMap {
	return template.FuncMap{
		"share": share, "rough": rough, "count": count, "fixed": fixed, "plus": plus,
		"probability": probability, "seconds": seconds, "list": list,
		"class":    p.class,
		"scale":    func(pixel uint8) string { return fixed(float64(pixel)/255, 2) },
		"mark":     func() template.HTML { return template.HTML(identity.MarkPaths()) },
		"accuracy": (*Trained).accuracy, "number": number, "epochs": epochs, "images": images,
		"image": p.image, "planes": p.planes, "mean": p.mean, "bar": func(v float64) template.HTML { return bar(v, "", nil) },
		"weights": func(v []float64, scale float64, class, alt string) template.HTML {
			return signed(p, v, scale, class, alt)
		},
		"power": power, "both": func(v ...any) []any { return v },
		"scalebar":   scaleBar,
		"accuracies": p.progress, "rates": p.rates, "momenta": p.momenta, "figured": figured, "chance": Chance, "pause": pause,
		"points": func(v float64) string { return fixed(100*v, 2) },
		"curve":  p.curve, "compare": p.compare, "push": p.push, "shapes": p.shapes, "sigmoid": p.sigmoid, "logarithm": p.logarithm,
	}
}

// Posted reports whether there is anything of the post's to compare with.
func (p *page) Posted() bool {
	if a := p.Average; a != nil && (a.MAE.Post != nil || a.MSE.Post != nil) {
		return true
	}
	for _, t := range p.Trained {
		if t.Post != nil || t.Others != nil {
			return true
		}
	}
	return false
}

// Chance is what guessing comes to: 10 %, or 33.3 % where it is no whole number.
func (p *page) Chance() string {
	return strings.Replace(rough(1/float64(max(len(p.Data.Classes), 1))), ".0"+thin, thin, 1)
}

// From is where the data came from, without their name in front, which the page
// has said already.
func (p *page) From() string {
	from := p.Data.From
	for strings.HasPrefix(from, p.Data.Name+":") && p.Data.Name != "" {
		from = strings.TrimSpace(strings.TrimPrefix(from, p.Data.Name+":"))
	}
	if from == p.Data.Name {
		return ""
	}
	return from
}

// Alt describes a picture to somebody who does not see it.
func (p *page) Alt(pic Picture) string {
	if pic.Name == "" {
		return "an image of " + p.class(pic.Label)
	}
	return pic.Name + ", an image of " + p.class(pic.Label)
}

// MeanAlt describes an average image.
func (p *page) MeanAlt(class int) string { return "the average image of " + p.class(class) }

// Training says how the models were trained, in a sentence.
func (p *page) Training() string {
	total := 0.0
	var names []string
	for _, t := range p.Trained {
		total += t.Seconds
		if len(t.Curve) == 0 && t.Stopped != "" {
			names = append(names, t.ID()+" stopped "+t.Stopped)
			continue
		}
		names = append(names, fmt.Sprintf("%s %s in %s", t.ID(), epochs(len(t.Curve)), seconds(t.Seconds)))
	}
	if total == 0 {
		return list(names)
	}
	return list(names) + "; together " + seconds(total)
}

// LongNames reports whether class names need room in a table's head.
func (p *page) LongNames() bool {
	for _, name := range p.Data.Classes {
		if utf8.RuneCountInString(name) > 3 {
			return true
		}
	}
	return false
}

// Right is how many images were answered right.
func (p *page) Right(e *train.Evaluation) int {
	n := 0
	for i, row := range e.Confusion {
		if i < len(row) {
			n += row[i]
		}
	}
	return n
}

// Wrong is how many were not.
func (p *page) Wrong(e *train.Evaluation) int { return e.Images - p.Right(e) }

// remark is what the doctor said on one occasion.
type remark struct {
	About     string
	Sentences []string
}

// Remarks groups what the doctor said by the chapter in front of the colon.
func (p *page) Remarks() []remark {
	var out []remark
	for _, s := range p.Doctor {
		about := "In general"
		if name, rest, ok := strings.Cut(s, ": "); ok {
			if t := p.chapter(name); t != nil {
				about, s = p.Title(t), rest
			}
		}
		if n := len(out); n == 0 || out[n-1].About != about {
			out = append(out, remark{About: about})
		}
		last := &out[len(out)-1]
		last.Sentences = append(last.Sentences, s)
	}
	return out
}

// Has reports whether a chapter ran.
func (p *page) Has(chapter string) bool { return p.chapter(chapter) != nil }

// Last reports whether t is the model that the mistakes are shown of.
func (p *page) Last(t *Trained) bool { return t == p.Final() }

// number formats a setting as it is typed: 1 and not 1.00.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
