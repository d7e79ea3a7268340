// Package security writes the lines of a process's log that tell of sign-ins,
// refusals and changes of rights: one line for each, with a stable name, so that a
// program that reads the log can watch for them.
//
// A line names nobody. It holds a role, a provider, a method, a reason from the
// code, and a pseudonym that is the same for one caller as long as the process runs.
package security

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"
)

// Message is what every such line says; its attribute "event" tells which it is.
const Message = "security"

// Event is the stable name of something that happened.
type Event string

// The events. deploy/README.md says what each of them means.
const (
	SignIn             Event = "sign_in"
	SignInRefused      Event = "sign_in_refused"
	SignOut            Event = "sign_out"
	TokenRefused       Event = "token_refused"
	CodeRefused        Event = "code_refused"
	AccessDenied       Event = "access_denied"
	InputRefused       Event = "input_refused"
	RateLimited        Event = "rate_limited"
	CrossOriginRefused Event = "cross_origin_refused"
	TLSRefused         Event = "tls_refused"
	StaffChanged       Event = "staff_changed"
	ClockMoved         Event = "clock_moved"
	DeadLetterReplayed Event = "dead_letter_replayed"
	DeadLetterDropped  Event = "dead_letter_dropped"
	BusKeyChanged      Event = "bus_key_changed"
	KeyIssued          Event = "key_issued"
	KeyRevoked         Event = "key_revoked"
	GrantGiven         Event = "grant_given"
	GrantWithdrawn     Event = "grant_withdrawn"
	DisclosureRecorded Event = "disclosure_recorded"
	SessionEnded       Event = "session_ended"
	DataExported       Event = "data_exported"
	DataErased         Event = "data_erased"
	HoldChanged        Event = "hold_changed"
)

// Events are all events with their levels: what went well is info, what was refused
// is a warning.
func Events() map[Event]slog.Level { return maps.Clone(levels) }

var levels = map[Event]slog.Level{
	SignIn: slog.LevelInfo, SignOut: slog.LevelInfo, InputRefused: slog.LevelInfo, StaffChanged: slog.LevelInfo,
	ClockMoved: slog.LevelInfo, DeadLetterReplayed: slog.LevelInfo, DeadLetterDropped: slog.LevelInfo, BusKeyChanged: slog.LevelInfo,
	KeyIssued: slog.LevelInfo, KeyRevoked: slog.LevelInfo, GrantGiven: slog.LevelInfo, GrantWithdrawn: slog.LevelInfo, DisclosureRecorded: slog.LevelInfo,
	SessionEnded: slog.LevelInfo, DataExported: slog.LevelInfo, DataErased: slog.LevelInfo, HoldChanged: slog.LevelInfo,
	SignInRefused: slog.LevelWarn, TokenRefused: slog.LevelWarn, CodeRefused: slog.LevelWarn, AccessDenied: slog.LevelWarn,
	RateLimited: slog.LevelWarn, CrossOriginRefused: slog.LevelWarn, TLSRefused: slog.LevelWarn,
}

// ErrHidden is the cause of an answer that says "there is none" about something that
// there is: the caller is not told, the log is.
var ErrHidden = errors.New("it is there, and not for this caller")

const (
	// most and window bound the lines of one event: a flood of refused calls must not
	// fill the disk. The next line tells how many were left out.
	most   = 100
	window = 10 * time.Second
)

// Log writes events. Make it with New.
type Log struct {
	log   *slog.Logger
	clock func() time.Time

	mutex sync.Mutex
	spent map[Event]*spent
}

// spent is how many lines of an event the present window has, and how many it lost.
type spent struct {
	began          time.Time
	lines, leftOut int
}

// New writes into a process's log. The clock measures windows: it must not be one
// that leaps; time.Now when nil.
func New(log *slog.Logger, clock func() time.Time) *Log {
	if clock == nil {
		clock = time.Now
	}
	return &Log{log: log, clock: clock, spent: map[Event]*spent{}}
}

// Write writes one event. The attributes must hold nothing that a caller wrote.
func (l *Log) Write(ctx context.Context, event Event, attributes ...slog.Attr) {
	leftOut, ok := l.take(event)
	if !ok {
		return
	}
	all := append([]slog.Attr{slog.String("event", string(event))}, attributes...)
	if leftOut > 0 {
		all = append(all, slog.Int("left_out", leftOut))
	}
	l.log.LogAttrs(ctx, levels[event], Message, all...)
}

// take answers whether one more line of the event is written, and how many were not
// before it.
func (l *Log) take(event Event) (int, bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	now := l.clock()
	s := l.spent[event]
	if s == nil {
		s = &spent{began: now}
		l.spent[event] = s
	}
	if now.Sub(s.began) >= window {
		s.began, s.lines = now, 0
	}
	if s.lines++; s.lines > most {
		s.leftOut++
		return 0, false
	}
	leftOut := s.leftOut
	s.leftOut = 0
	return leftOut, true
}

// key makes pseudonyms that nobody can undo by trying, and ends with the process.
var key = []byte(rand.Text())

// Caller is the attribute that stands for a caller: the lines of one belong together
// and do not tell who it is.
func Caller(caller string) slog.Attr {
	sum := hmac.New(sha256.New, key)
	sum.Write([]byte(caller))
	return slog.String("caller", hex.EncodeToString(sum.Sum(nil)[:6]))
}
