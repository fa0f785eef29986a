// SPDX-License-Identifier: Apache-2.0

// Package content holds what arrives against the stamps of what was sent (package internal/stamp), and against what a pipeline is said to
// change: of each attribute, field, resource and scope it says whether it is there, unchanged, and allowed.
//
//	Rules (from the configuration) --> Checker: Resource, Scope, then each item in them --> audit.Content
//
// A Checker belongs to one batch at a time, and remembers the verdict on the resource and scope that it is in: many items share them.
//
// The package stands between the load_verify exporter, which reads batches, and its package audit, which counts and judges what is found.
// The files stand in this order, and none calls one above it:
//
//	item.go                     an item and where it is
//	mask.go                     an item as it may be shown
//	compare.go, scan.go         what was sent is there; nothing forbidden is
//	checker.go, findings.go     what a checker holds; what it found
//	rules.go, pattern.go        what the configuration says
//	path.go                     names of attributes and fields, as OTTL writes them
package content
