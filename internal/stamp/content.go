// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// A content stamp says what an item, a resource or a scope had when it was sent, in hashes of 32 bits, so that whoever reads it at the far
// end can say of each attribute whether it is still there. What was added on the way is in no stamp, and does not disturb it.
//
//	version  1 byte
//	seal     4 bytes  hash of all that follows, and of what the stamp belongs to
//	resource 4 bytes  hash of the stamp of the item's resource; 0 on resources and scopes
//	scope    4 bytes  likewise of its scope
//	fields   4 bytes each, in the order of the kind's field names; 0: the item does not have it
//	pairs    8 bytes for each attribute: hash of the key, hash of type and value
//
// Numbers are little endian. A changed value has the hash of the old one once in four billion.
const (
	contentVersion = 1
	contentSeal    = 1
	contentHeader  = 13

	// MostPairs bounds the stamp: further attributes of an item are not in it.
	MostPairs = 512
	// MostFields is how many fields a kind of item has at most.
	MostFields = 9
)

// Fields are the hashes of what an item has beside attributes.
type Fields [MostFields]uint32

// Owner is what a stamp belongs to: a stamp on another item does not fit. The owner of a resource's or scope's stamp is zero.
type Owner struct {
	Identity Identity
	Checksum int64
}

// AppendContent appends the stamp of attributes and of the first count fields. seen learns the keys; nil: nobody wants them.
func AppendContent(b []byte, of Owner, resource, scope uint32, fields *Fields, count int, attributes pcommon.Map, seen *Keys) []byte {
	begin := len(b)
	b = append(b, contentVersion, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, resource)
	b = binary.LittleEndian.AppendUint32(b, scope)
	for _, f := range fields[:count] {
		b = binary.LittleEndian.AppendUint32(b, f)
	}
	pairs := 0
	for key, value := range attributes.All() {
		if IsStamp(key) {
			continue
		}
		if pairs++; pairs > MostPairs {
			break
		}
		hash := Key(key)
		seen.note(hash, key)
		b = binary.LittleEndian.AppendUint32(b, hash)
		b = binary.LittleEndian.AppendUint32(b, Value(value))
	}
	binary.LittleEndian.PutUint32(b[begin+contentSeal:], seal(b[begin+contentSeal+4:], of))
	return b
}

// IsStamp reports whether an attribute is part of a stamp, and so in no content stamp. It runs once for each attribute.
func IsStamp(key string) bool {
	return len(key) > len(stampPrefix) && key[:len(stampPrefix)] == stampPrefix && ofStamps[key]
}

const stampPrefix = "load_verify."

// ofStamps are the attributes of stamps. Others that are called like them are what somebody has added.
var ofStamps = func() map[string]bool {
	all := map[string]bool{}
	for i := range semconv.Attributes {
		if name := semconv.Attributes[i].Name; strings.HasPrefix(name, stampPrefix) {
			all[name] = true
		}
	}
	return all
}()

func seal(content []byte, of Owner) uint32 {
	return fold(mix(mix(xxhash.Sum64(content), uint64(of.Identity)), uint64(of.Checksum))) //nolint:gosec // G115: the same 64 bits, for a hash
}

// ID is the hash by which items name the stamp of their resource or scope.
func ID(stamp []byte) uint32 { return fold(xxhash.Sum64(stamp)) }

// Content is a stamp that arrived. Its numbers are read from the bytes.
type Content struct {
	bytes  []byte
	fields int
}

// ReadContent reads a stamp with so many fields. It is not ok if it is damaged, or another owner's.
func ReadContent(stamp []byte, of Owner, fields int) (c Content, ok bool) {
	size := contentHeader + 4*fields
	if len(stamp) < size || (len(stamp)-size)%8 != 0 || (len(stamp)-size)/8 > MostPairs || stamp[0] != contentVersion {
		return Content{}, false
	}
	c = Content{stamp, fields}
	return c, c.at(contentSeal) == seal(stamp[contentSeal+4:], of)
}

func (c *Content) at(i int) uint32 { return binary.LittleEndian.Uint32(c.bytes[i:]) }

// Resource is the id of the stamp of the item's resource.
func (c *Content) Resource() uint32 { return c.at(contentSeal + 4) }

// Scope is the id of the stamp of the item's scope.
func (c *Content) Scope() uint32 { return c.at(contentSeal + 8) }

// Field is the hash of a field.
func (c *Content) Field(i int) uint32 { return c.at(contentHeader + 4*i) }

// Pairs is the number of attributes.
func (c *Content) Pairs() int { return (len(c.bytes) - contentHeader - 4*c.fields) / 8 }

// Pair has the hashes of the key and the value of an attribute.
func (c *Content) Pair(i int) (key, value uint32) {
	at := contentHeader + 4*c.fields + 8*i
	return c.at(at), c.at(at + 4)
}

// Keys collects the keys of what is stamped, by their hash, so that an end marker can name what is missing. A nil one collects nothing. Not
// safe for concurrent use.
type Keys struct {
	recent [256]uint32 // hashes of keys that it has, by their last bits: nearly every key is one of these
	byHash map[uint32]string
	bytes  int
}

// What an end marker carries of keys.
const (
	mostKeys     = 1024
	mostKeyBytes = 32 << 10
)

// note runs once for each attribute.
func (k *Keys) note(hash uint32, key string) {
	if k == nil {
		return
	}
	slot := &k.recent[hash%256]
	if *slot == hash {
		return
	}
	*slot = hash
	if _, known := k.byHash[hash]; known || len(k.byHash) >= mostKeys || k.bytes+len(key) > mostKeyBytes {
		return
	}
	if k.byHash == nil {
		k.byHash = map[uint32]string{}
	}
	k.byHash[hash] = key
	k.bytes += len(key)
}

// Names are the keys, in alphabetical order; nil: none.
func (k *Keys) Names() []string {
	if k == nil {
		return nil
	}
	return slices.Sorted(maps.Values(k.byHash))
}

// Key is the hash of an attribute's key.
func Key(key string) uint32 { return fold(xxhash.Sum64String(key)) }

// How many fields resources and scopes have.
const (
	ResourceFields = 1
	ScopeFields    = 3
)

// Names of the fields of resources and scopes, whose stamps have no signal and no core.
var (
	ResourceFieldNames = [ResourceFields]string{"resource.schema_url"}
	ScopeFieldNames    = [ScopeFields]string{"scope.name", "scope.version", "scope.schema_url"}
)

// Resource appends the stamp of a resource.
func Resource(b []byte, r pcommon.Resource, schema string, seen *Keys) []byte {
	fields := ResourceContent(schema)
	return AppendContent(b, Owner{}, 0, 0, &fields, ResourceFields, r.Attributes(), seen)
}

// ResourceContent are the fields of a resource.
func ResourceContent(schema string) Fields { return Fields{text(schema)} }

// Scope appends the stamp of a scope.
func Scope(b []byte, s pcommon.InstrumentationScope, schema string, seen *Keys) []byte {
	fields := ScopeContent(s, schema)
	return AppendContent(b, Owner{}, 0, 0, &fields, ScopeFields, s.Attributes(), seen)
}

// ScopeContent are the fields of a scope.
func ScopeContent(s pcommon.InstrumentationScope, schema string) Fields {
	return Fields{text(s.Name()), text(s.Version()), text(schema)}
}

// PutContent puts a stamp to attributes.
func PutContent(to pcommon.Map, stamp []byte) { to.PutEmptyBytes(semconv.StampContent).FromRaw(stamp) }
