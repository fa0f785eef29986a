// SPDX-License-Identifier: Apache-2.0

// Package release tests what users get without a checkout, and what makes it: the programs as `go install` installs them, their help, and
// what the configurations of GoReleaser and of GitHub's workflows say. It is a module of its own, so that nothing it needs for that becomes
// a dependency of the programs.
package release
