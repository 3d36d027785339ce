// Package inkling is the root of the project: handwritten digits, from raw pixels
// to a residual network that reads them, from scratch. The program is cmd/inkling;
// the library is the packages below. This one holds no code, but examples and tests
// of the project as a whole.
//
// # To use a trained model
//
//   - classifier: loads a model file and answers for an image.Image
//   - data/picture, data/ink: how a picture becomes what a model sees
//   - onnx, web, safetensors: a model for other programs, for a browser, as numbers
//
// # To train one
//
//   - data/source: opens a data set by name or path; data/folder, data/idx,
//     data/synth, data/fetch are where it comes from
//   - data, data/augment: sets of images, batches, images changed at random
//   - recipe: everything that a training is set by, with presets
//   - train: the loop and its hooks; checkpoint: a training on its way as a file
//   - explain, report: what a model gets wrong and why; pages that show it
//
// # To build one
//
//   - tensor: arrays with shapes; autograd: their gradients
//   - nn: layers and losses; optim: update rules; models: nets by name
//   - device: the contract of what computes; device/cpu, device/ref
//
// # To watch one learn
//
//   - tour: the story, chapter by chapter; lab: trainings to be touched
//
// Programs of a page each stand in the folder examples.
package inkling
