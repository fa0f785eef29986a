// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// setValue sets the value of an attribute, which is the same in all items or drawn for this one. It runs once for each attribute.
func setValue(v pcommon.Value, value any, d workload.Draws) {
	switch x := value.(type) {
	case string:
		v.SetStr(x)
	case int64:
		v.SetInt(x)
	case float64:
		v.SetDouble(x)
	case bool:
		v.SetBool(x)
	case workload.Bytes:
		v.SetEmptyBytes().FromRaw(x.Bytes(d))
	case workload.List:
		list := v.SetEmptySlice()
		list.EnsureCapacity(len(x))
		for _, element := range x {
			setValue(list.AppendEmpty(), element, d)
		}
	case workload.Map:
		entries := v.SetEmptyMap()
		entries.EnsureCapacity(len(x))
		for _, a := range x {
			setValue(entries.PutEmpty(a.Key), a.Value, d)
		}
	case workload.Texts:
		v.SetStr(x.Text(d))
	case workload.Integers:
		v.SetInt(x.Integer(d))
	}
}
