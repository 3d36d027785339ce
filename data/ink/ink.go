// Package ink brings drawings and photographs of handwriting into the form of
// the images that a model was trained on, and measures that form.
//
// # What is measured
//
// Images of handwriting such as MNIST's are grey, of one ground, with ink of one
// polarity, framed alike: the longer side of the ink's box has a fixed length, and
// the centre of mass lies on a fixed pixel. Learn finds out whether a training set
// is like that, and what its frame is; a model that was trained on it keeps the
// answer (Typical). Measure takes the same numbers of one image.
//
// # What is done to a picture
//
// Everything is plain arithmetic on bytes, each step an image that can be looked at:
//
//  1. Grey: the picture's luma (0.299 R + 0.587 G + 0.114 B); what is transparent lies
//     on white, or on black where nothing can be told from white. An image whose longer
//     side is above 480 pixels is reduced to that by averaging areas.
//  2. Polarity: d is a pixel minus the mean of the window around it, half the image,
//     over the window's standard deviation. Ink is the smaller part and stands out
//     more: where the sum of d³ is positive the ink is light, and the image is inverted. Of
//     a drawing, whose border is of one colour to within 2 levels, ink is what differs
//     from that colour: d is a pixel minus it, and the sum of d decides.
//  3. Paper: the light that falls on the paper is the image's grey closing, a
//     maximum and then a minimum over a window of a quarter of the image (Sternberg,
//     Biomedical image processing, 1983): it follows a gradient and the edge of a
//     shadow, and no stroke. Of a drawing it is at least the border's colour, however wide
//     the strokes are. The ink is 1 - pixel/paper.
//  4. Ink: what is not above the paper's noise (the median and six median absolute
//     deviations) is paper. Of the rest, Otsu's threshold (IEEE Trans. SMC 9, 1979)
//     splits the strokes from their edges, from lines and from shadows. Ink as dark
//     as the upper quartile of the strokes becomes 255.
//  5. Digits: strokes that touch are one part. Parts that lie near each other are one
//     digit, specks are dropped, and so is what the picture's border cuts off where
//     there is something whole. Several digits are prepared one by one, left to right.
//  6. Box: the picture is cropped to the digit's ink.
//  7. Scaled: area averaging brings the box to a frame four times as fine as the
//     training's. Where the strokes are thinner or thicker than the training's they
//     are thickened or thinned there by a disc; then averaging brings the longer side
//     to the training's. Grey levels stay, and ink that has become pale is darkened.
//  8. Result: the whole is moved by whole pixels so that the centre of mass lies
//     where the training's does.
//
// An image of the model's own size that is framed like the training images
// (Typical.Fits) is not touched at all.
package ink

import "fmt"

// Image is a grey image of Height rows of Width bytes.
type Image struct {
	Height, Width int
	Pixels        []uint8
}

func blank(height, width int) *Image { return &Image{height, width, make([]uint8, height*width)} }

func (m *Image) longer() int { return max(m.Height, m.Width) }

// inverted is the image with light and dark exchanged.
func (m *Image) inverted() *Image {
	out := blank(m.Height, m.Width)
	for i, v := range m.Pixels {
		out.Pixels[i] = 255 - v
	}
	return out
}

// Box is a part of an image, in pixels; Right and Bottom lie just outside of it.
type Box struct {
	Left   int `json:"left"`
	Top    int `json:"top"`
	Right  int `json:"right"`
	Bottom int `json:"bottom"`
}

// side is the longer side.
func (b Box) side() int { return max(b.Right-b.Left, b.Bottom-b.Top) }

// Prepared is a picture's way into a model: the image after each step. In Ink, Box
// and Scaled 255 is ink; Result has the training images' polarity.
type Prepared struct {
	Unchanged bool   // the image was of the right form: Grey is Result, and there is nothing between
	Grey      *Image // step 1
	Light     bool   // the ink is lighter than its ground: step 2
	Ink       *Image // steps 3 to 5: this digit's ink
	Place     Box    // of the digit in Grey: step 6
	Box       *Image // step 6
	// Width is the width of the strokes as they were drawn, in pixels of the training's
	// frame, and Change what step 7 added to it to come near the training's: 0 where it was near.
	Width, Change float64
	Scaled        *Image // step 7
	Result        *Image // step 8, of the model's size
}

// Prepare brings a grey picture into the form t, one result for
// each digit on it, at least one. The error says why there is none.
func (t *Typical) Prepare(picture *Image) ([]*Prepared, error) {
	if t.Fits(picture) {
		return []*Prepared{{Unchanged: true, Grey: picture, Light: !t.Light, Result: picture}}, nil
	}
	if min(picture.Height, picture.Width) < 3 {
		return nil, fmt.Errorf("a picture of %d x %d pixels is too small to hold a drawing", picture.Height, picture.Width)
	}
	grey := picture.reduced()
	light := grey.lightInk()
	ink := grey
	if light {
		ink = ink.inverted()
	}
	strokes, err := ink.strokes()
	if err != nil {
		return nil, err
	}
	digits, err := strokes.digits()
	if err != nil {
		return nil, err
	}
	var all []*Prepared
	for _, d := range digits {
		p := &Prepared{Grey: grey, Light: light, Ink: strokes.only(d)}
		p.Place = p.Ink.box(faintest)
		p.Box = p.Ink.crop(p.Place)
		t.frame(p)
		all = append(all, p)
	}
	return all, nil
}
