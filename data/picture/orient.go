package picture

import (
	"bytes"
	"encoding/binary"
)

// An orientation says how a camera was held, as Exif numbers it: how the pixels
// that a file stores are turned and mirrored so that what was up is up.
type orientation uint8

// upright pixels lie as they are seen. The others: 2 mirrored left to right, 3 upside
// down, 4 mirrored top to bottom, 5 mirrored at the diagonal from top left, 6 to be
// turned clockwise, 7 mirrored at the other diagonal, 8 to be turned counterclockwise.
const upright orientation = 1

// sideways reports whether rows become columns.
func (o orientation) sideways() bool { return o >= 5 && o <= 8 }

// from returns where the stored pixel lies that is seen at row y and column x;
// height and width are those of the stored image.
func (o orientation) from(y, x, height, width int) (row, column int) {
	switch o {
	case 2:
		return y, width - 1 - x
	case 3:
		return height - 1 - y, width - 1 - x
	case 4:
		return height - 1 - y, x
	case 5:
		return x, y
	case 6:
		return height - 1 - x, y
	case 7:
		return height - 1 - x, width - 1 - y
	case 8:
		return x, width - 1 - y
	}
	return y, x
}

// orientationOf finds the orientation in a JPEG's Exif data (Exif 2.3, 4.6.4: tag
// 274 of the first directory). A file that says nothing sensible is taken as
// upright: a camera's notes are no reason to refuse its picture.
func orientationOf(file []byte) orientation {
	// Segments: ff, a marker, a length of two bytes that counts itself, contents.
	for at := 2; at+4 <= len(file); {
		if file[at] != 0xff {
			return upright
		}
		marker := file[at+1]
		switch {
		case marker == 0xff: // fill
			at++
			continue
		case marker == 0x01, marker >= 0xd0 && marker <= 0xd7: // without contents
			at += 2
			continue
		case marker == 0xda, marker == 0xd9, marker == 0x00: // the pixels, or the end: no notes come after
			return upright
		}
		end := at + 2 + int(binary.BigEndian.Uint16(file[at+2:]))
		if end < at+4 || end > len(file) {
			return upright
		}
		if body, ok := bytes.CutPrefix(file[at+4:end], []byte("Exif\x00\x00")); ok && marker == 0xe1 {
			return orientationOfTIFF(body)
		}
		at = end
	}
	return upright
}

// orientationOfTIFF reads the notes themselves, which are a small TIFF file.
func orientationOfTIFF(b []byte) orientation {
	var order binary.ByteOrder
	switch {
	case len(b) < 8:
		return upright
	case string(b[:4]) == "II*\x00":
		order = binary.LittleEndian
	case string(b[:4]) == "MM\x00*":
		order = binary.BigEndian
	default:
		return upright
	}
	at := int64(order.Uint32(b[4:]))
	if at < 8 || at+2 > int64(len(b)) {
		return upright
	}
	entries, b := int(order.Uint16(b[at:])), b[at+2:]
	for range entries {
		if len(b) < 12 {
			break
		}
		// tag, type 3 (a short), how many, the number itself
		if order.Uint16(b) == 274 && order.Uint16(b[2:]) == 3 && order.Uint32(b[4:]) == 1 {
			if o := order.Uint16(b[8:]); o >= 1 && o <= 8 {
				return orientation(o)
			}
			break
		}
		b = b[12:]
	}
	return upright
}
