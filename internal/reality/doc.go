// SPDX-License-Identifier: Apache-2.0

// Package reality judges the findings of runtime_stats on the spans of real Rust services. The services are in reference/: each handler
// declares what its span earns, and each span carries that truth, and what the process measured of itself, as attributes truth.* which no
// rule of the processor reads.
//
// A run starts the built sidecar and a service that loads itself, and yields what the sidecar wrote. A Judgement counts, for each finding,
// the spans that earned it and those that have it. Captures are the raw spans of such runs, made small: a test plays them through the
// processor in process, where no Cargo is needed.
//
// The command `real` (make real, make real-captures) is the only user beside the tests. docs/real.md says how to read the result.
package reality
