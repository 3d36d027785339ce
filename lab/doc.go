// Package lab is the place where the tour's mathematics can be touched: trainings that
// are started, paused, stepped, forked and scrubbed through; nets whose every number
// unfolds into the sum that made it; mistakes, faults and experiments.
//
// A Lab is all of that without a page, and is driven by its methods. Handler serves it
// to a page, Serve serves that until a context ends.
//
// # Runs
//
// A run is a training by package train, seeded, with the hooks of the command line: its
// settings give the same bits there. It is followed at a bounded cost (watch.go): ten
// events a second, copies of the weights in a twentieth of the time at most. Its weights
// are kept at even intervals, at most 64 of them or 32 MiB (history.go); any other step
// is replayed from a position of the training (replay.go), if that takes no more than
// five seconds. Four runs compute at a time, 24 are kept.
//
// What is asked of a run at a step is worked out when it is asked: answers, confusion,
// unfolded numbers. So scrubbing costs the training nothing.
//
// # What can be asked over HTTP
//
// Answers are JSON, with names as in the types of this package; or, where stated, bytes
// with the headers Inkling-Type (uint8, float32: little-endian) and Inkling-Shape
// ("60 28 28"). An error is {"error": "a sentence"}: 400 for what cannot be, 403 for
// strangers, 404 for what is not there, 409 for what cannot be now (too many runs, a run
// that has ended, numbers that are not finite), 413 for too much, 415 for a body of
// another type than application/json, application/octet-stream, image/png or image/jpeg.
//
// The net that a question is about stands in its query: run=r1&step=120, or model=m1;
// without a step its newest weights, without a name the newest run. IMAGE is a body of
// channels x height x width bytes (application/octet-stream), or a PNG or JPEG file that
// is prepared for the net. Bytes in JSON are in base64.
//
//	GET  /api/state                         State: data, models, runs
//	GET  /api/choices                       Choices: what a run can be set to
//	GET  /api/events                        server-sent events, first {"event": "state", ...State}; then
//	                                        {"event": "run", ...Summary} when a run begins or changes its state,
//	                                        {"event": "steps", "run", "from", "to", "of", "loss", "accuracy", "lr", "seconds", "weights"},
//	                                        {"event": "epoch", "run", ...EpochPoint}, {"event": "model", ...ModelSummary},
//	                                        {"event": "gone", "run"}. A page that is too slow is cut off, and connects again
//	POST /api/models?name=N                 a model file as body: ModelSummary
//
//	POST /api/runs                          {"settings": {...}, "paused": false}: Summary. The settings are those of
//	                                        Settings and of recipe.Recipe, side by side: {"data": "synth", "seed": 1,
//	                                        "model": "cnn", "lr": 0.01}; what is missing is as usual (Choices.Usual)
//	GET  /api/runs/{id}                     Summary
//	DELETE /api/runs/{id}                   forgets it
//	POST /api/runs/{id}/pause               before its next update; so do resume, stop
//	POST /api/runs/{id}/resume
//	POST /api/runs/{id}/stop
//	POST /api/runs/{id}/step?n=1            makes n updates and waits
//	POST /api/runs/{id}/fork                {"step": 120, "settings": {"lr": 0.001}, "paused": false}: Summary of the fork
//	GET  /api/runs/{id}/losses?from=0       float32: the loss of every batch
//	GET  /api/runs/{id}/steps               the steps whose weights are kept
//	POST /api/runs/{id}/answers             IMAGE, bytes only: []Moment, its answer at each of those steps
//	GET  /api/compare?a=r1&b=r2             Difference: where two runs part, and in which weight
//
//	GET  /api/program                       Program: the net as steps for web/src/net.ts, without its weights
//	GET  /api/program/weights               float32: those; the header Inkling-Step says after which step
//	GET  /api/parameters                    {"subject", "parameters": [{"name", "shape"}]}
//	GET  /api/weights?name=hidden.weight    float32
//	POST /api/predict                       IMAGE: Prediction
//	POST /api/evidence?class=-1             IMAGE: Evidence, what each pixel did for a class; -1 is the answer
//	POST /api/graph?label=-1                IMAGE: Graph, the operations on the way; with a label up to the loss
//	POST /api/values?node=3&label=7         IMAGE: float32, a node's numbers, such as feature maps; with
//	                                        gradient=1 the loss's gradient at them
//	POST /api/unfold?node=3&index=0         IMAGE: Unfolding; with terms=12 how many are listed, with
//	                                        label=7&gradient=1 the gradient at that number
//
//	GET  /api/judge?images=0                Judged, on test images: 0 is the first 1,000, -1 all
//	GET  /api/cell?label=4&answer=9&most=50 []Answered of a cell of its confusion matrix, the surest mistakes first
//	GET  /api/worst?most=50                 []Answered, the surest mistakes first
//	GET  /api/images?index=3,14             uint8: images that the net is judged on; the headers Inkling-Labels
//	                                        and Inkling-Images say what they show, and how many there are
//	GET  /api/change?before_run=r1&after_run=r2  Change: what is better and what is worse
//	POST /api/correct                       {"examples": [{"image", "label"}], "seed": 0}: Summary of a short run
//	                                        that ends when it reads them rightly
//	POST /api/fool?index=3                  IMAGE, bytes only: Fooled, for the experiment of that name
//
//	GET  /api/faults                        []Fault, the museum
//	POST /api/faults/{name}?seed=0          {"faulty", "sound"}: Summaries of two runs that differ in the fault
//	GET  /api/experiments                   []Experiment
//	GET  /api/experiments/{name}/grade      Grade
//
// Everything else is a file of the page.
package lab
