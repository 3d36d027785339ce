// Package fetch downloads the data sets that Inkling knows by name. A file counts
// as there only when it is whole and its SHA-256 is the known one; until then it
// is a .part file beside its place, from which the next try goes on.
package fetch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Spec describes a data set that can be downloaded.
type Spec struct {
	Name    string
	About   string   // one line for a list
	License string   // as its publishers state it
	Mirrors []string // tried in this order; a file's address is mirror + file name
	Files   []File
	Classes []string // class 0 first
	Train   int      // images
	Test    int
	Side    int // height and width of an image, in pixels
}

// File is one file of a data set.
type File struct {
	Name   string
	Size   int64  // in bytes
	SHA256 string // in hexadecimal
}

// Bytes is the size of all files together.
func (s Spec) Bytes() int64 {
	var sum int64
	for _, f := range s.Files {
		sum += f.Size
	}
	return sum
}

// In reports whether all files are in dir with their full size. Their contents
// were verified before they got their names.
func (s Spec) In(dir string) bool {
	for _, f := range s.Files {
		info, err := os.Stat(filepath.Join(dir, f.Name))
		if err != nil || !info.Mode().IsRegular() || info.Size() != f.Size {
			return false
		}
	}
	return true
}

// Known lists the data sets, in the order in which a beginner meets them.
func Known() []Spec { return slices.Clone(known) }

// Lookup finds a data set by name, whatever the case of its letters.
func Lookup(name string) (Spec, bool) {
	for _, s := range known {
		if strings.EqualFold(s.Name, name) {
			return s, true
		}
	}
	return Spec{}, false
}

var digits = strings.Split("0123456789", "")

// four lists the files that MNIST and its relatives have in common.
func four(trainImages, trainLabels, testImages, testLabels File) []File {
	for f, name := range map[*File]string{
		&trainImages: "train-images-idx3-ubyte.gz", &trainLabels: "train-labels-idx1-ubyte.gz",
		&testImages: "t10k-images-idx3-ubyte.gz", &testLabels: "t10k-labels-idx1-ubyte.gz",
	} {
		f.Name = name
	}
	return []File{trainImages, trainLabels, testImages, testLabels}
}

// The sums are those of the files as their authors published them. Each stands in
// several independent public lists (torchvision's prototypes, torchvision for Ruby,
// Haskell's tensorflow bindings); their MD5 sums are torchvision's.
var known = []Spec{
	{
		Name:    "mnist",
		About:   "handwritten digits, LeCun, Cortes and Burges 1998",
		License: "CC BY-SA 3.0",
		Mirrors: []string{
			"https://ossci-datasets.s3.amazonaws.com/mnist/",
			"https://storage.googleapis.com/cvdf-datasets/mnist/",
			"http://yann.lecun.com/exdb/mnist/",
		},
		Files: four(
			File{Size: 9912422, SHA256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"},
			File{Size: 28881, SHA256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"},
			File{Size: 1648877, SHA256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"},
			File{Size: 4542, SHA256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"},
		),
		Classes: digits, Train: 60000, Test: 10000, Side: 28,
	},
	{
		Name:    "fashion-mnist",
		About:   "articles of clothing, Zalando Research 2017; harder than digits",
		License: "MIT",
		Mirrors: []string{
			"https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
			"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
			"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
		},
		Files: four(
			File{Size: 26421880, SHA256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"},
			File{Size: 29515, SHA256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"},
			File{Size: 4422102, SHA256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"},
			File{Size: 5148, SHA256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"},
		),
		Classes: []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"},
		Train:   60000, Test: 10000, Side: 28,
	},
	{
		Name:    "kmnist",
		About:   "cursive Japanese characters (Kuzushiji), CODH 2018; harder than digits",
		License: "CC BY-SA 4.0",
		Mirrors: []string{
			"https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
			"http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
		},
		Files: four(
			File{Size: 18165135, SHA256: "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"},
			File{Size: 29497, SHA256: "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"},
			File{Size: 3041136, SHA256: "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"},
			File{Size: 5120, SHA256: "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"},
		),
		Classes: []string{"o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"},
		Train:   60000, Test: 10000, Side: 28,
	},
}
