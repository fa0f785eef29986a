// SPDX-License-Identifier: Apache-2.0

// Package prometheus tests the alerts and the dashboard that deploy/ ships, with promtool and on a real Prometheus that a real sidecar
// writes to. It is a module of its own, so that Prometheus does not become a dependency of the Collector.
package prometheus
