// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml

// Package loadgateextension begins and ends the runs of synthetic_load receivers.
//
// The Collector starts and stops components along its pipelines. Pipelines that are joined over a socket, as in a test of an exporter
// against a receiver of the same process, are no chain to it: it stops them in any order, and what is on the way is lost. But it
// tells extensions when all pipelines run and, before it stops the first component, that they are about to stop, and waits for them. This
// extension passes both on to the generators that have entered its gate.
package loadgateextension
