// SPDX-License-Identifier: Apache-2.0

package cri

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// podLog writes what a container prints, in the form in which a kubelet reads it: time, stream, "F" for a full line, the line.
type podLog struct {
	mu      sync.Mutex
	file    *os.File
	streams []*stream
	now     func() time.Time
}

func openLog(path string) (*podLog, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // as the kubelet makes its own
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o640) //nolint:gosec // the kubelet names it
	if err != nil {
		return nil, err
	}
	return &podLog{file: file, now: time.Now}, nil
}

// stream returns what takes the container's stdout or stderr.
func (l *podLog) stream(name string) *stream {
	added := &stream{log: l, name: name}
	l.streams = append(l.streams, added)
	return added
}

// close writes lines that have no end.
func (l *podLog) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, open := range l.streams {
		if len(open.rest) > 0 {
			errs = append(errs, l.line(open.name, open.rest))
			open.rest = nil
		}
	}
	return errors.Join(append(errs, l.file.Close())...)
}

func (l *podLog) line(stream string, text []byte) error {
	out := l.now().UTC().AppendFormat(nil, time.RFC3339Nano)
	out = append(out, " "+stream+" F "...)
	out = append(out, text...)
	_, err := l.file.Write(append(out, '\n'))
	return err
}

// stream cuts what is printed into lines.
type stream struct {
	log  *podLog
	name string
	// rest is the beginning of a line that has not ended.
	rest []byte
}

// Write implements the interface.
func (s *stream) Write(data []byte) (int, error) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.rest = append(s.rest, data...)
	for {
		line, after, ended := bytes.Cut(s.rest, []byte("\n"))
		if !ended {
			return len(data), nil
		}
		if err := s.log.line(s.name, line); err != nil {
			return 0, err
		}
		s.rest = after
	}
}
