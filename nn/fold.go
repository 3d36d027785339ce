package nn

import (
	"strings"

	"inkling/autograd"
)

// Fold returns a model that answers as l does, with less work: wherever a BatchNorm
// follows a Conv2D, in a Sequential or a Residual, the two become one convolution
// with a bias. It is for inference: what was folded no longer trains as it did.
// Layers that are not folded are l's own, not copies.
func Fold(l Layer) Layer {
	switch l := l.(type) {
	case Sequential:
		var out Sequential
		for i := 0; i < len(l); i++ {
			conv, isConv := l[i].(*Conv2D)
			if isConv && i+1 < len(l) {
				if norm, ok := l[i+1].(*BatchNorm); ok {
					out = append(out, foldInto(conv, norm))
					i++
					continue
				}
			}
			out = append(out, Fold(l[i]))
		}
		return out
	case *Residual:
		out := &Residual{Body: Fold(l.Body), ReLU: l.ReLU}
		if l.Skip != nil {
			out.Skip = Fold(l.Skip)
		}
		return out
	}
	return l
}

// foldInto returns the convolution that does what conv and norm do one after the
// other: with r = 1/sqrt(variance + eps),
//
//	(w·x + b - mean) * r * scale + shift = (w * r * scale)·x + (b - mean) * r * scale + shift
func foldInto(conv *Conv2D, norm *BatchNorm) *Conv2D {
	factor := norm.Variance.Value.Affine(1, norm.Eps).Sqrt().Reciprocal().Mul(norm.Scale.Value) // (out)
	bias := norm.Mean.Value.Neg()
	if conv.Bias != nil {
		bias = conv.Bias.Value.Sub(norm.Mean.Value)
	}
	bias = bias.Mul(factor).Add(norm.Shift.Value)
	return &Conv2D{
		Weight: autograd.NewParam(conv.Weight.Name, conv.Weight.Value.Mul(factor.Reshape(-1, 1, 1, 1)).Freeze()),
		Bias:   autograd.NewParam(strings.TrimSuffix(conv.Weight.Name, "weight")+"bias", bias),
		Window: conv.Window,
	}
}
