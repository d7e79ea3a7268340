package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/directory"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/paging"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/security"
	"github.com/businessespoo/hub/services/kit/token"
)

// Admin is the operators' service.
type Admin struct {
	adminv1.UnsafeAdminServiceServer
	Bus       *bus.Bus
	Directory *directory.Directory
	// Calls is where calls are remembered, so that a repeat is known.
	Calls Drafts
	Now   func() time.Time
	// Advance moves the clock of a demo or a test; nil keeps real time.
	Advance func(time.Duration) time.Time
	// Left ends the sessions of somebody who is on the staff no longer; nil where there are none.
	Left func(ctx context.Context, provider, advisor string)
	// Security is told of what an operator changed; may be nil.
	Security *security.Log

	// mu lets one call change something at a time.
	mu sync.Mutex
}

// ListDeadLetters lists what handlers could not take in.
func (s *Admin) ListDeadLetters(ctx context.Context, req *adminv1.ListDeadLettersRequest) (*adminv1.ListDeadLettersResponse, error) {
	after, err := placeOf(req, req.PageToken)
	if err != nil {
		return nil, err
	}
	size := paging.Size(req.PageSize, 50)
	letters, err := s.Bus.DeadLetters(ctx, "", after, size+1)
	if err != nil {
		return nil, err
	}
	answer := &adminv1.ListDeadLettersResponse{}
	if len(letters) > size {
		letters = letters[:size]
		if answer.NextPageToken, err = paging.Encode(req, strconv.FormatUint(letters[size-1].Sequence, 10)); err != nil {
			return nil, err
		}
	}
	for _, l := range letters {
		kept, err := s.Bus.Get(ctx, bus.StreamDead, l.Sequence)
		if errors.Is(err, bus.ErrNotFound) {
			continue // replayed meanwhile
		}
		if err != nil {
			return nil, err
		}
		answer.DeadLetters = append(answer.DeadLetters, &adminv1.DeadLetter{
			Sequence: l.Sequence, Party: l.Party, Handler: l.Handler, Reason: l.Reason, Subject: l.Event.Subject, Stream: l.Event.Stream,
			EventSequence: l.Event.Sequence, Time: timestamppb.New(kept.Time), Size: int32(len(l.Event.Data)),
		})
	}
	return answer, nil
}

// ReplayDeadLetter hands a dead letter to its handler again. What the handler then
// does is its own matter: see Replay of the view and of the registry, and
// StaffReplay.
func (s *Admin) ReplayDeadLetter(ctx context.Context, req *adminv1.ReplayDeadLetterRequest) (*adminv1.ReplayDeadLetterResponse, error) {
	answer := &adminv1.ReplayDeadLetterResponse{}
	return answer, s.once(ctx, req, answer, func() error {
		s.tell(ctx, security.DeadLetterReplayed, slog.Uint64("letter", req.Sequence))
		err := s.Bus.Replay(ctx, req.Sequence)
		refused, isRefused := errors.AsType[*bus.RefusedError](err)
		switch {
		case errors.Is(err, bus.ErrNotFound):
			return problem.New(problem.NotFound, "NOT_FOUND", "there is no dead letter %d; it may have been replayed already", req.Sequence)
		case isRefused:
			return problem.New(problem.State, "REPLAY_FAILED", "the handler refused dead letter %d again: %s", req.Sequence, refused.Reason)
		case problem.KindOf(err) == problem.Unavailable:
			return err // the log is away
		case err != nil && ctx.Err() == nil:
			return problem.New(problem.Unavailable, "HANDLER_AWAY", "the handler of dead letter %d does not answer; start its process and try again", req.Sequence).Because(err)
		}
		return err
	})
}

// DropDeadLetter puts a dead letter away. Only the security log keeps that it was there.
func (s *Admin) DropDeadLetter(ctx context.Context, req *adminv1.DropDeadLetterRequest) (*adminv1.DropDeadLetterResponse, error) {
	answer := &adminv1.DropDeadLetterResponse{}
	return answer, s.once(ctx, req, answer, func() error {
		s.tell(ctx, security.DeadLetterDropped, slog.Uint64("letter", req.Sequence),
			slog.String("why", strings.ToLower(strings.TrimPrefix(req.Reason.String(), "DROP_REASON_"))))
		if _, err := s.Bus.GetDeadLetter(ctx, req.Sequence); errors.Is(err, bus.ErrNotFound) {
			return problem.New(problem.NotFound, "NOT_FOUND", "there is no dead letter %d; it may have been replayed already", req.Sequence)
		} else if err != nil {
			return err
		}
		return s.Bus.DropDeadLetter(ctx, req.Sequence)
	})
}

// AdvanceClock moves the clock of a demo or a test ahead.
func (s *Admin) AdvanceClock(ctx context.Context, req *adminv1.AdvanceClockRequest) (*adminv1.AdvanceClockResponse, error) {
	if s.Advance == nil {
		return nil, problem.New(problem.State, "REAL_TIME", "this hub keeps real time; only a demo or a test moves its clock")
	}
	answer := &adminv1.AdvanceClockResponse{}
	return answer, s.once(ctx, req, answer, func() error {
		answer.Time = timestamppb.New(s.Advance(time.Duration(req.Seconds) * time.Second))
		s.tell(ctx, security.ClockMoved)
		return nil
	})
}

// tell writes what an operator did, or tries to do.
func (s *Admin) tell(ctx context.Context, event security.Event, attributes ...slog.Attr) {
	if s.Security == nil {
		return
	}
	s.Security.Write(ctx, event, append(attributes, slog.String("trace", host.Trace(ctx).ID()), security.Caller(host.Caller(token.From(ctx))))...)
}

type done struct {
	Digest []byte `json:"digest"`
	Answer []byte `json:"answer"`
}

// once carries an operator's call out, and fills answer. A repeat is answered as
// the first call was, for as long as drafts are kept. A call that ended half-way is
// carried out anew: each step of it may be done twice.
func (s *Admin) once(ctx context.Context, req mutation, answer proto.Message, do func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return once(ctx, s.Calls, "call-"+strings.ToLower(req.GetRequestId()), req, answer, do)
}

// once carries a call out that is remembered under a key.
func once(ctx context.Context, calls Drafts, key string, req mutation, answer proto.Message, do func() error) error {
	digest, err := fact.Digest(req)
	if err != nil {
		return err
	}
	entry, err := calls.Get(ctx, key)
	if err == nil {
		var before done
		if err := json.Unmarshal(entry.Value, &before); err != nil {
			return fmt.Errorf("api: read a call that was made before: %w", err)
		}
		if !bytes.Equal(before.Digest, digest) {
			return requestIDReused(req.GetRequestId())
		}
		return proto.Unmarshal(before.Answer, answer)
	}
	if !errors.Is(err, bus.ErrNotFound) {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	body, err := proto.Marshal(answer)
	if err != nil {
		return err
	}
	value, err := json.Marshal(done{Digest: digest, Answer: body})
	if err != nil {
		return err
	}
	_, err = calls.Put(ctx, key, value, 0)
	if _, taken := errors.AsType[*bus.ConflictError](err); taken {
		return nil // the same call came to another gateway at the same time
	}
	return err
}

// StaffHandler is the directory's name among the dead letters.
const StaffHandler = "directory"

// StaffReplay answers an operator who replays a dead letter of the directory. The
// directory reads all of its streams at each start, so what this version
// understands it has taken in; what it does not is refused with the reason.
func StaffReplay(ctx context.Context, e bus.Event) error {
	taken := errors.New("taken in")
	err := directory.New().Run(ctx, oneEvent{event: e, taken: taken})
	if errors.Is(err, taken) {
		return nil
	}
	return err
}

// oneEvent is a log with one event, for a directory that shall take it in.
type oneEvent struct {
	event bus.Event
	taken error
}

// Follow hands the event over and ends with taken.
func (l oneEvent) Follow(ctx context.Context, stream string, _ uint64, _ int, handle func(context.Context, []bus.Event) error) error {
	if stream != l.event.Stream {
		<-ctx.Done()
		return ctx.Err()
	}
	if err := handle(ctx, []bus.Event{l.event}); err != nil {
		return err
	}
	return l.taken
}

// DeadLetter refuses the event for the reason.
func (l oneEvent) DeadLetter(_ context.Context, _ bus.Event, _, reason string) error {
	return errors.New(reason)
}
