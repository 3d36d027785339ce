package cpu_test

import (
	"testing"

	"inkling/device"
	"inkling/device/cpu"
	"inkling/device/devicetest"
	"inkling/internal/kernel"
)

func TestConformance(t *testing.T) {
	for _, level := range kernel.Levels() {
		t.Run(level, func(t *testing.T) {
			defer kernel.Use(level)()
			devicetest.Run(t, cpu.New(2), 3e-6)
		})
	}
}

func TestSameBitsForAnyNumberOfWorkers(t *testing.T) {
	for _, level := range kernel.Levels() {
		t.Run(level, func(t *testing.T) {
			defer kernel.Use(level)()
			devicetest.RunDeterminism(t, func(workers int) device.Backend { return cpu.New(workers) })
		})
	}
}
