package devicetest

import (
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"strings"

	"inkling/device"
)

// trial is one call of an operation.
type trial struct {
	name string
	// args are the operands, those that the operation writes first.
	args []operand
	// outs is how many of args the operation writes; 0 stands for 1.
	outs int
	// do is the call, on views of args.
	do func(b device.Backend, v []device.View)

	// How near the result must come. At most one is set: by default, to within
	// tol of the result itself.
	exact bool
	// terms sets the results, from the absolute values of args, to the sum of
	// the magnitudes of what each is the sum of. Often it is do again.
	terms func(b device.Backend, v []device.View)
	// scale is the scale of a result of the out-th operand.
	scale func(out int, want float64) float64
}

// check returns an error where b and the truth disagree.
func (t trial) check(b, truth device.Backend, tol float64) (err error) {
	defer func() {
		if said := recover(); said != nil {
			err = fmt.Errorf("[%s] on %s panics: %v%s\n%s", t.name, b.Name(), said, t.operands(), culprits(string(debug.Stack())))
		}
	}()
	outs := max(t.outs, 1)
	got, want := t.run(b, t.args, t.do), t.run(truth, t.args, t.do)
	flushed := want
	if slices.ContainsFunc(t.args, operand.denormal) {
		flushed = t.run(truth, changed(t.args, flush), t.do)
	}
	scales := want
	if t.terms != nil {
		scales = t.run(truth, changed(t.args, math.Abs), t.terms)
	}

	for out, arg := range t.args {
		written := make([]bool, len(arg.values))
		var wrong wrongs
		if out < outs {
			for index, p := range elements(arg.view) {
				written[p] = true
				scale := scales[out][p]
				if t.scale != nil {
					scale = t.scale(out, want[out][p])
				}
				near := allowance(tol, want[out][p], scale)
				if t.exact {
					near = 0
				}
				if !within(got[out][p], want[out][p], near) && !within(got[out][p], flushed[out][p], near) {
					wrong.add("operand %d at %s is %v, want %v: off by %.3g, allowed %.3g",
						out, tuple(index), got[out][p], want[out][p], math.Abs(got[out][p]-want[out][p]), near)
				}
			}
		}
		for p, before := range arg.values {
			if !written[p] && !within(got[out][p], before, 0) && got[out][p] != flush(before) {
				wrong.add("element %d of operand %d's buffer, which the operation does not write, became %v; it was %v",
					p, out, got[out][p], before)
			}
		}
		if wrong.count > 0 {
			return fmt.Errorf("[%s] on %s: %s%s", t.name, b.Name(), wrong, t.operands())
		}
	}
	return nil
}

// culprits is the part of a stack between the suite and the panic.
func culprits(stack string) string {
	_, stack, _ = strings.Cut(stack, "\npanic(")
	_, stack, _ = strings.Cut(stack, "\n\t")
	_, stack, _ = strings.Cut(stack, "\n")
	stack, _, _ = strings.Cut(stack, "inkling/device/devicetest.")
	return strings.TrimSpace(stack)
}

// run does the call on buffers of its own and returns what they hold then.
func (t trial) run(b device.Backend, args []operand, do func(device.Backend, []device.View)) [][]float64 {
	views := make([]device.View, len(args))
	for i, arg := range args {
		views[i] = arg.view
		views[i].Buf = b.Alloc(arg.dtype, len(arg.values))
		upload(b, views[i].Buf, arg.values)
	}
	do(b, views)
	results := make([][]float64, len(args))
	for i, v := range views {
		results[i] = download(b, v.Buf)
	}
	return results
}

// changed is args with f applied to every Float.
func changed(args []operand, f func(float64) float64) []operand {
	args = slices.Clone(args)
	for i, arg := range args {
		if arg.dtype == device.Float {
			args[i].values = make([]float64, len(arg.values))
			for p, v := range arg.values {
				args[i].values[p] = f(v)
			}
		}
	}
	return args
}

// denormal reports whether flush would change the operand.
func (o operand) denormal() bool {
	return slices.ContainsFunc(o.values, func(x float64) bool { return x != 0 && flush(x) == 0 })
}

// flush is 0 for a number below float32's normal ones.
func flush(x float64) float64 {
	if math.Abs(x) < 0x1p-126 {
		return math.Copysign(0, x)
	}
	return x
}

// floor is what a result may always be off: hardware may flush it to zero.
const floor = 1e-37

// allowance is how far a result may lie from what is wanted.
func allowance(tol, want, scale float64) float64 {
	return tol*max(math.Abs(want), scale) + floor
}

// within reports whether got lies within near of want, as far as float32 can.
func within(got, want, near float64) bool {
	switch {
	case math.IsNaN(want):
		return math.IsNaN(got)
	case got == want:
		return true
	case math.IsInf(want, 0):
		return false
	case math.IsInf(got, 0):
		return (got > 0) == (want > 0) && math.Abs(want)+near > math.MaxFloat32
	}
	return math.Abs(got-want) <= near
}

// wrongs keeps the first thing that is wrong, and counts the others.
type wrongs struct {
	first string
	count int
}

func (w *wrongs) add(format string, args ...any) {
	if w.count == 0 {
		w.first = fmt.Sprintf(format, args...)
	}
	w.count++
}

func (w wrongs) String() string {
	if w.count == 1 {
		return w.first
	}
	return fmt.Sprintf("%s; and %d more", w.first, w.count-1)
}

func (t trial) operands() string {
	var text strings.Builder
	for i, arg := range t.args {
		fmt.Fprintf(&text, "\n    operand %d: %v", i, arg)
	}
	return text.String()
}

// scratch is a new view of v's shape.
func scratch(b device.Backend, v device.View) device.View {
	other := rowMajor(v.Shape())
	other.Buf = b.Alloc(device.Float, v.Len())
	return other
}

func upload(b device.Backend, buf device.Buffer, values []float64) {
	switch buf.Type() {
	case device.Float:
		b.Upload(buf, values)
	case device.Byte:
		b.Upload(buf, converted[uint8](values))
	case device.Int:
		b.Upload(buf, converted[int32](values))
	}
}

func download(b device.Backend, buf device.Buffer) []float64 {
	values := make([]float64, buf.Len())
	switch buf.Type() {
	case device.Float:
		b.Download(values, buf, 0)
	case device.Byte:
		host := make([]uint8, buf.Len())
		b.Download(host, buf, 0)
		values = converted[float64](host)
	case device.Int:
		host := make([]int32, buf.Len())
		b.Download(host, buf, 0)
		values = converted[float64](host)
	}
	return values
}

func converted[D, S uint8 | int32 | float32 | float64](src []S) []D {
	dst := make([]D, len(src))
	for i, v := range src {
		dst[i] = D(v)
	}
	return dst
}
