package devicetest

import (
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

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

// expectation is what the truth makes of a trial: worked out when it is asked
// for, and once for all backends that are held against it.
type expectation struct {
	trial
	want, flushed, scales func() [][]float64
}

func (t trial) expect(truth device.Backend) *expectation {
	e := &expectation{trial: t}
	e.want = sync.OnceValue(func() [][]float64 { return t.run(truth, t.args, t.do) })
	e.flushed = sync.OnceValue(func() [][]float64 {
		if !slices.ContainsFunc(t.args, operand.denormal) {
			return e.want()
		}
		return t.run(truth, changed(t.args, flush), t.do)
	})
	e.scales = sync.OnceValue(func() [][]float64 {
		if t.terms == nil {
			return e.want()
		}
		return t.run(truth, changed(t.args, math.Abs), t.terms)
	})
	return e
}

// check returns an error where b, which is called name, and the truth disagree.
func (e *expectation) check(name string, b device.Backend, tol float64) (err error) {
	defer func() {
		if said := recover(); said != nil {
			err = fmt.Errorf("[%s] on %s panics: %v%s\n%s", e.name, name, said, e.operands(), culprits(string(debug.Stack())))
		}
	}()
	return e.judge(name, e.run(b, e.args, e.do), tol)
}

// judge returns an error where the truth is another than what the operands hold
// after the call.
func (e *expectation) judge(name string, got [][]float64, tol float64) error {
	outs := max(e.outs, 1)
	for out, arg := range e.args {
		written := make([]bool, len(arg.values))
		var wrong wrongs
		if out < outs {
			for index, p := range elements(arg.view) {
				written[p] = true
				if off, near := e.off(out, p, got[out][p], tol); off {
					wrong.add("operand %d at %s is %v, want %v: off by %.3g, allowed %.3g",
						out, tuple(index), got[out][p], e.want()[out][p], math.Abs(got[out][p]-e.want()[out][p]), near)
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
			return fmt.Errorf("[%s] on %s: %s%s", e.name, name, wrong, e.operands())
		}
	}
	return nil
}

// off reports whether element p of the out-th operand's buffer is not what it
// must be, and how near it had to come.
func (e *expectation) off(out, p int, got, tol float64) (bool, float64) {
	want, near := e.want()[out][p], 0.0
	switch {
	case e.exact:
	case e.scale != nil:
		near = allowance(tol, want, e.scale(out, want))
	default:
		near = allowance(tol, want, 0)
		if within(got, want, near) {
			return false, near // without asking for the magnitudes of the terms
		}
		near = allowance(tol, want, e.scales()[out][p])
	}
	return !within(got, want, near) && !within(got, e.flushed()[out][p], near), near
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
