// SPDX-License-Identifier: Apache-2.0

package audit

// Verdict says whether expectations are met.
type Verdict string

// The verdicts.
const (
	// Running: some of it is not final.
	Running Verdict = "running"
	// Pass: all is final, and as expected.
	Pass Verdict = "pass"
	// Unknown: all is final, and nothing is seen to be other than expected, but something that was expected could not be seen.
	Unknown Verdict = "unknown"
	// Fail: all is final, and something is not as expected. Also: nothing ever came.
	Fail Verdict = "fail"
)

// Finding is an expectation that is not met.
type Finding struct {
	// Expectation is the key of the setting, such as max_loss, or end_marker, limits, storage or runs, which nobody can set.
	Expectation string `json:"expectation"`
	// Signal that it is about; empty: all.
	Signal string `json:"signal,omitempty"`
	// Message says what was found and what was expected.
	Message string `json:"message"`
	// Unknown: it is not certain that the expectation is broken. What was seen does not show that it is kept.
	Unknown bool `json:"unknown,omitempty"`
}

// verdict that findings lead to.
func verdict(final bool, findings []Finding) Verdict {
	v := Pass
	for i := range findings {
		if findings[i].Unknown {
			v = v.worse(Unknown)
		} else {
			v = Fail
		}
	}
	if !final {
		v = Running
	}
	return v
}

// worse is the verdict of two together: while one is running, so are both.
func (v Verdict) worse(o Verdict) Verdict {
	for _, worst := range []Verdict{Running, Fail, Unknown} {
		if v == worst || o == worst {
			return worst
		}
	}
	return Pass
}
