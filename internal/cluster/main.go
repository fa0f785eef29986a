// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"

	_ "github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/container"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/cri"
)

func main() {
	_ = cri.New
	fmt.Fprintln(os.Stderr, container.Enter())
}
