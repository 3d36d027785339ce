package augment

// Key is what an image's changes are drawn from.
type Key struct {
	Seed  uint64
	Epoch int
	Image int // its number in the set
}

// draws are the random numbers of one image: SplitMix64 (Steele, Lea and Flood,
// 2014), which can start anywhere at the price of three multiplications.
type draws struct {
	state    uint64
	opposite bool // 1-u in the place of u
}

const golden = 0x9e3779b97f4a7c15

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (k Key) draws() draws {
	return draws{state: mix(mix(mix(k.Seed+golden)+uint64(k.Epoch)+golden) + uint64(k.Image) + golden)}
}

// unit draws a number between 0 and 1, both excluded.
func (d *draws) unit() float64 {
	d.state += golden
	// 23 bits and a half: exact as a float32 too, and as far from 0 as 1-u is from 1.
	u := (float64(mix(d.state)>>41) + 0.5) / (1 << 23)
	if d.opposite {
		return 1 - u
	}
	return u
}

// within draws from a range.
func (d *draws) within(r Range) float64 { return r.Low + d.unit()*(r.High-r.Low) }

// whole draws a whole number from -n to n.
func (d *draws) whole(n int) int { return d.below(2*n+1) - n }

// below draws a whole number from 0 to n-1.
func (d *draws) below(n int) int { return int(d.unit() * float64(n)) }
