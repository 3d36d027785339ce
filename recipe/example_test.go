package recipe_test

import (
	"encoding/json"
	"fmt"

	"inkling/recipe"
)

// A preset with another optimiser, as it stands in a model file.
func Example() {
	r, err := recipe.ByName("plain")
	if err != nil {
		panic(err)
	}
	r = r.With("momentum")
	r.Epochs = 10
	text, err := json.Marshal(r)
	fmt.Println(string(text), err)
	r.Optimizer = "sdg"
	fmt.Println(r.Check())
	// Output:
	// {"model":"cnn","loss":"cross-entropy","smoothing":0,"epochs":10,"batch":64,"drop_last":false,"optimizer":"momentum","lr":0.05,"schedule":"one-cycle","decay":0,"bias_rate":1,"clip":0,"augment":"","ema":0} <nil>
	// there is no optimizer "sdg"; choose sgd, momentum, nesterov, adam or adamw
}
