// SPDX-License-Identifier: Apache-2.0

package models

import "slices"

// All are the runtimes, in the order in which tables show them. The caller owns the slice and the models.
func All() []*Model {
	return []*Model{tokioModel(), asyncStdModel(), smolModel(), idealModel()}
}

// Names are the names of All.
func Names() []string {
	var names []string
	for _, m := range All() {
		names = append(names, m.Name)
	}
	return names
}

// Flavors are the names of all flavors.
func Flavors() (names []string) {
	for _, m := range All() {
		for _, k := range m.Keys {
			if k.Name == flavorKey {
				names = append(names, k.Choices...)
			}
		}
	}
	return names
}

// ByFlavor is the model that has a flavor of this name, such as current_thread; nil if there is none.
func ByFlavor(name string) *Model {
	for _, m := range All() {
		for _, k := range m.Keys {
			if k.Name == flavorKey && slices.Contains(k.Choices, name) {
				return m
			}
		}
	}
	return nil
}

// ByName is the model of a name; nil if there is none.
func ByName(name string) *Model {
	for _, m := range All() {
		if m.Name == name {
			return m
		}
	}
	return nil
}
