package ink

// largest is the longer side above which an image is reduced.
const largest = 480

// reduced is the image with a longer side of at most largest.
func (m *Image) reduced() *Image {
	n := m.longer()
	if n <= largest {
		return m
	}
	return m.resized(max(1, (m.Height*largest+n/2)/n), max(1, (m.Width*largest+n/2)/n))
}

// resized averages areas: each pixel of the result is the mean of what it covers,
// pixels that it covers in part counting by that part. It composes: resizing to
// four times a size and then to that size is the same as resizing at once.
func (m *Image) resized(height, width int) *Image {
	rows := make([]float64, height*m.Width) // resized down, not yet across
	for y := range height {
		cover(y, height, m.Height, func(from int, part float64) {
			for x, v := range m.Pixels[from*m.Width : (from+1)*m.Width] {
				rows[y*m.Width+x] += part * float64(v)
			}
		})
	}
	out := blank(height, width)
	for y := range height {
		row := rows[y*m.Width : (y+1)*m.Width]
		for x := range width {
			sum := 0.0
			cover(x, width, m.Width, func(from int, part float64) { sum += part * row[from] })
			out.Pixels[y*width+x] = uint8(sum + 0.5)
		}
	}
	return out
}

// cover calls f for each of the pixels of a line of length from that pixel i of a line
// of length to covers, with its share of what i covers.
func cover(i, to, from int, f func(j int, part float64)) {
	// Pixel i covers i*from to (i+1)*from, pixel j of the other line j*to to (j+1)*to.
	start, end := i*from, (i+1)*from
	for j := start / to; j*to < end; j++ {
		f(j, float64(min(end, (j+1)*to)-max(start, j*to))/float64(from))
	}
}
