package lab

import (
	"net/http"
	"strconv"
	"strings"
)

// judge reads a request about how a subject does.
func (s *server) judge(r *http.Request) (*Judged, error) {
	sub, err := subject(r, "")
	if err != nil {
		return nil, err
	}
	most, err := number(r, "images", 0)
	if err != nil {
		return nil, err
	}
	return s.Judge(r.Context(), sub, most)
}

func (s *server) getJudge(r *http.Request) (*reply, error) {
	j, err := s.judge(r)
	return &reply{json: j}, err
}

// listed bounds how many images a list has.
func listed(r *http.Request) (int, error) {
	most, err := number(r, "most", 50)
	if err == nil && (most < 1 || most > 1000) {
		err = invalid("most=%d: from 1 to 1000", most)
	}
	return most, err
}

func (s *server) getCell(r *http.Request) (*reply, error) {
	j, err := s.judge(r)
	if err != nil {
		return nil, err
	}
	label, err := number(r, "label", -1)
	if err != nil {
		return nil, err
	}
	got, err := number(r, "answer", -1)
	if err != nil {
		return nil, err
	}
	most, err := listed(r)
	if err != nil {
		return nil, err
	}
	cell, err := j.Cell(label, got, most)
	return &reply{json: cell}, err
}

func (s *server) getWorst(r *http.Request) (*reply, error) {
	j, err := s.judge(r)
	if err != nil {
		return nil, err
	}
	most, err := listed(r)
	if err != nil {
		return nil, err
	}
	return &reply{json: j.Worst(most)}, nil
}

func (s *server) getImages(r *http.Request) (*reply, error) {
	n, err := s.net(r)
	if err != nil {
		return nil, err
	}
	set, _, err := s.unseen(r.Context(), n)
	if err != nil {
		return nil, err
	}
	var out []byte
	which := strings.Split(r.URL.Query().Get("index"), ",")
	if len(which) > 1000 {
		return nil, invalid("%d images at a time: 1000 at most", len(which))
	}
	var labels []int32
	one := make([]byte, set.Pixels())
	for _, text := range which {
		i, err := strconv.Atoi(text)
		if err != nil {
			return nil, invalid("index=%s: want numbers of images, with commas between", clip([]byte(text)))
		}
		if i < 0 || i >= set.Len() {
			return nil, unknown("there is no image %d of %d", i, set.Len())
		}
		if err := set.Read(i, one); err != nil {
			return nil, err
		}
		out, labels = append(out, one...), append(labels, int32(set.Labels[i]))
	}
	about := map[string]any{"Labels": labels, "Images": set.Len()}
	return &reply{bytes: out, shape: []int{len(which), set.Channels, set.Height, set.Width}, kind: "uint8", about: about}, nil
}

func (s *server) getChange(r *http.Request) (*reply, error) {
	before, err := subject(r, "before_")
	if err != nil {
		return nil, err
	}
	after, err := subject(r, "after_")
	if err != nil {
		return nil, err
	}
	most, err := number(r, "images", 0)
	if err != nil {
		return nil, err
	}
	c, err := s.Change(r.Context(), before, after, most)
	return &reply{json: c}, err
}

func (s *server) postCorrect(r *http.Request) (*reply, error) {
	var want struct {
		Examples []Example `json:"examples"`
		Seed     uint64    `json:"seed"`
	}
	sub, err := subject(r, "")
	if err != nil {
		return nil, err
	}
	if err := decode(r, &want); err != nil {
		return nil, err
	}
	return summary(s.Correct(r.Context(), sub, want.Examples, want.Seed))
}

func (s *server) postFool(r *http.Request) (*reply, error) {
	sub, err := subject(r, "")
	if err != nil {
		return nil, err
	}
	index, err := number(r, "index", -1)
	if err != nil {
		return nil, err
	}
	image, err := body(r)
	if err != nil {
		return nil, err
	}
	f, err := s.Fool(r.Context(), sub, index, image)
	return &reply{json: f}, err
}

func (s *server) postFault(r *http.Request) (*reply, error) {
	seed, err := number(r, "seed", 0)
	if err != nil {
		return nil, err
	}
	if seed < 0 {
		return nil, invalid("seed=%d: not negative", seed)
	}
	faulty, sound, err := s.Exhibit(r.PathValue("name"), uint64(seed))
	if err != nil {
		return nil, err
	}
	return &reply{json: map[string]Summary{"faulty": faulty.Summary(), "sound": sound.Summary()}}, nil
}

func (s *server) getGrade(r *http.Request) (*reply, error) {
	g, err := s.Grade(r.Context(), r.PathValue("name"))
	return &reply{json: g}, err
}
