// SPDX-License-Identifier: Apache-2.0

package scenario

// withoutLinks copies a tree without the links to spans of other services. Nothing is played otherwise for them, and those services are not
// there.
func withoutLinks(node any) any {
	switch node := node.(type) {
	case map[string]any:
		to := make(map[string]any, len(node))
		for key, v := range node {
			if links, ok := v.(map[string]any); ok && key == "links" && links["service"] != nil {
				continue
			}
			to[key] = withoutLinks(v)
		}
		return to
	case []any:
		to := make([]any, len(node))
		for i := range node {
			to[i] = withoutLinks(node[i])
		}
		return to
	}
	return node
}
