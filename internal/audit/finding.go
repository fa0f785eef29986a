// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"fmt"
	"strconv"
)

// find notes that an expectation is broken: of a signal, or of the whole run if there is none.
func (r *RunReport) find(expectation string, s *SignalReport, format string, values ...any) {
	r.add(true, expectation, s, format, values...)
}

// doubt notes that an expectation may be broken, though nobody saw it.
func (r *RunReport) doubt(expectation string, s *SignalReport, format string, values ...any) {
	r.add(false, expectation, s, format, values...)
}

// add notes that an expectation is broken, for certain or perhaps.
func (r *RunReport) add(certain bool, expectation string, s *SignalReport, format string, values ...any) {
	f := Finding{Expectation: expectation, Message: fmt.Sprintf(format, values...), Unknown: !certain}
	if s != nil {
		f.Signal = s.Signal.String()
	}
	r.Findings = append(r.Findings, f)
}

// partial reports whether some of what arrived is not in the account.
func (r *RunReport) partial() bool { return r.Unclean > 0 || r.again || len(r.absent) > 0 }

// share is the part that n makes of a number of items; of none it is 0.
func share(n, of uint64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// percent writes a share as messages show it.
func percent(x float64) string { return strconv.FormatFloat(100*x, 'g', 4, 64) + " %" }

// items writes a number of items as messages show it.
func items(n uint64) string {
	if n == 1 {
		return "1 item"
	}
	return strconv.FormatUint(n, 10) + " items"
}
