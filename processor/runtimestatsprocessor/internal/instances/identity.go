// SPDX-License-Identifier: Apache-2.0

package instances

import "strings"

// Identity is what a resource says of who it is. What it does not say is empty.
type Identity struct {
	Service string // with its namespace
	ID      string // service.instance.id
	Host    string
	PID     string
	Sender  string // the address that it came from, which counts if it says nothing else
}

// Key tells service instances apart: by service.instance.id, or else by host and process. Of a service that says neither, as with the
// default resource of the Rust SDK, there is one instance at each address that sends, for all that can be known.
func (i *Identity) Key() string {
	switch {
	case i.ID != "":
		return i.Service + "\x00" + i.ID
	case i.Host == "" && i.PID == "":
		return i.Service + "\x00\x00\x00" + i.Sender
	default:
		return i.Service + "\x00" + i.Host + "\x00" + i.PID
	}
}

// clone returns the identity in memory of its own: it outlives the batch that it was first seen in.
func (i *Identity) clone() Identity {
	return Identity{strings.Clone(i.Service), strings.Clone(i.ID), strings.Clone(i.Host), strings.Clone(i.PID), strings.Clone(i.Sender)}
}

// complete adds what another resource of the same key says.
func (i *Identity) complete(o *Identity) {
	if i.Host == "" && o.Host != "" {
		i.Host = strings.Clone(o.Host)
	}
	if i.PID == "" && o.PID != "" {
		i.PID = strings.Clone(o.PID)
	}
}

// likeness says whether two resources of a service may be of one process.
type likeness uint8

const (
	other likeness = iota // they say that they are not
	maybe                 // one of them does not say
	same                  // they say so
)

// like compares two resources of the same service.
func (i *Identity) like(o *Identity) likeness {
	named := i.ID != "" && o.ID != ""
	numbered := i.PID != "" && o.PID != ""
	switch {
	case named && i.ID != o.ID, numbered && i.PID != o.PID, i.Host != "" && o.Host != "" && i.Host != o.Host:
		return other
	case named, numbered && i.Host == o.Host:
		return same
	default:
		return maybe
	}
}
