package host

import (
	"context"
	"encoding/hex"
	"math/rand/v2"
	"strings"

	"google.golang.org/grpc/metadata"
)

const (
	traceHeader = "traceparent"
	authHeader  = "authorization"
)

// Traceparent names one step of a call that may cross processes, as in W3C Trace
// Context. It is written to logs and into the envelope of facts.
type Traceparent struct {
	TraceID [16]byte
	SpanID  [8]byte
	Flags   byte
}

// NewTrace begins a trace.
func NewTrace() Traceparent {
	var t Traceparent
	for t.TraceID == [16]byte{} {
		putUint64(t.TraceID[:8], rand.Uint64())
		putUint64(t.TraceID[8:], rand.Uint64())
	}
	return t.Child()
}

// Child is a new step of the same trace.
func (t Traceparent) Child() Traceparent {
	t.SpanID = [8]byte{}
	for t.SpanID == [8]byte{} {
		putUint64(t.SpanID[:], rand.Uint64())
	}
	return t
}

func putUint64(to []byte, value uint64) {
	for i := range 8 {
		to[i] = byte(value >> (8 * i))
	}
}

// ID is the trace's id as logs write it: 32 hexadecimal digits.
func (t Traceparent) ID() string { return hex.EncodeToString(t.TraceID[:]) }

// String is the value of a traceparent header.
func (t Traceparent) String() string {
	return "00-" + t.ID() + "-" + hex.EncodeToString(t.SpanID[:]) + "-" + hex.EncodeToString([]byte{t.Flags})
}

// ParseTraceparent reads a traceparent header; false when it is not valid, and
// then a new trace begins.
func ParseTraceparent(header string) (Traceparent, bool) {
	var t Traceparent
	// Later versions may add parts at the end; version ff is forbidden.
	parts := strings.Split(header, "-")
	if len(parts) < 4 || len(parts[0]) != 2 || parts[0] == "ff" || (parts[0] == "00" && len(parts) != 4) {
		return t, false
	}
	var version, flags [1]byte
	for i, to := range [][]byte{version[:], t.TraceID[:], t.SpanID[:], flags[:]} {
		if len(parts[i]) != 2*len(to) || strings.ToLower(parts[i]) != parts[i] {
			return Traceparent{}, false
		}
		if _, err := hex.Decode(to, []byte(parts[i])); err != nil {
			return Traceparent{}, false
		}
	}
	t.Flags = flags[0]
	if t.TraceID == [16]byte{} || t.SpanID == [8]byte{} {
		return Traceparent{}, false
	}
	return t, true
}

type traceKey struct{}

// WithTrace returns a context in which Trace finds t.
func WithTrace(ctx context.Context, t Traceparent) context.Context {
	return context.WithValue(ctx, traceKey{}, &t)
}

// Trace returns the step that ctx belongs to; the zero value outside of any.
func Trace(ctx context.Context) Traceparent {
	if t, ok := ctx.Value(traceKey{}).(*Traceparent); ok {
		return *t
	}
	return Traceparent{}
}

// traced continues the caller's trace, or begins one.
func traced(ctx context.Context, md metadata.MD) context.Context {
	if values := md[traceHeader]; len(values) == 1 {
		if t, ok := ParseTraceparent(values[0]); ok {
			return WithTrace(ctx, t.Child())
		}
	}
	return WithTrace(ctx, NewTrace())
}

// Outgoing returns a context for calling another process on behalf of the
// caller: it carries the trace and the caller's own authorization, so that the
// other process decides by the same rights.
func Outgoing(ctx context.Context) context.Context {
	if t := Trace(ctx); t != (Traceparent{}) {
		ctx = metadata.AppendToOutgoingContext(ctx, traceHeader, t.String())
	}
	if values := metadata.ValueFromIncomingContext(ctx, authHeader); len(values) == 1 {
		ctx = metadata.AppendToOutgoingContext(ctx, authHeader, values[0])
	}
	return ctx
}
