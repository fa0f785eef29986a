// SPDX-License-Identifier: Apache-2.0

// Package stdout gives components a standard output that can break without ending the Collector.
//
// A reader of a pipe may leave: `otelcol-runtimelab ... | head`. Go ends a process that then writes to file descriptor 1 or 2, by
// SIGPIPE. For a command that is right, for a Collector it is not: traces still pass, and nobody asked it to stop. After
// [Writer], such a write fails with EPIPE instead, like a write to a full disk, and whoever writes decides what to do.
package stdout

import (
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// survive asks the runtime to deliver SIGPIPE rather than to die of it. Nobody reads the channel: that the signal is asked for is
// enough. It stays so until the process ends, because a signal belongs to the process, and because stderr may be the same broken
// pipe (2>&1): the Collector logs there after the last component has stopped. Asking for the signal does not reach child
// processes; ignoring it would.
var survive = sync.OnceFunc(func() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) })

// Writer returns the standard output. From now on a write to stdout or stderr that nobody can read fails. Call it when a component is
// made, not when its factory is: a Collector without such a component behaves as any other.
func Writer() io.Writer {
	survive()
	return os.Stdout
}
