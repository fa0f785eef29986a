// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml

// Package processthreadsreceiver reads in /proc what the kernel counts of the threads of a service beside the Collector: how long they were
// on a CPU, how long they were runnable without one, and whether the quota of their cgroup stopped them.
//
//	internal/find      which processes the rules of the configuration name
//	internal/watch     the threads of one process, added up by groups
//	internal/quota     the cpu.stat of its cgroup
//	internal/procfile  reading small files often, and their parsers
//	scraper.go         finds, reads, and makes metrics of it; the Collector's scraperhelper calls it in time
//
// Only files that every user may read are read. What is hidden or absent is told in the log once, counted, and left out of the metrics; it is
// never guessed. The packages beneath import nothing of the Collector.
package processthreadsreceiver
