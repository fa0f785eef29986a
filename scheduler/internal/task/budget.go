// SPDX-License-Identifier: Apache-2.0

package task

// exhausted reports whether the worker's budget is used up.
func (ts *Tasks) exhausted() bool { return ts.Budget != nil && *ts.Budget == 0 }

// spend takes a unit of the worker's budget and reports false if there is none.
func (ts *Tasks) spend() bool {
	if ts.Budget == nil {
		return true
	}
	if *ts.Budget == 0 {
		return false
	}
	*ts.Budget--
	if *ts.Budget == 0 {
		ts.budgetsSpent++
	}
	return true
}

// NotReady notes that what the running task polled is not ready: the unit of the budget that the poll took is given back. Tokio counts a
// budget that reaches 0 all the same.
func (ts *Tasks) NotReady() {
	if ts.Budget != nil && *ts.Budget == 1 {
		ts.budgetsSpent++
	}
}

// BudgetsSpent counts how often a coop budget reached zero.
func (ts *Tasks) BudgetsSpent() uint64 { return ts.budgetsSpent }
