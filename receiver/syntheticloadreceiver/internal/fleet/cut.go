// SPDX-License-Identifier: Apache-2.0

package fleet

// Cut divides a request after some items, 1 to one less than it has. A sample of metrics is not divided: the first part may be a little
// longer than asked for, and the second one empty. The parts share the request's records, and are built as it is.
func (r *Request) Cut(items int) (first, second Request) {
	first = Request{Signal: r.Signal, at: r.at, ends: r.ends, noted: r.noted}
	second = first
	for i, it := range r.parts {
		room := items - first.Items
		if room <= 0 {
			second.parts = r.parts[i:]
			break
		}
		if it.count <= room {
			first.add(it)
			continue
		}
		begin, end := it.cut(room)
		first.add(begin)
		second.parts = r.parts[i+1:]
		if end.count > 0 {
			second.parts = append([]part{end}, second.parts...)
		}
		break
	}
	second.Items = r.Items - first.Items
	return first, second
}

func (r *Request) add(it part) {
	r.parts = append(r.parts, it)
	r.Items += it.count
}

// cut divides a part after n items, fewer than it has; of metrics, after the sample that has the last of them.
func (it part) cut(n int) (begin, end part) {
	begin, end = it, it
	switch {
	case it.spans != nil:
		begin.spans, end.spans = it.spans[:n], it.spans[n:]
	case it.records != nil:
		begin.records, end.records = it.records[:n], it.records[n:]
	default:
		begin.samples, end.samples, n = it.samples.Cut(n)
	}
	begin.count, end.count = n, it.count-n
	end.first += uint64(max(0, n))
	return begin, end
}
