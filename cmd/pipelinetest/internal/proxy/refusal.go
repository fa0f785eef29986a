// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"

	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

const (
	jsonType     = "application/json"
	protobufType = "application/x-protobuf"
)

// refusal is an answer over HTTP that is no success: the target's, or a fault's.
type refusal struct {
	given      *answer // the target's; nil: what follows is a fault's
	status     int
	retryAfter *RetryAfter
	text       string
}

// Error implements error.
func (r *refusal) Error() string {
	if r.given == nil {
		return fmt.Sprintf("HTTP %d: %s", r.status, r.text)
	}
	return r.given.says()
}

// code is the HTTP status.
func (r *refusal) code() int {
	if r.given == nil {
		return r.status
	}
	return r.given.http.status
}

// answer is what the client gets: over OTLP/HTTP a google.rpc.Status in the form of its request (OTLP specification, Failures).
func (r *refusal) answer(contentType string) answer {
	if r.given != nil {
		return *r.given
	}
	header := http.Header{}
	said := &statuspb.Status{Message: r.text}
	text, err := proto.Marshal(said)
	if kind, _, _ := mime.ParseMediaType(contentType); kind == jsonType {
		text, err = protojson.Marshal(said)
		header.Set("Content-Type", jsonType)
	} else {
		header.Set("Content-Type", protobufType)
	}
	if err != nil {
		text = nil // the status says enough
	}
	if r.retryAfter != nil && !r.retryAfter.None {
		header.Set("Retry-After", strconv.FormatInt(int64(r.retryAfter.Delay.Seconds()), 10))
	}
	return answer{message: text, http: &httpAnswer{status: r.status, header: header}}
}

// says is the text of an answer over HTTP that is no success.
func (a *answer) says() string {
	var said statuspb.Status
	switch kind, _, _ := mime.ParseMediaType(a.http.header.Get("Content-Type")); {
	case kind == jsonType && protojson.Unmarshal(a.message, &said) == nil:
		return said.GetMessage()
	case kind == protobufType && proto.Unmarshal(a.message, &said) == nil:
		return said.GetMessage()
	}
	return string(a.message)
}

// retryableHTTP are the HTTP statuses after which a request may be sent again (OTLP specification, Retryable Response Codes).
var retryableHTTP = map[int]bool{
	http.StatusTooManyRequests: true, http.StatusBadGateway: true, http.StatusServiceUnavailable: true, http.StatusGatewayTimeout: true,
}

// retryable are the codes after which a request may be sent again (OTLP specification, Failures).
var retryable = map[codes.Code]bool{
	codes.Canceled: true, codes.DeadlineExceeded: true, codes.ResourceExhausted: true, codes.Aborted: true, codes.OutOfRange: true,
	codes.Unavailable: true, codes.DataLoss: true,
}

// mayRetry tells whether a request may be sent again after an error. A target over HTTP that did not answer may be asked again.
func (c *call) mayRetry(err error) bool {
	if c.http == nil {
		return retryable[status.Code(err)]
	}
	refused, is := errors.AsType[*refusal](err)
	return !is || retryableHTTP[refused.code()]
}
