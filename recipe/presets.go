package recipe

// The presets. Each sets everything; flags of the command line change the rest.
var presets = []preset{
	{"plain", "a good start on images that nobody has tried yet", Recipe{
		Model: "network", Loss: "cross-entropy", Epochs: 5, Batch: 64,
		Optimizer: "adam", Rate: 0.003, Momentum: 0.9, Beta2: 0.999, Eps: 1e-8, BiasRate: 1,
		Schedule: "one-cycle",
	}},
}

type preset struct {
	name, what string
	recipe     Recipe
}
