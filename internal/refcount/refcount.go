// SPDX-License-Identifier: Apache-2.0

// Package refcount keeps values as long as they have users. The Collector makes several components of one configuration, one for each
// signal or pipeline; by this package the components have in common what is one of its kind: a fleet, an audit, a join.
package refcount

import "sync"

// Values are values by key, each of which lives as long as it has users. The zero value is empty. Safe for concurrent use.
type Values[K comparable, V any] struct {
	mu    sync.Mutex
	byKey map[K]*entry[V]
}

type entry[V any] struct {
	value V
	users int
}

// Acquire returns the value of a key, which create makes if there is none, and what its user calls in the end. That reports whether
// the value has no user left; called again, it does nothing and says no.
func (v *Values[K, V]) Acquire(key K, create func() (V, error)) (value V, release func() (last bool), err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	e := v.byKey[key]
	if e == nil {
		made, err := create()
		if err != nil {
			return value, nil, err
		}
		e = &entry[V]{value: made}
		if v.byKey == nil {
			v.byKey = map[K]*entry[V]{}
		}
		v.byKey[key] = e
	}
	e.users++
	released := false
	return e.value, func() bool {
		v.mu.Lock()
		defer v.mu.Unlock()
		if released {
			return false
		}
		released = true
		if e.users--; e.users > 0 {
			return false
		}
		delete(v.byKey, key)
		return true
	}, nil
}
