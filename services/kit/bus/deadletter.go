package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The header fields that a dead letter adds to those of its event.
const (
	deadReason   = "Dead-Reason"
	deadHandler  = "Dead-Handler"
	deadSubject  = "Dead-Subject"
	deadStream   = "Dead-Stream"
	deadSequence = "Dead-Sequence"
	deadTime     = "Dead-Time"
)

const (
	deadPrefix   = "dead."
	replayPrefix = "replay."
)

// DeadLetter is an event that a handler could not handle, kept until an operator
// has dealt with it.
type DeadLetter struct {
	// Sequence is its place among the dead letters.
	Sequence uint64
	// Party and Handler say who could not handle it.
	Party, Handler string
	// Reason is the handler's last error, in one line.
	Reason string
	// Event is the event as it was; nothing but its place when it was private.
	Event Event
}

// DeadLetter keeps an event that handler could not handle, on
// dead.<own party>.<handler>.<stream>.<sequence>, unless it is there already: a
// handler that reads the log again, or another replica, meets it again. The reason
// must hold no personal data.
//
// Of an event on a private stream only its place is kept: operators read dead
// letters, and what is private leaves its provider in no form, not even as a time
// or as the request that it belongs to.
func (b *Bus) DeadLetter(ctx context.Context, ev Event, handler, reason string) error {
	if !validToken(handler) {
		return fmt.Errorf("bus: dead letter: handler %q must be one word of letters, digits, - and _", handler)
	}
	if private(ev.Stream) {
		ev = Event{Stream: ev.Stream, Sequence: ev.Sequence}
	}
	subject := fmt.Sprint(deadPrefix, b.party, ".", handler, ".", ev.Stream, ".", ev.Sequence)
	m := Message{Subject: subject, Header: deadHeader(ev, handler, reason), Data: ev.Data}
	_, err := b.publish(ctx, m, jetstream.WithExpectLastSequencePerSubject(0))
	if kept, is := errors.AsType[*ConflictError](conflict(err, subject)); is {
		return b.settle(ctx, StreamDead, kept.Last)
	}
	if err != nil {
		return fmt.Errorf("bus: keep event %d of %s as a dead letter: %w", ev.Sequence, ev.Stream, err)
	}
	b.log.ErrorContext(ctx, "an event became a dead letter",
		"stream", ev.Stream, "sequence", ev.Sequence, "handler", handler, "reason", oneLine(reason))
	return nil
}

// DeadLetters lists what a party could not handle, oldest first, from after the
// sequence after, at most limit. An empty party means all. Only the hub may call
// it.
func (b *Bus) DeadLetters(ctx context.Context, party string, after uint64, limit int) ([]DeadLetter, error) {
	subject := deadPrefix + ">"
	if party != "" {
		subject = deadPrefix + party + ".>"
	}
	var letters []DeadLetter
	for from := after + 1; len(letters) < limit; {
		event, err := b.next(ctx, StreamDead, subject, from)
		if errors.Is(err, ErrNotFound) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("bus: list dead letters: %w", err)
		}
		letters = append(letters, letterOf(event))
		from = event.Sequence + 1
	}
	return letters, nil
}

// GetDeadLetter returns one dead letter, or ErrNotFound. Only the hub may call
// it.
func (b *Bus) GetDeadLetter(ctx context.Context, sequence uint64) (DeadLetter, error) {
	event, err := b.Get(ctx, StreamDead, sequence)
	if err != nil {
		return DeadLetter{}, err
	}
	return letterOf(event), nil
}

// Replay hands the event of a dead letter to its handler again, wherever that
// runs, and waits for the outcome. If the handler succeeds the dead letter is
// erased; if it fails, Replay returns a *RefusedError with the reason and the
// dead letter stays. Work and ServeReplays answer. Only the hub may call it.
func (b *Bus) Replay(ctx context.Context, sequence uint64) error {
	letter, err := b.GetDeadLetter(ctx, sequence)
	if err != nil {
		return err
	}
	wire, err := toWire(Message{
		Subject: replayPrefix + letter.Party + "." + letter.Handler,
		Header:  deadHeader(letter.Event, letter.Handler, letter.Reason),
		Data:    letter.Event.Data,
	})
	if err != nil {
		return fmt.Errorf("bus: replay dead letter %d: %w", sequence, err)
	}
	reply, err := b.nc.RequestMsgWithContext(ctx, wire)
	if err != nil {
		return fmt.Errorf("bus: replay dead letter %d: does handler %s of %s run? %w", sequence, letter.Handler, letter.Party, err)
	}
	if _, err := answerOf(reply, fmt.Sprint("the replay of dead letter ", sequence)); err != nil {
		return err
	}
	return b.Erase(ctx, StreamDead, sequence)
}

// DropDeadLetter erases a dead letter that needs no replay. Only the hub may
// call it.
func (b *Bus) DropDeadLetter(ctx context.Context, sequence uint64) error {
	return b.Erase(ctx, StreamDead, sequence)
}

// ServeReplays lets an operator's Replay reach the named handler of this party,
// until ctx ends. A worker has this already.
func (b *Bus) ServeReplays(ctx context.Context, handler string, handle func(ctx context.Context, ev Event) error) error {
	if !validToken(handler) {
		return fmt.Errorf("bus: serve replays: handler %q must be one word of letters, digits, - and _", handler)
	}
	return b.serve(ctx, replayPrefix+b.party+"."+handler, func(ctx context.Context, request Message) ([]byte, error) {
		return nil, handle(ctx, letterOf(Event{Message: request}).Event)
	})
}

// DeadSubject tells the subject of the event that a dead letter keeps, from its
// headers alone.
func DeadSubject(letter Event) string { return letter.Header[deadSubject] }

func deadHeader(ev Event, handler, reason string) map[string]string {
	header := cloneHeader(ev.Header)
	header[deadReason] = oneLine(reason)
	header[deadHandler] = handler
	header[deadSubject] = ev.Subject
	header[deadStream] = ev.Stream
	header[deadSequence] = strconv.FormatUint(ev.Sequence, 10)
	header[deadTime] = ev.Time.UTC().Format(time.RFC3339Nano)
	return header
}

// letterOf reads a dead letter back into the event that it was. The party comes
// from the subject, which only that party can use. A provider writes the other
// fields itself, so a bad number or time there becomes zero and is shown so.
func letterOf(kept Event) DeadLetter {
	header := cloneHeader(kept.Header)
	letter := DeadLetter{
		Sequence: kept.Sequence,
		Party:    strings.Split(kept.Subject+".", ".")[1],
		Handler:  header[deadHandler],
		Reason:   header[deadReason],
		Event:    Event{Message: Message{Subject: header[deadSubject], Data: kept.Data}, Stream: header[deadStream]},
	}
	letter.Event.Sequence, _ = strconv.ParseUint(header[deadSequence], 10, 64)
	letter.Event.Time, _ = time.Parse(time.RFC3339Nano, header[deadTime])
	for _, name := range []string{deadReason, deadHandler, deadSubject, deadStream, deadSequence, deadTime} {
		delete(header, name)
	}
	letter.Event.Header = header
	return letter
}
