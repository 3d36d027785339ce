package report_test

import (
	"bytes"
	"fmt"

	"inkling/report"
)

// A page stands alone: what was not run is left out.
func Example() {
	var page bytes.Buffer
	err := report.Write(&page, &report.Story{Version: "1.0", Date: "2026-11-23", Command: "inkling tour --chapters pixels"})
	fmt.Println(bytes.Contains(page.Bytes(), []byte("inkling tour --chapters pixels")), bytes.Contains(page.Bytes(), []byte("https://")), err)
	mean, spread := report.MeanSpread([]float64{0.98, 0.99, 1})
	fmt.Printf("%.2f ± %.2f\n", mean, spread)
	// Output:
	// true false <nil>
	// 0.99 ± 0.01
}
