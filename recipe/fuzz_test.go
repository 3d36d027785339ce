package recipe_test

import (
	"encoding/json"
	"strings"
	"testing"

	"inkling/data"
	"inkling/recipe"
)

// A recipe from a file is refused in a line, or makes a trainer and is written as it
// was read.
func FuzzJSON(f *testing.F) {
	for _, name := range recipe.Names() {
		r, err := recipe.ByName(name)
		if err != nil {
			f.Fatal(err)
		}
		text, err := json.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
		f.Add(strings.Replace(string(text), `"cnn"`, `"linear"`, 1))
	}
	f.Add(`{"model":"linear","loss":"cross-entropy","epochs":9223372036854775807,"batch":1,"optimizer":"adamw","lr":1e308,"schedule":"one-cycle","augment":"crop=9,scale=0..1"}`)
	f.Add(`{"momentum":1,"smoothing":-0,"body_rate":1e-320}`)
	set := &data.Set{Images: make([]uint8, 4*9), Labels: []int32{0, 1, 0, 1}, Channels: 1, Height: 3, Width: 3, Classes: []string{"a", "b"}}
	f.Fuzz(func(t *testing.T, text string) {
		var r recipe.Recipe
		err := json.Unmarshal([]byte(text), &r)
		if err == nil {
			err = r.Check()
		}
		if err == nil && (r.Model == "linear" || r.Model == "network") { // the others take their time
			_, err = r.Trainer(set, nil, 1)
		}
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r\x1b") {
				t.Errorf("more than a line: %q", err)
			}
			return
		}
		written, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back recipe.Recipe
		if err := json.Unmarshal(written, &back); err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if again, err := json.Marshal(back); err != nil || string(again) != string(written) {
			t.Errorf("%s is written as %s, %v", written, again, err)
		}
	})
}
