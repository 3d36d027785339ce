package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// emit prints one JSON object on a line.
func emit(w io.Writer, event any) error {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(event); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	_, err := w.Write(line.Bytes())
	return err
}
