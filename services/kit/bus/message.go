package bus

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Message is what a party appends: a subject, header fields and a body. The bus
// reads none of the three except to route them.
type Message struct {
	Subject string
	// Header holds one value per name. Names are case-sensitive; those that
	// start with "Nats-" belong to the server and are refused.
	Header map[string]string
	Data   []byte
}

// Event is a message that the log holds.
type Event struct {
	Message
	// Stream names the stream, such as StreamCases.
	Stream string
	// Sequence is the position in the stream, from 1. Sequences grow, with gaps
	// where messages were erased or belong to others.
	Sequence uint64
	// Time is when the server stored the message, in UTC.
	Time time.Time
	// Pending is how many events waited behind this one when it was sent.
	Pending uint64
}

// ConflictError says that a scope has moved on since the writer looked: its last
// message is now Last. Nothing was appended. Wait until the own projection has
// passed Last, decide again, and try again a few times at most.
type ConflictError struct {
	Scope string
	Last  uint64
}

// Error implements error.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("bus: scope %s has moved on to sequence %d", e.Scope, e.Last)
}

// ErrNotFound says that the log holds no such message, bucket or key.
var ErrNotFound = errors.New("bus: not found")

const reservedHeader = "Nats-"

func toWire(m Message) (*nats.Msg, error) {
	if m.Subject == "" {
		return nil, errors.New("bus: a message needs a subject")
	}
	if strings.ContainsAny(m.Subject, "*> \t\r\n") {
		return nil, fmt.Errorf("bus: subject %q must name one subject, without wildcards or spaces", m.Subject)
	}
	wire := &nats.Msg{Subject: m.Subject, Data: m.Data}
	if len(m.Header) > 0 {
		wire.Header = make(nats.Header, len(m.Header)+2)
	}
	for name, value := range m.Header {
		if strings.HasPrefix(name, reservedHeader) {
			return nil, fmt.Errorf("bus: header %s belongs to the server", name)
		}
		if strings.ContainsAny(name, ":\r\n") || strings.ContainsAny(value, "\r\n") {
			return nil, fmt.Errorf("bus: header %q must hold one line", name)
		}
		wire.Header[name] = []string{value}
	}
	return wire, nil
}

func fromHeader(header nats.Header) map[string]string {
	plain := make(map[string]string, len(header))
	for name, values := range header {
		if len(values) > 0 && !strings.HasPrefix(name, reservedHeader) {
			plain[name] = values[0]
		}
	}
	return plain
}

func fromDelivery(msg jetstream.Msg) (Event, *jetstream.MsgMetadata, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return Event{}, nil, fmt.Errorf("bus: read metadata of a message on %s: %w", msg.Subject(), err)
	}
	return Event{
		Message:  Message{Subject: msg.Subject(), Header: fromHeader(msg.Headers()), Data: msg.Data()},
		Stream:   meta.Stream,
		Sequence: meta.Sequence.Stream,
		Time:     meta.Timestamp.UTC(),
		Pending:  meta.NumPending,
	}, meta, nil
}

func fromStored(stream string, raw *jetstream.RawStreamMsg) Event {
	return Event{
		Message:  Message{Subject: raw.Subject, Header: fromHeader(raw.Header), Data: raw.Data},
		Stream:   stream,
		Sequence: raw.Sequence,
		Time:     raw.Time.UTC(),
	}
}

// conflict turns the server's "wrong last sequence: N" into a ConflictError.
func conflict(err error, scope string) error {
	var refused *jetstream.APIError
	if !errors.As(err, &refused) || refused.ErrorCode != jetstream.JSErrCodeStreamWrongLastSequence {
		return err
	}
	_, number, _ := strings.Cut(refused.Description, ": ")
	last, parse := strconv.ParseUint(strings.TrimSpace(number), 10, 64)
	if parse != nil {
		return fmt.Errorf("bus: read the last sequence from %q: %w", refused.Description, parse)
	}
	return &ConflictError{Scope: scope, Last: last}
}

func cloneHeader(header map[string]string) map[string]string {
	if header == nil {
		return make(map[string]string)
	}
	return maps.Clone(header)
}
