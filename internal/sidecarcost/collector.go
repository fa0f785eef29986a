// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// collector is a Collector in a process of its own.
type collector struct {
	cmd *exec.Cmd
	log bytes.Buffer // read it after end only
}

// startCollector runs until the context ends.
func startCollector(ctx context.Context, binary string, env []string, config ...string) (*collector, error) {
	var args []string
	for _, c := range config {
		args = append(args, "--config", c)
	}
	c := &collector{cmd: exec.CommandContext(ctx, binary, args...)} //nolint:gosec // the command line says which Collector to run
	c.cmd.Env = append(os.Environ(), env...)
	c.cmd.Stdout, c.cmd.Stderr = &c.log, &c.log
	c.cmd.Cancel = func() error { return c.cmd.Process.Signal(syscall.SIGTERM) }
	c.cmd.WaitDelay = 20 * time.Second
	return c, c.cmd.Start()
}

// end waits for the process, whose context has ended. One that ended badly shows its log.
func (c *collector) end() error {
	if err := c.cmd.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w\n%s", err, c.log.String())
	}
	return nil
}

// patience bounds each wait for a Collector. On a busy machine a start takes much longer than the second that it takes alone.
const patience = 5 * time.Minute

// waitReady waits until the health check says yes.
func (c *collector) waitReady(ctx context.Context, health string) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for {
		if body, err := get(ctx, health); err == nil {
			return body.Close()
		}
		if err := sleep(ctx, 2*time.Millisecond); err != nil {
			return fmt.Errorf("not ready after %v: %w", patience, err)
		}
	}
}

// waitSpans waits until the first spans have come.
func (c *collector) waitSpans(ctx context.Context, metrics string) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	for {
		u, err := c.usage(ctx, metrics)
		if err == nil && u.accepted > 0 {
			return nil
		}
		if err := errors.Join(err, sleep(ctx, 50*time.Millisecond)); err != nil {
			return fmt.Errorf("no span within %v: %w", patience, err)
		}
	}
}

func get(ctx context.Context, url string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("%s: %s", url, response.Status), response.Body.Close())
	}
	return response.Body, nil
}

// usage is what a Collector has used and done since its start.
type usage struct {
	cpu               time.Duration
	accepted, refused float64 // spans
	waiting           float64 // in the queue now: bytes, as that is its sizer
}

func (c *collector) usage(ctx context.Context, metrics string) (u usage, err error) {
	stat, err := c.proc("stat")
	if err != nil {
		return u, err
	}
	if u.cpu, err = cpuTime(stat); err != nil {
		return u, err
	}
	body, err := get(ctx, metrics)
	if err != nil {
		return u, err
	}
	defer func() { err = errors.Join(err, body.Close()) }()
	lines := bufio.NewScanner(body)
	for lines.Scan() {
		series, value, _ := strings.Cut(lines.Text(), "} ")
		name, _, _ := strings.Cut(series, "{")
		switch name {
		case "otelcol_receiver_accepted_spans":
			err = add(&u.accepted, value)
		case "otelcol_exporter_queue_size":
			err = add(&u.waiting, value)
		case "otelcol_receiver_refused_spans":
			err = add(&u.refused, value)
		}
		if err != nil {
			return u, err
		}
	}
	return u, lines.Err()
}

func add(sum *float64, value string) error {
	v, err := strconv.ParseFloat(value, 64)
	*sum += v
	return err
}

func (c *collector) proc(file string) (string, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(c.cmd.Process.Pid), file)) //nolint:gosec // of a process that this one started
	return string(text), err
}

// tick is the unit of time in /proc/PID/stat: 1/sysconf(_SC_CLK_TCK), 10 ms on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// cpuTime reads utime and stime, fields 14 and 15 of /proc/PID/stat (proc(5)). Field 2 is the command in parentheses, which may
// contain anything.
func cpuTime(stat string) (time.Duration, error) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/PID/stat: %q has too few fields", stat)
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick, err
}

// memory is what is resident, in bytes: anonymous, and in all.
func (c *collector) memory() (anon, rss float64, err error) {
	status, err := c.proc("status")
	if err != nil {
		return 0, 0, err
	}
	if anon, err = kibibytes(status, "RssAnon:"); err != nil {
		return 0, 0, err
	}
	rss, err = kibibytes(status, "VmRSS:")
	return anon, rss, err
}

func kibibytes(status, key string) (float64, error) {
	_, after, _ := strings.Cut(status, key)
	fields := strings.Fields(after)
	if len(fields) < 2 || fields[1] != "kB" {
		return 0, fmt.Errorf("/proc/PID/status: no %s in %q", key, status)
	}
	n, err := strconv.ParseFloat(fields[0], 64)
	return n * 1024, err
}

// freePorts finds loopback addresses that nobody listens on.
func freePorts(ctx context.Context, n int) (addresses []string, err error) {
	for range n {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "localhost:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = l.Close() }() // only now, so that no port is found twice
		addresses = append(addresses, fmt.Sprintf("localhost:%d", l.Addr().(*net.TCPAddr).Port))
	}
	return addresses, nil
}
