package lab

import (
	"encoding/json"
	"net/http"
	"time"
)

// A stream says something at least so often, so that a connection that has gone is
// noticed, and gives a slow reader so long for it.
const (
	pulse        = 15 * time.Second
	streamWithin = 10 * time.Second
)

// stream sends events as they come, after the lab's state, so that nothing is missed
// between the two: server-sent events, one JSON object each.
func (s *server) stream(w http.ResponseWriter, r *http.Request) {
	to := http.NewResponseController(w)
	n := s.events.listen()
	if n == nil {
		refuse(w, http.StatusServiceUnavailable, "too many pages listen already, or the lab is closing")
		return
	}
	defer s.events.leave(n)
	to.SetReadDeadline(time.Time{}) // the request is read, and the stream lasts
	w.Header().Set("Content-Type", "text/event-stream")
	first, err := json.Marshal(struct {
		Event string `json:"event"` // "state"
		State
	}{"state", s.State()})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	send := func(text []byte) bool {
		to.SetWriteDeadline(time.Now().Add(streamWithin))
		_, err := w.Write(text)
		return err == nil && to.Flush() == nil
	}
	if !send(event(first)) {
		return
	}
	s.welcome.Do(func() {
		if _, err := s.Start(s.Usual(), false); err != nil && s.log != nil {
			s.log(err)
		}
	})
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	for {
		select {
		case text, ok := <-n.events:
			if !ok || !send(event(text)) {
				return
			}
		case <-tick.C:
			if !send([]byte(":\n\n")) {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

func event(text []byte) []byte {
	out := make([]byte, 0, len(text)+8)
	out = append(out, "data: "...)
	out = append(out, text...)
	return append(out, '\n', '\n')
}
