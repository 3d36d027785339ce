package folder

import "inkling/data/picture"

// decoded is an image as it goes into a set, or the reason why there is none.
type decoded struct {
	pix                     []uint8 // channels x height x width
	channels, height, width int     // channels: 1 for grey, 3 for colour
	mode                    string  // as the file stores it: "PNG, grey, 8 bits"
	problem                 string  // "" for an image
}

// decoder decodes the files of one worker.
type decoder struct{ opt Options }

// decode decodes one PNG or JPEG. It never fails: what is wrong becomes the problem.
func (d *decoder) decode(file []byte) decoded {
	p, err := picture.Decode(file, picture.Options{OnBlack: d.opt.OnBlack, FileBytes: d.opt.Limits.FileBytes, Pixels: d.opt.Limits.Pixels})
	if err != nil {
		return decoded{problem: err.Error()}
	}
	channels, height, width := p.Channels, p.Height, p.Width
	switch d.opt.Color {
	case Grey:
		channels = 1
	case RGB:
		channels = 3
	}
	if d.opt.Height > 0 {
		height, width = d.opt.Height, d.opt.Width
	}
	pix := p.Pix
	if channels != p.Channels || height != p.Height || width != p.Width {
		pix = p.To(channels, height, width)
	}
	return decoded{pix: pix, channels: channels, height: height, width: width, mode: p.Mode}
}
