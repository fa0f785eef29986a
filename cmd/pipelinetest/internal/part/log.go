// SPDX-License-Identifier: Apache-2.0

package part

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// How much of what a process prints is kept: the first and the last of it. A process that prints without end does not fill the disk.
const (
	logHead = 4 << 20
	logTail = 1 << 20
)

// log keeps what a process prints.
//
//	process --pipe--> copy --> file: the first logHead bytes; at the end what was left out, and the last logTail bytes
//	                      |--> tail, in memory
//	                      \--> whoever else wants it
type log struct {
	file   *os.File
	from   *os.File // our end of the pipe
	copied chan struct{}
	watch  []byte    // what Said looks for
	also   io.Writer // is told all of it; nil: nobody

	mu      sync.Mutex // guards what follows
	written int64
	tail    []byte // at least the last logTail bytes
	said    bool
}

// openLog appends to a file what will be printed to the pipe that it returns.
func openLog(path, watch string, also io.Writer) (l *log, to *os.File, err error) {
	l = &log{watch: []byte(watch), also: also, copied: make(chan struct{})}
	if l.file, err = os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil { //nolint:gosec // G304: where the caller wants it
		return nil, nil, err
	}
	if l.from, to, err = os.Pipe(); err != nil {
		_ = l.file.Close()
		return nil, nil, err
	}
	go l.copy()
	return l, to, nil
}

func (l *log) copy() {
	defer close(l.copied)
	buffer := make([]byte, 64<<10)
	for {
		n, err := l.from.Read(buffer)
		l.add(buffer[:n])
		l.tell(buffer[:n])
		if err != nil {
			return
		}
	}
}

func (l *log) add(text []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if room := logHead - l.written; room > 0 {
		_, _ = l.file.Write(text[:min(room, int64(len(text)))]) // a disk that is full must not stop the process
	}
	l.written += int64(len(text))
	before := len(l.tail)
	if l.tail = append(l.tail, text...); len(l.watch) > 0 && !l.said {
		l.said = bytes.Contains(l.tail[max(0, before-len(l.watch)+1):], l.watch)
	}
	if len(l.tail) > 2*logTail {
		l.tail = append(l.tail[:0], l.tail[len(l.tail)-logTail:]...)
	}
}

func (l *log) tell(text []byte) {
	if l.also != nil {
		_, _ = l.also.Write(text) // whatever becomes of it there
	}
}

// takeSaid tells whether the text that is watched for was printed since the last call.
func (l *log) takeSaid() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	said := l.said
	l.said = false
	return said
}

// last are the last lines.
func (l *log) last(lines int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	const enough = 16 << 10
	text := string(l.tail[max(0, len(l.tail)-enough):])
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return all[max(0, len(all)-lines):]
}

// drainPatience is how long somebody who has outlived the process may still hold its output.
const drainPatience = time.Second

// finish writes the end of what was printed. The process must have ended.
func (l *log) finish() {
	_ = l.from.SetReadDeadline(time.Now().Add(drainPatience)) // nobody holds it any more, as a rule
	<-l.copied
	_ = l.from.Close()
	l.tell([]byte("\n")) // a process that is killed does not end its line
	l.mu.Lock()
	defer l.mu.Unlock()
	if rest := l.written - logHead; rest > 0 {
		end := l.tail[max(0, len(l.tail)-int(min(rest, logTail))):]
		if left := rest - int64(len(end)); left > 0 {
			_, _ = io.WriteString(l.file, fmt.Sprintf("\n--- pipelinetest has left out %d bytes here ---\n", left))
		}
		_, _ = l.file.Write(end)
	}
	_ = l.file.Close()
}
