package proxy

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	"google.golang.org/grpc/codes"
)

// Fault is one way to disturb a link: exactly one kind, perhaps with settings of that kind.
//
// Down, Reset, Delay and Bandwidth disturb connections, whatever they carry; GRPC and OTLP disturb requests, and want a proxy of
// protocol [GRPC].
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
	// OTLP is what becomes of requests: drop, duplicate, reorder, corrupt or lose_response.
	OTLP string `yaml:"otlp,omitempty"`

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

// OfRequests says whether the fault disturbs requests, for which a proxy has to speak gRPC.
func (f *Fault) OfRequests() bool { return f.GRPC != "" || f.OTLP != "" }

// Validate reports every mistake, each with its key, its value and what is allowed.
func (f *Fault) Validate() error {
	var errs []error
	wrong := func(key string, value any, want string) {
		errs = append(errs, fmt.Errorf("%s: %v is not allowed; want %s", key, value, want))
	}
	if kinds := f.kinds(); len(kinds) != 1 {
		given := "none"
		if len(kinds) > 0 {
			given = strings.Join(kinds, ", ")
		}
		errs = append(errs, fmt.Errorf("fault kinds: %s; want exactly one of down: true, reset: 1s, delay: 200ms, bandwidth: 64KiB, "+
			"grpc: unavailable, otlp: drop (or values like these)", given))
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
	if f.OTLP != "" && !slices.ContainsFunc(effects, func(e effect) bool { return e.name == f.OTLP }) {
		var names []string
		for _, e := range effects {
			names = append(names, e.name)
		}
		wrong("otlp", strconv.Quote(f.OTLP), strings.Join(names, ", "))
	}
	if f.Share != nil {
		if !f.OfRequests() {
			wrong("share", *f.Share, "it beside grpc or otlp only")
		} else if !(*f.Share > 0 && *f.Share <= 1) { // NaN is neither
			wrong("share", *f.Share, "more than 0, at most 1")
		}
	}
	if f.Every != nil {
		if !f.OfRequests() {
			wrong("every", *f.Every, "it beside grpc or otlp only")
		} else if *f.Every < 1 {
			wrong("every", *f.Every, "1 or more")
		} else if f.Share != nil {
			wrong("every", *f.Every, "either share or every")
		}
	}
	return errors.Join(errs...)
}

// kinds are the keys that say a kind of fault.
func (f *Fault) kinds() []string {
	var keys []string
	for _, kind := range []struct {
		key   string
		given bool
	}{
		{"down", f.Down},
		{"reset", f.Reset != 0},
		{"delay", f.Delay != 0},
		{"bandwidth", f.Bandwidth != 0},
		{"grpc", f.GRPC != ""},
		{"otlp", f.OTLP != ""},
	} {
		if kind.given {
			keys = append(keys, kind.key)
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
	var text strings.Builder
	for _, setting := range []struct {
		key   string
		given bool
		value any
	}{
		{"down", f.Down, f.Down},
		{"reset", f.Reset != 0, f.Reset},
		{"delay", f.Delay != 0, f.Delay},
		{"jitter", f.Jitter != 0, f.Jitter},
		{"bandwidth", f.Bandwidth != 0, f.Bandwidth},
		{"grpc", f.GRPC != "", f.GRPC},
		{"otlp", f.OTLP != "", f.OTLP},
	} {
		if setting.given {
			if text.Len() > 0 {
				text.WriteString(", ")
			}
			fmt.Fprintf(&text, "%s: %v", setting.key, setting.value)
		}
	}
	if f.Share != nil {
		fmt.Fprintf(&text, ", share: %v", *f.Share)
	}
	if f.Every != nil {
		fmt.Fprintf(&text, ", every: %d", *f.Every)
	}
	return text.String()
}

// Bytes is an amount of data; in YAML a whole number with B, KiB, MiB or GiB behind it: 64KiB.
type Bytes int64

// byteUnits by size, the largest first; a number alone is bytes.
var byteUnits = []struct {
	suffix string
	shift  uint
}{{"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"B", 0}, {"", 0}}

// UnmarshalYAML reads an amount.
func (b *Bytes) UnmarshalYAML(node *yaml.Node) error {
	for _, unit := range byteUnits {
		digits, found := strings.CutSuffix(node.Value, unit.suffix)
		if !found {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err == nil && n > 0 && n<<unit.shift>>unit.shift == n {
			*b = Bytes(n << unit.shift)
			return nil
		}
		break
	}
	return fmt.Errorf("line %d: %q is not allowed; want a whole number of B, KiB, MiB or GiB, 1B or more, such as 64KiB", node.Line, node.Value)
}

// String writes the amount in the largest unit that divides it.
func (b Bytes) String() string {
	for _, unit := range byteUnits {
		if b>>unit.shift<<unit.shift == b && b != 0 {
			return strconv.FormatInt(int64(b>>unit.shift), 10) + unit.suffix
		}
	}
	return "0B"
}
