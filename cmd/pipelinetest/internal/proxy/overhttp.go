// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// overHTTP forwards requests over HTTP: a server of any path, and the clients that send the same to the target.
type overHTTP struct {
	*layer
	gate     *gate
	listener net.Listener  // between the wire and the server
	let      chan net.Conn // connections that the gate has let in
	shutting <-chan struct{}
	shut     func()
	server   *http.Server
	target   string
	clients  [ways]*http.Transport // by how the client has come
	serving  sync.WaitGroup
}

// httpCall is what a call over HTTP has beside its message.
type httpCall struct {
	method, uri, host string
	header            http.Header
	contentType       string
}

// httpAnswer is what an answer over HTTP has beside its message.
type httpAnswer struct {
	status int
	header http.Header
}

// newOverHTTP serves a port of its own.
func newOverHTTP(config *Config, counters *counters) (*overHTTP, error) {
	f := &overHTTP{layer: newLayer(config.Seed, counters), target: config.Target, let: make(chan net.Conn)}
	shutting, shut := context.WithCancel(f.life)
	f.shutting, f.shut = shutting.Done(), shut
	f.gate = newGate(config.TLS, config.Target, f.life, counters, "h2", "http/1.1")
	for way := range ways {
		f.clients[way] = &http.Transport{
			DisableCompression: true, MaxIdleConnsPerHost: 100, TLSClientConfig: config.TLS.toTarget(way), ForceAttemptHTTP2: true,
		}
	}
	var err error
	if f.listener, err = (&net.ListenConfig{}).Listen(f.life, "tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	f.server = &http.Server{
		Handler: http.HandlerFunc(f.handle), ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0),
		Protocols: new(http.Protocols),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, cameBy{}, wayOf(c))
		},
	}
	f.server.Protocols.SetHTTP1(true)
	f.server.Protocols.SetHTTP2(true)
	f.server.Protocols.SetUnencryptedHTTP2(true)
	f.serving.Go(f.accept)
	f.serving.Go(func() { _ = f.server.Serve(letIn{f}) })
	return f, nil
}

// accept lets connections in through the gate.
func (f *overHTTP) accept() {
	for {
		raw, err := f.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // too many open files, most likely
			continue
		}
		f.serving.Go(func() { f.admit(raw) })
	}
}

// admit lets one connection in. One that says nothing is kept until the client ends it, or the proxy.
func (f *overHTTP) admit(raw net.Conn) {
	over := context.AfterFunc(f.life, func() { _ = raw.Close() })
	conn, _, err := f.gate.enter(raw)
	over()
	switch {
	case errors.Is(err, errPassedOn):
		return
	case err != nil:
		_ = raw.Close()
		return
	}
	select {
	case f.let <- conn:
	case <-f.shutting:
		_ = raw.Close()
	}
}

// letIn is a listener that accepts what the gate has let in.
type letIn struct{ *overHTTP }

// Accept implements net.Listener.
func (l letIn) Accept() (net.Conn, error) {
	select {
	case conn := <-l.let:
		return conn, nil
	case <-l.shutting:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l letIn) Close() error {
	l.shut()
	return l.listener.Close()
}

// Addr implements net.Listener.
func (l letIn) Addr() net.Addr { return l.listener.Addr() }

func (f *overHTTP) endpoint() string { return f.listener.Addr().String() }

// connectionHeaders are of one connection, and not for the next (RFC 9110, section 7.6.1).
var connectionHeaders = []string{"Connection", "Proxy-Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// handle forwards one request.
func (f *overHTTP) handle(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone away
	}
	header := r.Header.Clone()
	for _, name := range connectionHeaders {
		header.Del(name)
	}
	c := &call{
		ctx:     r.Context(),
		message: message{data: body, compression: header.Get("Content-Encoding"), json: strings.HasPrefix(header.Get("Content-Type"), jsonType)},
		http:    &httpCall{method: r.Method, uri: r.URL.RequestURI(), host: r.Host, header: header, contentType: header.Get("Content-Type")},
	}
	c.way, _ = r.Context().Value(cameBy{}).(security)
	if r.Method == http.MethodPost {
		c.signal = signalAt(r.URL.Path)
	}
	c.telemetry = c.signal != nil && len(body) > 0
	a, err := f.pass(c, f.deliver)
	if refusal, is := errors.AsType[*refusal](err); is {
		a, err = refusal.answer(c.http.contentType), nil
	}
	if err != nil {
		panic(http.ErrAbortHandler) // the target is not there, or has not answered: the client finds that out as it would without a proxy
	}
	if a.http == nil { // there is no more to it than that it is OK
		a.http = &httpAnswer{status: http.StatusOK, header: http.Header{"Content-Type": {c.http.contentType}}}
		if len(a.message) == 0 && c.message.json {
			a.message = []byte("{}")
		}
	}
	maps.Copy(w.Header(), a.http.header)
	w.WriteHeader(a.http.status)
	_, _ = w.Write(a.message) // the client may have gone away
}

// deliver sends a request to the target. An answer that is no success is an error.
func (f *overHTTP) deliver(c *call) (answer, error) {
	scheme := "http://"
	if c.way != plain {
		scheme = "https://"
	}
	request, err := http.NewRequestWithContext(c.ctx, c.http.method, scheme+f.target+c.http.uri, bytes.NewReader(c.message.data))
	if err != nil {
		return answer{}, err
	}
	request.Host, request.Header = c.http.host, c.http.header.Clone()
	if c.message.compression == "" {
		request.Header.Del("Content-Encoding")
	}
	if _, says := request.Header["User-Agent"]; !says {
		request.Header["User-Agent"] = nil // nor does the proxy
	}
	response, err := f.clients[c.way].RoundTrip(request)
	if err != nil {
		return answer{}, err
	}
	text, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return answer{}, err
	}
	for _, name := range append(connectionHeaders, "Content-Length") {
		response.Header.Del(name)
	}
	a := answer{message: text, http: &httpAnswer{status: response.StatusCode, header: response.Header}}
	if response.StatusCode >= http.StatusMultipleChoices {
		return a, &refusal{given: &a}
	}
	return a, nil
}

// close ends the requests, and delivers what is held back.
func (f *overHTTP) close() {
	f.layer.close(func() {
		_ = letIn{f}.Close()
		_ = f.server.Close()
	})
	f.gate.passingOn.Wait()
	f.serving.Wait()
	for _, client := range f.clients {
		client.CloseIdleConnections()
	}
}
