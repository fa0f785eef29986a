// SPDX-License-Identifier: Apache-2.0

package untrusted

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

func TestText(t *testing.T) {
	none := func(value pcommon.Value) {
		_, ok := Text(value)
		assert.False(t, ok, value.Type())
	}
	some := func(want string, value pcommon.Value) {
		got, ok := Text(value)
		assert.True(t, ok, value.Type())
		assert.Equal(t, want, got)
	}
	some("orders", pcommon.NewValueStr("orders"))
	some("-9223372036854775808", pcommon.NewValueInt(math.MinInt64))
	some("1.5", pcommon.NewValueDouble(1.5))
	some("true", pcommon.NewValueBool(true))
	none(pcommon.NewValueEmpty())
	none(pcommon.NewValueBytes())
	none(pcommon.NewValueMap())
	none(pcommon.NewValueSlice())
}

// However deep a value is, it is not looked into: a thousand levels would be written by a walk that allocates.
func TestTextOfNestedValueDoesNotWalk(t *testing.T) {
	value := pcommon.NewValueEmpty()
	innermost := value
	for range 1_000 {
		innermost = innermost.SetEmptySlice().AppendEmpty()
	}
	assert.Zero(t, testing.AllocsPerRun(10, func() { _, _ = Text(value) }))
}

func TestCut(t *testing.T) {
	for _, end := range []string{"", "é", "€", "🦀"} {
		for before := Limit - 5; before <= Limit+5; before++ {
			whole := strings.Repeat("x", before) + end
			cut := Cut(whole)
			assert.True(t, strings.HasPrefix(whole, cut))
			assert.True(t, utf8.ValidString(cut))
			assert.LessOrEqual(t, len(cut), Limit)
			assert.GreaterOrEqual(t, len(cut), min(len(whole), Limit-3))
		}
	}
	assert.Len(t, Cut(strings.Repeat("\x80", 2*Limit)), Limit-utf8.UTFMax, "no characters at all")
}

func TestValid(t *testing.T) {
	assert.Equal(t, "orders", Valid("orders"))
	assert.Equal(t, "a�b", Valid("a\xff\xfeb"))
	assert.Equal(t, "�", Valid("\xed\xa0\x80"), "a surrogate")
	long := strings.Repeat("x", 1<<20)
	assert.Zero(t, testing.AllocsPerRun(10, func() { _ = Valid(long) }))
}

func TestDuration(t *testing.T) {
	for _, tt := range []struct {
		name       string
		start, end pcommon.Timestamp
		want       int64
	}{
		{"usual", 1_000, 3_000, 2_000},
		{"none", 5, 5, 0},
		{"no start", 0, 5, -1},
		{"no end", 5, 0, -1},
		{"neither", 0, 0, -1},
		{"wrapped", 191_305, 0, -1},
		{"the longest", 1, 1 + math.MaxInt64, math.MaxInt64},
		{"longer", 1, 2 + math.MaxInt64, -1},
		{"an end of all ones", 1_800_000_000_000_000_000, math.MaxUint64, -1},
	} {
		assert.Equal(t, tt.want, Duration(tt.start, tt.end), tt.name)
	}
}

func FuzzValid(f *testing.F) {
	f.Add(strings.Repeat("x", Limit-1) + "é")
	f.Add(strings.Repeat("\xf0", Limit+1))
	f.Add(strings.Repeat("\xff\x00", Limit))
	f.Fuzz(func(t *testing.T, s string) {
		valid := Valid(s)
		if !utf8.ValidString(valid) {
			t.Errorf("%q is not UTF-8", valid)
		}
		if len(valid) > 2*Limit+utf8.UTFMax {
			t.Errorf("%d bytes", len(valid))
		}
		if utf8.ValidString(s) && valid != s[:len(valid)] {
			t.Errorf("%q became %q", s, valid)
		}
		if again := Valid(valid); len(valid) <= Limit && again != valid {
			t.Errorf("%q became %q", valid, again)
		}
	})
}
