// SPDX-License-Identifier: Apache-2.0

package instances

import "strings"

// Identity is what a resource says of who it is. What it does not say is empty.
type Identity struct {
	Namespace string
	Service   string
	ID        string // service.instance.id
	Host      string
	PID       string
	Sender    string // the address that it came from, which counts if it says nothing else
}

// service is a service by its namespace and name.
type service [2]string

func (i *Identity) service() service { return service{i.Namespace, i.Service} }

// Key is what tells a service instance from others: service.instance.id, or else host and process. Of a service that says neither, as with the
// default resource of the Rust SDK, there is one instance at each address that sends, for all that can be known. It shares the memory of the
// identity.
func (i *Identity) Key() Identity {
	switch {
	case i.ID != "":
		return Identity{Namespace: i.Namespace, Service: i.Service, ID: i.ID}
	case i.Host == "" && i.PID == "":
		return Identity{Namespace: i.Namespace, Service: i.Service, Sender: i.Sender}
	default:
		return Identity{Namespace: i.Namespace, Service: i.Service, Host: i.Host, PID: i.PID}
	}
}

// clone returns the identity in memory of its own: it outlives the batch that it was first seen in.
func (i *Identity) clone() Identity {
	return Identity{
		Namespace: strings.Clone(i.Namespace), Service: strings.Clone(i.Service), ID: strings.Clone(i.ID),
		Host: strings.Clone(i.Host), PID: strings.Clone(i.PID), Sender: strings.Clone(i.Sender),
	}
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
