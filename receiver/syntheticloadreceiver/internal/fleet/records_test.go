// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestSpansHaveNoPointers: thousands of spans wait in the fleet's exporters, and the garbage collector looks at none of them.
func TestSpansHaveNoPointers(t *testing.T) {
	assertPlain(t, "span", reflect.TypeFor[span]())
}

func assertPlain(t *testing.T, name string, of reflect.Type) {
	t.Helper()
	if of.Kind() == reflect.Struct {
		for field := range of.Fields() {
			assertPlain(t, name+"."+field.Name, field.Type)
		}
		return
	}
	assert.True(t, of.Kind() == reflect.Bool || of.Kind() >= reflect.Int && of.Kind() <= reflect.Float64 && of.Kind() != reflect.Uintptr,
		"%s is a %s", name, of)
}
