// SPDX-License-Identifier: Apache-2.0

package page

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// headers are on every answer. The page has no script, style or image that does not come from here, and stands in no frame.
var headers = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
}

// guard refuses what pages of other sites ask. Two ways lead from such a page to here: its script sends a request, which tells its Origin; or its
// own name is made to mean this machine (DNS rebinding), which the Host tells.
func (p *Page) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for key, value := range headers {
			w.Header().Set(key, value)
		}
		if !p.ownHost(r.Host) {
			http.Error(w, "this page is not known under that name; open it by the address in its endpoint, or as localhost", http.StatusForbidden)
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" && !sameHost(origin, r.Host) || r.Header.Get("Sec-Fetch-Site") == "cross-site" && !opens(r) {
			http.Error(w, "pages of other sites may not read this one", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ownHost reports whether a Host means this page: an address, which nobody else can make a name of, localhost, or the name in the endpoint.
func (p *Page) ownHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	return strings.EqualFold(host, "localhost") || p.Host != "" && strings.EqualFold(host, p.Host)
}

func sameHost(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, host)
}

// opens reports whether somebody follows a link to the page, as from a wiki or a chat.
func opens(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}
