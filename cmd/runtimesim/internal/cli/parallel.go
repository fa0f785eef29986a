// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"runtime"
	"sync"
)

// parallel calls f for 0 to n-1, one call per processor at a time, and returns when all have returned.
func parallel(n int, f func(i int)) {
	var group sync.WaitGroup
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range n {
		free <- struct{}{}
		group.Go(func() {
			defer func() { <-free }()
			f(i)
		})
	}
	group.Wait()
}
