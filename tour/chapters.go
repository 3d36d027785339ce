package tour

import (
	"fmt"
	"slices"
	"strings"

	"inkling/recipe"
)

// chapter is one step of the story.
type chapter struct {
	name, title, text string
	model, loss       string // of a chapter that trains as the post does by hand
	runs              []run  // of a chapter that trains by recipes
	named             bool   // told only where its name is given
}

// run is one training by a recipe. A chapter may have several, one after another.
type run struct {
	name   string // added to the chapter's; "" for its first run
	change string // what is changed against the first run, in a sentence; "" there
	recipe recipe.Recipe
}

// preset is a recipe by name. There must be one.
func preset(name string) recipe.Recipe {
	r, err := recipe.ByName(name)
	if err != nil {
		panic("tour: " + err.Error())
	}
	return r
}

// chapters of the story, in order. What stands in braces in a text is
// replaced by the data's own numbers.
var chapters = []chapter{
	{name: "pixels", title: "Images are numbers", text: `
A picture of {size} is {grid}, each a byte from 0 to 255; in MNIST 0 is bare paper and 255 the blackest ink. Divided by 255 they run from 0 to 1. All {train} training images stacked make one tensor of shape {shape}: {rank} axes, so its rank is {rank}; the shape says how long each axis is.`},
	{name: "average", title: "The baseline: which average is nearest?", text: `
Before learning anything, ask how far the simplest idea goes. Average all images of each class into one blurred picture; then a new image belongs to the class whose average is nearest.

Nearest by what measure? The mean absolute error adds up how much each pixel is off; the mean squared error squares those differences first, so that one large difference counts for more than many small ones. Every model that follows has to beat this.`},
	{name: "linear", model: "linear", loss: "sigmoid-mse", title: "A linear model learns by gradient descent", text: `
Now the machine weighs the pixels itself. Each class has one weight for each of the {pixels} numbers of an image, and a bias; the weighted sum is the class's logit, and the sigmoid squeezes it into 0..1. The loss is the mean squared error against 1 for the right class and 0 for the others.

The gradient says for every weight which way the loss falls; each step goes a little that way, 256 images at a time. It works, but slowly: where a sigmoid is nearly 0 or 1 its slope is nearly zero, so a class that is wrong and sure of it is hardly corrected.`},
	{name: "softmax", model: "linear", loss: "softmax-mse", title: "Softmax: the classes compete", text: `
An image shows one digit, not several, yet ten sigmoids do not know of each other. Softmax turns the ten logits into probabilities that sum to one: raising one class lowers the others. The loss stays the mean squared error, and its trouble stays with it: a confident mistake still lies on a plateau, where the slope is close to nothing.`},
	{name: "cross-entropy", model: "linear", loss: "cross-entropy", title: "Cross-entropy: being surely wrong costs most", text: `
The last fault is the loss itself. Take minus the logarithm of the probability that the right class got: 0 when that is 1, and without limit as it goes to 0. Its gradient at the logits is simply the probabilities minus the right answer: the surer the mistake, the harder the push. Same model, same rate, same number of steps.`},
	{name: "network", model: "network", loss: "cross-entropy", title: "A network with a hidden layer", text: `
A linear model has one template for each class, and no more to say. Put 64 hidden units between pixels and classes: each weighs all pixels, passes its sum through a sigmoid, and the second layer weighs what the units say. Without the sigmoid the two layers would collapse into one linear map; with it the network can bend.`},
	{name: "resnet", runs: []run{
		{recipe: preset("story")},
		{name: "slower", recipe: preset("story-slower"), change: `On MNIST the post's recipe run here ends at 99.37 % on average of the seeds 0 to 2, and at 99.32 % of six (from 99.12 to 99.41); PyTorch's two runs end at 99.35 %: short of the post's 99.4 %. The smallest change that brings the mean above it is a tenth of the learning rate, 0.01 at its highest: 99.47 % over three seeds.`},
	}, title: "A residual network: strokes, wherever they are", text: `
A hidden unit weighs every pixel of the image, and what it learns about a stroke holds at one place only. A convolution looks through a small window, 3 x 3 pixels with nine weights, and slides it over the image with the same weights everywhere. What it finds, and where, is a new picture, a feature map; the filters of the next layer look at those, and see more of the image at once.

Many such layers are hard to train, since each passes the gradient on only in part. A residual block adds what its layers compute to what came in, x + f(x): to do nothing it needs only f = 0, and the gradient takes the plus sign past it. ResNet-18 has eight such blocks in four stages; from stage to stage the maps become smaller, and twice as many.`},
	{name: "beyond", runs: []run{{recipe: preset("best")}}, named: true, title: "Beyond: what else there is to gain", text: `
A good network still misreads some images, and most of those that are left are hard for anybody. This chapter trains the recipe that goes furthest here, after a published one, and takes its time: on MNIST some half an hour for 99.71 %, the mean of three seeds (99.70, 99.69 and 99.74).`},
}

// Chapters lists the names of the chapters that there are, in order.
func Chapters() []string {
	var names []string
	for _, c := range chapters {
		names = append(names, c.name)
	}
	return names
}

// CheckChapters returns an error that lists the chapters there are, if one of
// the names is not among them.
func CheckChapters(names []string) error {
	_, err := choose(names)
	return err
}

// choose returns the chapters of the given names in the story's order; where no
// name is given, all that need not be named. Case and the spaces around a name do
// not matter.
func choose(names []string) ([]chapter, error) {
	names = slices.Clone(names)
	for i, n := range names {
		names[i] = strings.ToLower(strings.TrimSpace(n))
	}
	for _, n := range names {
		if !slices.Contains(Chapters(), n) {
			return nil, fmt.Errorf("there is no chapter %q; there are %s", n, strings.Join(Chapters(), ", "))
		}
	}
	var chosen []chapter
	for _, c := range chapters {
		if len(names) == 0 && !c.named || slices.Contains(names, c.name) {
			chosen = append(chosen, c)
		}
	}
	return chosen, nil
}
