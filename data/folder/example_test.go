package folder_test

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"log"
	"os"
	"path/filepath"

	"inkling/data/folder"
)

// One folder a class; files that are no images are named, or left out.
func Example() {
	root, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(root)
	for _, name := range []string{"cat/1.png", "cat/2.png", "dog/1.png"} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			log.Fatal(err)
		}
		f, err := os.Create(path)
		if err != nil {
			log.Fatal(err)
		}
		if err := png.Encode(f, image.NewGray(image.Rect(0, 0, 32, 32))); err != nil {
			log.Fatal(err)
		}
		f.Close()
	}
	if err := os.WriteFile(filepath.Join(root, "dog/2.png"), nil, 0o644); err != nil {
		log.Fatal(err)
	}
	images, report, err := folder.Open(context.Background(), root, folder.Options{SkipBroken: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(images.Train.Classes, images.Train.Counts(), images.Train.Height, images.Train.Width)
	fmt.Println(report.Offenders)
	// Output:
	// [cat dog] [2 1] 32 32
	// [dog/2.png: the file is empty]
}
