package onnx

import (
	"errors"
	"fmt"

	"inkling/tensor"
)

func reshape(c call) (*tensor.Tensor, error) {
	x := c.in[0]
	shape, err := c.ints(1)
	if err != nil {
		return nil, err
	}
	n, open := 1, -1
	for i, d := range shape {
		switch {
		case d == 0 && c.int("allowzero", 0) == 0:
			if i >= x.Rank() {
				return nil, fmt.Errorf("the shape %v takes over axis %d of shape %v", shape, i, x.Shape())
			}
			shape[i] = x.Dim(i)
		case d == -1 && open < 0:
			open = i
			continue
		case d < 0:
			return nil, fmt.Errorf("the shape %v", shape)
		}
		if err := fits(n, shape[i]); err != nil {
			return nil, err
		}
		n *= shape[i]
	}
	if open >= 0 {
		if n == 0 || x.Len()%n != 0 {
			return nil, fmt.Errorf("the shape %v for %d elements", shape, x.Len())
		}
		shape[open] = x.Len() / n
	}
	if err := fits(shape...); err != nil {
		return nil, err
	}
	return x.Reshape(shape...), nil
}

func flatten(c call) (*tensor.Tensor, error) {
	x := c.in[0]
	axis := c.int("axis", 1)
	if axis < 0 {
		axis += x.Rank()
	}
	if axis < 0 || axis > x.Rank() {
		return nil, fmt.Errorf("axis %d of shape %v", c.int("axis", 1), x.Shape())
	}
	rows, columns := 1, 1
	for i, d := range x.Shape() {
		if i < axis {
			rows *= d
		} else {
			columns *= d
		}
	}
	return x.Reshape(rows, columns), nil
}

func transpose(c call) (*tensor.Tensor, error) {
	x := c.in[0]
	order := c.list("perm")
	if order == nil {
		return x.Transpose(), nil
	}
	if axes, err := axesOf(x, order...); err != nil || len(axes) != x.Rank() {
		return nil, fmt.Errorf("the order %v for shape %v", order, x.Shape())
	}
	return x.Transpose(order...), nil
}

func expand(c call) (*tensor.Tensor, error) {
	shape, err := c.ints(1)
	if err != nil {
		return nil, err
	}
	shape = together(c.in[0].Shape(), shape)
	if err := fits(shape...); err != nil {
		return nil, err
	}
	return c.in[0].BroadcastTo(shape...), nil
}

func concat(c call) (*tensor.Tensor, error) {
	if c.attribute("axis") == nil {
		return nil, errors.New("no axis is named")
	}
	n := 0
	for _, x := range c.in {
		if x == nil {
			return nil, errors.New("an input is left out")
		}
		n += x.Len()
	}
	if err := fits(n); err != nil {
		return nil, err
	}
	axes, err := axesOf(c.in[0], c.int("axis", 0))
	if err != nil {
		return nil, err
	}
	return tensor.Concat(axes[0], c.in...), nil
}
