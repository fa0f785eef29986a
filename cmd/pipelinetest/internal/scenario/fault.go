// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
)

// Fault is one disturbance: of a link, or of a part.
type Fault struct {
	// Key is where it was given, for what is said about it: faults[0].
	Key string
	// At is when it begins, from the generators' start.
	At time.Duration
	// For is how long it lasts. 0: to the end of the test.
	For time.Duration

	// Link is where Disturbance is. Zero: one of the following is set instead.
	Link        Link
	Disturbance proxy.Fault

	Kill     string // part that is killed, and started again at the end
	Stop     string // part that is told to stop, as by Ctrl-C, and started again at the end
	FullDisk string // part whose disk is filled, and emptied at the end
	Reload   string // part that is told to read its configuration again (SIGHUP), and once more at the end
	With     string // what Reload adds to that configuration until the end; none: nothing
	Unlisted string // replica that the name of its group does not resolve to until the end
	Roll     string // part whose replicas are stopped and started one after the other; Check makes other faults of it
}

// Part is what is killed, stopped or full; nothing for a fault of a link.
func (f *Fault) Part() string { return f.Kill + f.Stop + f.FullDisk + f.Reload + f.Unlisted }

// String is the fault without its times, as a scenario writes it.
func (f *Fault) String() string {
	switch {
	case f.Kill != "":
		return "kill: " + f.Kill
	case f.Stop != "":
		return "stop: " + f.Stop
	case f.FullDisk != "":
		return "full_disk: " + f.FullDisk
	case f.Reload != "" && f.With != "":
		return "reload: " + f.Reload + " with another configuration"
	case f.Reload != "":
		return "reload: " + f.Reload
	case f.Unlisted != "":
		return "unlisted: " + f.Unlisted
	}
	return "link: " + f.Link.String() + ", " + f.Disturbance.String()
}

// faultFile is a fault as YAML has it.
type faultFile struct {
	At          time.Duration  `yaml:"at"`
	For         *time.Duration `yaml:"for"`
	Link        string         `yaml:"link"`
	proxy.Fault `yaml:",inline"`
	Kill        string    `yaml:"kill"`
	Stop        string    `yaml:"stop"`
	FullDisk    string    `yaml:"full_disk"`
	Reload      string    `yaml:"reload"`
	Config      yaml.Node `yaml:"config"`
	Unlisted    string    `yaml:"unlisted"`
	Roll        string    `yaml:"roll"`
}

// ParseFault reads a fault as the flag --fault has it: a flow mapping, its braces optional.
func ParseFault(text string) (Fault, error) {
	const key = "--fault"
	braced := strings.TrimSpace(text)
	if !strings.HasPrefix(braced, "{") {
		braced = "{" + braced + "}"
	}
	var node yaml.Node
	if err := yaml.Unmarshal([]byte(braced), &node); err != nil {
		return Fault{}, refused(key, fmt.Sprintf("%q", text), "YAML such as 'at: 5s, for: 20s, link: gateway->verifier, down: true'")
	}
	return readFault(node.Content[0], key, "")
}

// tells tells whether an error is about a key.
func tells(err error, key string) bool { return err != nil && strings.Contains(err.Error(), key+":") }

func readFault(node *yaml.Node, key, dir string) (Fault, error) {
	var f faultFile
	misread := decode(node, key, &f)
	errs := []error{misread}
	fault := Fault{Key: key, At: f.At, Disturbance: f.Fault, Kill: f.Kill, Stop: f.Stop, FullDisk: f.FullDisk, Reload: f.Reload, Unlisted: f.Unlisted, Roll: f.Roll}
	if !f.Config.IsZero() {
		with, err := readWith(&f.Config, key+".config", dir)
		if fault.With = with; f.Reload == "" {
			err = fmt.Errorf("%s.config: is not allowed here; want it beside reload only", key)
		}
		errs = append(errs, err)
	}
	if f.For != nil {
		fault.For = *f.For
	}
	if f.At < 0 {
		errs = append(errs, refused(key+".at", f.At, "a duration of 0s or more"))
	}
	if f.For != nil && *f.For <= 0 && !tells(misread, key+".for") {
		errs = append(errs, refused(key+".for", *f.For, "a duration of more than 0s; leave it out for a fault that lasts to the end"))
	}
	parts := slices.DeleteFunc([]string{f.Kill, f.Stop, f.FullDisk, f.Reload, f.Unlisted, f.Roll}, func(name string) bool { return name == "" })
	switch {
	case len(parts) > 1, len(parts) == 1 && (f.Link != "" || f.Fault != proxy.Fault{}):
		errs = append(errs, fmt.Errorf("%s: kill, stop, full_disk, reload, unlisted and roll are each a fault alone; want one of them, or a link with its fault", key))
	case len(parts) == 1:
	case f.Link == "" && errors.Join(errs...) == nil: // a key that nobody knows may have been meant to say it
		errs = append(errs, fmt.Errorf("%s: there is nothing to disturb; want link: FROM->TO, kill: PART, stop: PART, full_disk: PART, reload: PART, unlisted: REPLICA or roll: PART", key))
	case f.Link != "":
		from, to, ok := strings.Cut(f.Link, "->")
		if !ok {
			errs = append(errs, refused(key+".link", fmt.Sprintf("%q", f.Link), "FROM->TO"))
		}
		fault.Link = Link{strings.TrimSpace(from), strings.TrimSpace(to)}
		if err := f.Validate(); misread == nil {
			errs = append(errs, prefixed(key, err))
		} else if len(f.Kinds()) > 0 { // otherwise what could not be read may have been meant to say the kind
			errs = append(errs, prefixed(key, err))
		}
	}
	return fault, errors.Join(errs...)
}

// readWith reads what a reload adds to a configuration: a mapping, or a file.
func readWith(node *yaml.Node, key, dir string) (string, error) {
	config, err := readConfig(node, key, "", dir)
	switch {
	case err != nil:
		return "", err
	case config.Location == "":
		return config.Text, nil
	case uri.MatchString(config.Location):
		return "", refused(key, fmt.Sprintf("%q", config.Location), "a file or a mapping")
	}
	text, err := os.ReadFile(config.Location)
	return string(text), err
}
