// SPDX-License-Identifier: Apache-2.0

package page

import (
	"encoding/json"
	"net/http"
	"time"
)

// patience is how long a client may take to read an event.
const patience = 5 * time.Second

// serveEvents sends a frame at once, and then at its pace, until the client leaves, or reads too slowly, or the page closes.
func (p *Page) serveEvents(w http.ResponseWriter, r *http.Request) {
	scope, err := readScope(r.URL.Query())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	select {
	case p.streams <- struct{}{}:
		defer func() { <-p.streams }()
	default:
		http.Error(w, "too many pages are open; close one", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	ticker := time.NewTicker(p.pace)
	defer ticker.Stop()
	for {
		frame, err := p.make(r.Context(), scope)
		if err != nil {
			return
		}
		// The deadline of a whole response, which the server has set, is not for one that goes on.
		if out.SetWriteDeadline(time.Now().Add(patience)) != nil || writeEvent(w, frame) != nil || out.Flush() != nil {
			return
		}
		select {
		case <-ticker.C:
		case <-r.Context().Done():
			return
		case <-p.closing:
			return
		}
	}
}

// writeEvent writes a frame as an event. JSON has no line breaks.
func writeEvent(w http.ResponseWriter, frame Frame) error {
	data, err := json.Marshal(frame)
	if err != nil {
		return err
	}
	event := make([]byte, 0, len(data)+8)
	event = append(append(append(event, "data: "...), data...), "\n\n"...)
	_, err = w.Write(event)
	return err
}
