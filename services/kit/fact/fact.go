// Package fact turns facts into messages of the log and back: a deterministic
// protobuf body, CloudEvents 1.0.2 headers beside it (NATS binding, binary mode),
// and the hash that chains the facts of a scope.
package fact

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/kit/bus"
)

// ContentType is the media type of a fact's body.
const ContentType = "application/protobuf"

var marshal = proto.MarshalOptions{Deterministic: true}

// Encode makes the message of a fact. party is who writes: hub or a provider's key.
func Encode(subject, party string, f *eventsv1.Fact) (bus.Message, error) {
	body, err := marshal.Marshal(f)
	if err != nil {
		return bus.Message{}, fmt.Errorf("fact: encode %s: %w", Type(f), err)
	}
	header := map[string]string{
		"ce-specversion":     "1.0",
		"ce-id":              f.Id,
		"ce-source":          "urn:businessespoo:" + party,
		"ce-type":            Type(f),
		"ce-subject":         url.PathEscape(subject),
		"ce-time":            f.Time.AsTime().Format(time.RFC3339Nano),
		"ce-datacontenttype": ContentType,
	}
	for key, value := range map[string]string{
		"ce-causationid": f.CausationId, "ce-correlationid": f.CorrelationId, "traceparent": f.TraceParent,
	} {
		if value != "" {
			header[key] = value
		}
	}
	return bus.Message{Subject: subject, Header: header, Data: body}, nil
}

// Decode reads a fact from an event and answers its hash too. It fails on a body
// that is no fact and on a fact that holds no event: both are poison.
func Decode(e bus.Event) (*eventsv1.Fact, []byte, error) {
	f := &eventsv1.Fact{}
	if err := proto.Unmarshal(e.Data, f); err != nil {
		return nil, nil, fmt.Errorf("fact: decode %s at %d: %w", e.Subject, e.Sequence, err)
	}
	if f.Event == nil {
		return nil, nil, fmt.Errorf("fact: decode %s at %d: it holds no event that this version knows", e.Subject, e.Sequence)
	}
	return f, Hash(e.Subject, e.Data), nil
}

// Hash chains a fact: SHA-256 over its subject, a newline and its body.
func Hash(subject string, body []byte) []byte {
	h := sha256.New()
	h.Write([]byte(subject))
	h.Write([]byte{'\n'})
	h.Write(body)
	return h.Sum(nil)
}

// Type is the CloudEvents type of a fact, such as fi.businessespoo.case_opened.v1.
func Type(f *eventsv1.Fact) string {
	field := f.ProtoReflect().WhichOneof(f.ProtoReflect().Descriptor().Oneofs().ByName("event"))
	if field == nil {
		return "fi.businessespoo.unknown.v1"
	}
	return "fi.businessespoo." + strings.ToLower(string(field.Name())) + ".v1"
}
