// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	units "github.com/docker/go-units"
	"go.yaml.in/yaml/v3"
	"google.golang.org/grpc/codes"
)

// Fault is one way to disturb a link: exactly one kind, perhaps with settings of that kind.
//
// Down, Reset, Delay and Bandwidth disturb connections, whatever they carry; GRPC, HTTP and OTLP disturb requests, and want a proxy of
// their protocol.
type Fault struct {
	// Down cuts all connections and refuses new ones.
	Down bool `yaml:"down,omitempty"`
	// Reset ends every connection with a TCP reset so long after it has been opened, or after the fault has begun if that is later.
	Reset time.Duration `yaml:"reset,omitempty"`
	// Delay is how much later each byte arrives, in each direction: a round trip takes twice that longer.
	Delay time.Duration `yaml:"delay,omitempty"`
	// Jitter makes each delay another one, uniform within Delay ± Jitter; the order of bytes stays.
	Jitter time.Duration `yaml:"jitter,omitempty"`
	// Bandwidth is how much all connections of the link carry together in a second, in each direction.
	Bandwidth Bytes `yaml:"bandwidth,omitempty"`
	// GRPC is the status code requests are refused with, in lower case: unavailable. They are not delivered.
	GRPC string `yaml:"grpc,omitempty"`
	// HTTP is the status requests are refused with, 400 to 599. They are not delivered.
	HTTP int `yaml:"http,omitempty"`
	// OTLP is what becomes of requests: drop, duplicate, reorder, corrupt, lose_response or partial_success.
	OTLP string `yaml:"otlp,omitempty"`

	// RetryAfter is the pause that GRPC or HTTP asks for. Nil: none over HTTP; over gRPC, resource_exhausted asks for [throttlePause].
	RetryAfter *RetryAfter `yaml:"retry_after,omitempty"`
	// Message is the text of the answer of GRPC, HTTP or partial_success.
	Message string `yaml:"message,omitempty"`
	// Rejected is how many items partial_success rejects of each request, the first ones; nil: all.
	Rejected *int `yaml:"rejected,omitempty"`
	// Share of the requests that suffer from the fault, chosen at random; nil: all.
	Share *float64 `yaml:"share,omitempty"`
	// Every n-th request suffers from the fault, counted since it is in force; nil: see Share.
	Every *int `yaml:"every,omitempty"`
}

// statusNames are the names of gRPC's status codes, by code. OK is no fault.
var statusNames = [...]string{
	codes.Canceled:           "cancelled",
	codes.Unknown:            "unknown",
	codes.InvalidArgument:    "invalid_argument",
	codes.DeadlineExceeded:   "deadline_exceeded",
	codes.NotFound:           "not_found",
	codes.AlreadyExists:      "already_exists",
	codes.PermissionDenied:   "permission_denied",
	codes.ResourceExhausted:  "resource_exhausted",
	codes.FailedPrecondition: "failed_precondition",
	codes.Aborted:            "aborted",
	codes.OutOfRange:         "out_of_range",
	codes.Unimplemented:      "unimplemented",
	codes.Internal:           "internal",
	codes.Unavailable:        "unavailable",
	codes.DataLoss:           "data_loss",
	codes.Unauthenticated:    "unauthenticated",
}

// OfRequests says whether the fault disturbs requests, for which a proxy has to read them.
func (f *Fault) OfRequests() bool { return f.GRPC != "" || f.HTTP != 0 || f.OTLP != "" }

// Meets says whether a fault of requests disturbs those of a protocol.
func (f *Fault) Meets(protocol Protocol) bool {
	return protocol == GRPC && f.HTTP == 0 || protocol == HTTP && f.GRPC == ""
}

// Stops says whether a request that suffers from the fault gets no further.
func (f *Fault) Stops() bool {
	return f.GRPC != "" || f.HTTP != 0 || f.OTLP == "drop" || f.OTLP == partialSuccess && f.Rejected == nil
}

// partialSuccess is the effect that some of the other keys belong to.
const partialSuccess = "partial_success"

// Validate reports every mistake, each with its key, its value and what is allowed.
func (f *Fault) Validate() error {
	var errs []error
	wrong := func(key string, value any, want string) {
		errs = append(errs, fmt.Errorf("%s: %v is not allowed; want %s", key, value, want))
	}
	if kinds := f.Kinds(); len(kinds) != 1 {
		given := "none"
		if len(kinds) > 0 {
			given = strings.Join(kinds, ", ")
		}
		errs = append(errs, fmt.Errorf("fault kinds: %s; want exactly one of down: true, reset: 1s, delay: 200ms, bandwidth: 64KiB, "+
			"grpc: unavailable, http: 503, otlp: drop (or values like these)", given))
	}
	if f.Reset < 0 {
		wrong("reset", f.Reset, "more than 0s")
	}
	if f.Delay < 0 {
		wrong("delay", f.Delay, "more than 0s")
	}
	if f.Jitter != 0 && f.Delay == 0 {
		wrong("jitter", f.Jitter, "it beside delay only")
	} else if f.Jitter < 0 || f.Jitter > max(f.Delay, 0) {
		wrong("jitter", f.Jitter, fmt.Sprintf("0s up to the delay, %s", f.Delay))
	}
	if f.Bandwidth < 0 {
		wrong("bandwidth", int64(f.Bandwidth), "1B or more")
	}
	if f.GRPC != "" && f.status() == codes.OK {
		wrong("grpc", strconv.Quote(f.GRPC), strings.Join(statusNames[1:], ", "))
	}
	if f.HTTP != 0 && (f.HTTP < 400 || f.HTTP > 599) {
		wrong("http", f.HTTP, "a status of 400 to 599")
	}
	f.validateAnswer(wrong)
	if f.OTLP != "" && !slices.ContainsFunc(effects, func(e effect) bool { return e.name == f.OTLP }) {
		var names []string
		for _, e := range effects {
			names = append(names, e.name)
		}
		wrong("otlp", strconv.Quote(f.OTLP), strings.Join(names, ", "))
	}
	if f.Share != nil {
		if !f.OfRequests() {
			wrong("share", *f.Share, "it beside grpc, http or otlp only")
		} else if !(*f.Share > 0 && *f.Share <= 1) { // NaN is neither
			wrong("share", *f.Share, "more than 0, at most 1")
		}
	}
	if f.Every != nil {
		if !f.OfRequests() {
			wrong("every", *f.Every, "it beside grpc, http or otlp only")
		} else if *f.Every < 1 {
			wrong("every", *f.Every, "1 or more")
		} else if f.Share != nil {
			wrong("every", *f.Every, "either share or every")
		}
	}
	return errors.Join(errs...)
}

// validateAnswer reports the mistakes in what an answer is to say.
func (f *Fault) validateAnswer(wrong func(key string, value any, want string)) {
	if f.RetryAfter != nil {
		switch pause := *f.RetryAfter; {
		case f.GRPC == "" && f.HTTP == 0:
			wrong("retry_after", pause, "it beside grpc or http only")
		case pause.Delay < 0:
			wrong("retry_after", pause, "0s or more, or none")
		case f.HTTP != 0 && pause.Delay%time.Second != 0:
			wrong("retry_after", pause, "whole seconds: that is what HTTP's Retry-After has")
		}
	}
	if f.Message != "" && f.GRPC == "" && f.HTTP == 0 && f.OTLP != partialSuccess {
		wrong("message", strconv.Quote(f.Message), "it beside grpc, http or otlp: partial_success only")
	}
	if f.Rejected != nil {
		switch {
		case f.OTLP != partialSuccess:
			wrong("rejected", *f.Rejected, "it beside otlp: partial_success only")
		case *f.Rejected < 1:
			wrong("rejected", *f.Rejected, "1 or more")
		}
	}
}

// setting is a key of a fault that is given.
type setting struct {
	key   string
	value any
	kind  bool // it says what kind of fault it is
}

// settings are the keys that are given, in the order of the struct.
func (f *Fault) settings() (given []setting) {
	add := func(there bool, s setting) {
		if there {
			given = append(given, s)
		}
	}
	add(f.Down, setting{"down", f.Down, true})
	add(f.Reset != 0, setting{"reset", f.Reset, true})
	add(f.Delay != 0, setting{"delay", f.Delay, true})
	add(f.Jitter != 0, setting{"jitter", f.Jitter, false})
	add(f.Bandwidth != 0, setting{"bandwidth", f.Bandwidth, true})
	add(f.GRPC != "", setting{"grpc", f.GRPC, true})
	add(f.HTTP != 0, setting{"http", f.HTTP, true})
	add(f.OTLP != "", setting{"otlp", f.OTLP, true})
	if f.RetryAfter != nil {
		add(true, setting{"retry_after", *f.RetryAfter, false})
	}
	if f.Rejected != nil {
		add(true, setting{"rejected", *f.Rejected, false})
	}
	add(f.Message != "", setting{"message", strconv.Quote(f.Message), false})
	if f.Share != nil {
		add(true, setting{"share", *f.Share, false})
	}
	if f.Every != nil {
		add(true, setting{"every", *f.Every, false})
	}
	return given
}

// Kinds are the keys that say a kind of fault.
func (f *Fault) Kinds() (keys []string) {
	for _, s := range f.settings() {
		if s.kind {
			keys = append(keys, s.key)
		}
	}
	return keys
}

// status is the code of GRPC; OK if it is none.
func (f *Fault) status() codes.Code {
	return codes.Code(max(slices.Index(statusNames[:], f.GRPC), 0)) //nolint:gosec // G115: 0 to 16
}

// String writes the fault as in a scenario: otlp: drop, every: 10.
func (f Fault) String() string {
	var settings []string
	for _, s := range f.settings() {
		settings = append(settings, fmt.Sprintf("%s: %v", s.key, s.value))
	}
	return strings.Join(settings, ", ")
}

// RetryAfter is the pause that an answer asks for; in YAML a duration, or none: the answer says nothing of a pause.
type RetryAfter struct {
	None  bool
	Delay time.Duration
}

// UnmarshalYAML reads a pause.
func (r *RetryAfter) UnmarshalYAML(node *yaml.Node) error {
	if r.None = node.Value == "none"; r.None {
		return nil
	}
	if err := node.Decode(&r.Delay); err != nil {
		return fmt.Errorf("%q is not allowed; want a duration such as 2s, or none", node.Value)
	}
	return nil
}

// MarshalYAML writes the pause.
func (r RetryAfter) MarshalYAML() (any, error) { return r.String(), nil }

// String writes the pause so that it can be read again.
func (r RetryAfter) String() string {
	if r.None {
		return "none"
	}
	return r.Delay.String()
}

// Bytes is an amount of data; in YAML a number with B, KiB, MiB or GiB behind it: 64KiB.
type Bytes int64

// UnmarshalYAML reads an amount.
func (b *Bytes) UnmarshalYAML(node *yaml.Node) error {
	n, err := units.RAMInBytes(node.Value)
	if err != nil || n < 1 {
		return fmt.Errorf("%q is not allowed; want 1B or more, such as 64KiB or 4MiB", node.Value)
	}
	*b = Bytes(n)
	return nil
}

// String writes the amount so that it can be read again.
func (b Bytes) String() string {
	text := units.BytesSize(float64(b)) // four digits
	if n, err := units.RAMInBytes(text); err != nil || n != int64(b) {
		return strconv.FormatInt(int64(b), 10) + "B"
	}
	return text
}
