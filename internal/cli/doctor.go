package cli

import (
	"fmt"
	"math/rand/v2"

	"inkling/data"
	"inkling/data/source"
	"inkling/device/cpu"
	"inkling/explain"
	"inkling/models"
	"inkling/nn"
	"inkling/tensor"

	"github.com/spf13/cobra"
)

func (a *app) doctorCommand() *cobra.Command {
	var model, loss, initial string
	var rate float64
	var seed uint64
	c := &cobra.Command{
		Use:   "doctor [DATA]",
		Short: "Examine this machine, a data set and a model before training, in sentences",
		Long: `Examine this machine, a data set and a model before training, and say in
sentences what is fine and what is not. Exit status 1 if something is not.`,
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: completeData,
		RunE: func(c *cobra.Command, args []string) error {
			name := source.Synth
			if len(args) == 1 {
				name = args[0]
			}
			draw, ok := map[string]func(*tensor.Memory, *rand.Rand) nn.Init{"fan-in": nn.FanIn, "normal": nn.StandardNormal}[initial]
			if !ok {
				return usagef("--init %s: choose fan-in or normal", initial)
			}
			lossFunc, err := nn.LossByName(loss)
			if err != nil {
				return usageError{err}
			}
			opened, err := source.Open(c.Context(), name, source.Options{})
			if err != nil {
				return err
			}
			findings := []explain.Finding{explain.ExamineMachine(cpu.Default())}
			findings = append(findings, explain.ExamineData(opened.Dataset)...)
			set := opened.Train
			spec := models.Spec{Channels: set.Channels, Height: set.Height, Width: set.Width, Classes: len(set.Classes)}
			rng := rand.New(rand.NewPCG(seed, 0))
			m, err := models.New(model, spec, draw(tensor.CPU, rng))
			if err != nil {
				return usageError{err}
			}
			for x, y := range data.NewLoader(tensor.CPU, set, 256).Epoch(rng) {
				findings = append(findings, explain.ExamineModel(m, lossFunc, loss, rate, x, y)...)
				break
			}
			if !a.json {
				fmt.Fprintf(a.out, "%s\n%s with %s at rate %g\n\n", opened.From, model, loss, rate)
			}
			return a.report(findings)
		},
	}
	c.Flags().StringVar(&model, "model", "linear", "the model to examine: "+fmt.Sprint(models.Names()))
	c.Flags().StringVar(&loss, "loss", "cross-entropy", "sigmoid-mse, softmax-mse or cross-entropy")
	c.Flags().StringVar(&initial, "init", "fan-in", "initial values: fan-in, or normal as in the story")
	c.Flags().Float64Var(&rate, "lr", 0.1, "learning rate")
	c.Flags().Uint64Var(&seed, "seed", 0, "of the initial weights and the batch")
	return c
}

// report prints what the doctor found; an error if something is not fine.
func (a *app) report(findings []explain.Finding) error {
	s, ill := newScreen(a.out), 0
	for _, f := range findings {
		if !f.Fine {
			ill++
		}
		if a.json {
			if err := emit(a.out, struct {
				Event string `json:"event"`
				explain.Finding
			}{"doctor", f}); err != nil {
				return err
			}
			continue
		}
		mark := "fine"
		if !f.Fine {
			mark = s.warn("LOOK")
		}
		s.printf("  %s  %s\n", mark, wrap(f.Sentence, min(s.width, 76), "        "))
	}
	if ill > 0 {
		return fmt.Errorf("the doctor found %d of %d things to look at", ill, len(findings))
	}
	return nil
}
