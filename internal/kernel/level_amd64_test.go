package kernel

import (
	"os"
	"testing"

	"golang.org/x/sys/cpu"
)

// Fast code that is never chosen would pass every other test.
func TestBestLevelIsChosen(t *testing.T) {
	if wanted := os.Getenv(levelVariable); wanted != "" {
		t.Skipf("%s=%s", levelVariable, wanted)
	}
	switch {
	case cpu.X86.HasAVX512:
		if Level() != levelAVX512 {
			t.Errorf("this machine has AVX-512, but the level is %s", Level())
		}
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		if Level() != levelAVX2 {
			t.Errorf("this machine has AVX2, but the level is %s", Level())
		}
	}
	if Err() != nil {
		t.Error(Err())
	}
}
