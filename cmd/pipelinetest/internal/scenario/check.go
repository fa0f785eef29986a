// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var partName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// Check holds a scenario's names and times together.
func (s *Scenario) Check() error {
	errs := []error{s.expandRolls()}
	if s.Timeout <= 0 {
		errs = append(errs, refused("timeout", s.Timeout, "a duration of more than 0s"))
	}
	if s.Settle <= 0 {
		errs = append(errs, refused("settle", s.Settle, "a duration of more than 0s"))
	}
	if len(s.Generators) == 0 {
		errs = append(errs, errors.New("generators: there are none; want one or more"))
	}
	names := map[string]bool{}
	for _, part := range s.Parts() {
		switch {
		case !partName.MatchString(part.Name) || part.Name == next || strings.HasSuffix(part.Name, "-http"):
			errs = append(errs, refused("name", fmt.Sprintf("%q", part.Name),
				"lower-case letters, digits and -, beginning with a letter; not next, and not ending with -http"))
		case names[part.Name]:
			errs = append(errs, fmt.Errorf("name: there are two parts %q; want each name once", part.Name))
		}
		names[part.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(s.Want.Parts)) {
		if !names[name] {
			errs = append(errs, refused("want.parts", fmt.Sprintf("%q", name), "one of "+strings.Join(slices.Sorted(maps.Keys(names)), ", ")))
		}
	}
	for i := range s.Faults {
		if f := &s.Faults[i]; f.At >= s.Timeout && s.Timeout > 0 {
			errs = append(errs, refused(f.Key+".at", f.At, fmt.Sprintf("less than the timeout, %v", s.Timeout)))
		}
		if err := s.checkFault(&s.Faults[i]); err != nil {
			errs = append(errs, fmt.Errorf("%s.%w", s.Faults[i].Key, err))
		}
	}
	return errors.Join(append(errs, s.checkDown(), s.checkAudits(), s.checkWays(), s.checkOutlets(), s.checkStorages())...)
}

// checkDown finds a part that is to be killed or stopped while it is down already.
func (s *Scenario) checkDown() error {
	var errs []error
	for i := range s.Faults {
		f := &s.Faults[i]
		for j := range s.Faults {
			earlier := &s.Faults[j]
			if i == j || f.down() == "" || f.down() != earlier.down() || earlier.At > f.At || earlier.At == f.At && j > i {
				continue
			}
			if earlier.For == 0 || earlier.At+earlier.For > f.At {
				errs = append(errs, fmt.Errorf("%s: %s is down already at %v, by %s; want a time when it runs", f.Key, f.down(), f.At, earlier.Key))
			}
		}
	}
	return errors.Join(errs...)
}

// down is the part that is down during the fault.
func (f *Fault) down() string { return f.Kill + f.Stop }

// checkFault looks whether what a fault names exists.
func (s *Scenario) checkFault(f *Fault) error {
	parts := map[string]Part{}
	var names, disks []string
	for _, part := range s.Parts() {
		parts[part.Name] = part
		names = append(names, part.Name)
		if part.Disk > 0 {
			disks = append(disks, part.Name)
		}
	}
	for key, name := range map[string]string{"kill": f.Kill, "stop": f.Stop} {
		if _, exists := parts[name]; name != "" && !exists {
			return refused(key, fmt.Sprintf("%q", name), "one of "+strings.Join(names, ", "))
		}
		if parts[name].Disk > 0 {
			return refused(key, fmt.Sprintf("%q", name), "a part without disk: what is on it goes with the process")
		}
	}
	switch {
	case f.Reload != "":
		return s.checkReload(f)
	case f.Unlisted != "":
		return s.checkUnlisted(f)
	}
	if f.FullDisk != "" && !slices.Contains(disks, f.FullDisk) {
		if len(disks) == 0 {
			return refused("full_disk", fmt.Sprintf("%q", f.FullDisk), "a part with disk: SIZE; there is none")
		}
		return refused("full_disk", fmt.Sprintf("%q", f.FullDisk), "a part with disk: one of "+strings.Join(disks, ", "))
	}
	if f.Link != (Link{}) && !slices.Contains(s.Links(), f.Link) {
		var links []string
		for _, link := range s.Links() {
			if s.checkReach(&Fault{Link: link}) == nil { // somebody sends there, as far as is known
				links = append(links, link.String())
			}
		}
		return refused("link", f.Link, "one of "+strings.Join(links, ", "))
	}
	if f.Link != (Link{}) {
		return s.checkReach(f)
	}
	return nil
}
