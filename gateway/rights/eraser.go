// Package rights serves the rights that people and companies have to what is kept
// of them: to get it, and to have it erased or its words redacted.
//
// An erasure is first written into a list, which outlives the log, and then done
// step by step; each step may be done twice. So it goes on after a crash, and is
// done again on a log that was restored from an older copy, before anybody is
// served.
package rights

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/businessespoo/hub/gateway/view"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/erasure"
	"github.com/businessespoo/hub/services/kit/name"
)

// again is when something that failed is tried again.
const again = 2 * time.Second

// Eraser erases and redacts. It is safe for concurrent use.
type Eraser struct {
	bus    *bus.Bus
	view   *view.View
	drafts *bus.Bucket
	bucket *bus.Bucket
	ledger *ledger
	now    func() time.Time
	log    *slog.Logger

	work chan struct{}
	mu   sync.Mutex
	late map[string]bool
}

// Options are what an Eraser needs.
type Options struct {
	Bus         *bus.Bus
	View        *view.View
	Hub, Drafts *bus.Bucket
	// File is where the list of erasures is kept beside the log.
	File string
	Now  func() time.Time
	Log  *slog.Logger
}

// Open reads the list of erasures, and does again, in the log, what the log does
// not show: it is an older copy, or the hub ended in the middle. Nothing may be
// served before it returns.
func Open(ctx context.Context, o Options) (*Eraser, error) {
	e := &Eraser{
		bus: o.Bus, view: o.View, drafts: o.Drafts, bucket: o.Hub, ledger: &ledger{bucket: o.Hub, path: o.File},
		now: o.Now, log: o.Log, work: make(chan struct{}, 1), late: map[string]bool{},
	}
	if err := e.ledger.open(ctx); err != nil {
		return nil, err
	}
	o.View.OnLate(e.tellLate)
	list, err := e.ledger.all(ctx)
	if err != nil {
		return nil, err
	}
	for _, order := range slices.Backward(list) {
		applied, err := e.applied(ctx, order)
		if err != nil {
			return nil, err
		}
		if applied && !order.DoneAt.IsZero() {
			continue
		}
		e.log.WarnContext(ctx, "an erasure is not done in the log, and goes on", "erasure", order.ID)
		// Providers are told anew, since what they have told before may be forgotten.
		if _, err := e.inLog(ctx, order, true); err != nil {
			return nil, fmt.Errorf("rights: go on with erasure %s: %w", order.ID, err)
		}
		if _, err := e.ledger.change(ctx, order.ID, func(kept *entry) {
			kept.LogDone, kept.DoneAt, kept.Confirmed = false, time.Time{}, nil
		}); err != nil {
			return nil, err
		}
	}
	e.tell()
	return e, nil
}

func (e *Eraser) tell() {
	select {
	case e.work <- struct{}{}:
	default:
	}
}

// tellLate is told of an erased case to which a fact came after all.
func (e *Eraser) tellLate(id string) {
	e.mu.Lock()
	e.late[id] = true
	e.mu.Unlock()
	e.tell()
}

// Run carries erasures out until ctx ends.
func (e *Eraser) Run(ctx context.Context) error {
	for {
		pause := time.Hour
		if err := e.step(ctx); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			e.log.WarnContext(ctx, "an erasure is tried again", "error", err)
			pause = again
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-e.work:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// step does what is to be done now.
func (e *Eraser) step(ctx context.Context) error {
	if err := e.sweep(ctx); err != nil {
		return err
	}
	list, err := e.ledger.all(ctx)
	if err != nil {
		return err
	}
	for _, order := range slices.Backward(list) {
		if order.DoneAt.IsZero() {
			if err := e.carryOut(ctx, order); err != nil {
				return fmt.Errorf("rights: carry out %s: %w", order.ID, err)
			}
		}
	}
	return nil
}

// sweep erases facts that came to an erased case later.
func (e *Eraser) sweep(ctx context.Context) error {
	e.mu.Lock()
	late := e.late
	e.late = map[string]bool{}
	e.mu.Unlock()
	for id := range late {
		if _, err := e.eraseCase(ctx, "late", id, false); err != nil {
			e.tellLate(id)
			return err
		}
	}
	return nil
}

// carryOut does all of an order that is not done yet.
func (e *Eraser) carryOut(ctx context.Context, order *entry) error {
	if order.StoredAt.IsZero() { // the hub ended before it was noted
		var err error
		if order, err = e.stamp(ctx, order); err != nil {
			return err
		}
	}
	if !order.LogDone {
		did, err := e.inLog(ctx, order, false)
		if err != nil {
			return err
		}
		if err := e.inView(ctx, did.last); err != nil {
			return err
		}
		if order, err = e.ledger.change(ctx, order.ID, func(kept *entry) {
			kept.LogDone, kept.Requests, kept.Removed = true, did.requests, did.removed
		}); err != nil {
			return err
		}
	}
	if len(order.waiting()) > 0 {
		return nil
	}
	// Until every reader had passed, one could still keep a dead letter.
	letters, err := e.eraseLetters(ctx, order)
	if err != nil {
		return err
	}
	_, err = e.ledger.change(ctx, order.ID, func(kept *entry) {
		if letters > 0 {
			kept.Removed = append(kept.Removed, removed{Party: name.Hub, Place: bus.StreamDead, Count: letters})
		}
		kept.DoneAt = e.now().UTC()
	})
	return err
}

// inView returns when the view shows nothing of what was erased, and its file holds
// nothing of it.
func (e *Eraser) inView(ctx context.Context, last uint64) error {
	if err := e.view.Wait(ctx, last); err != nil {
		return err
	}
	return e.view.Shred(ctx)
}

// AnswerErased takes a provider's word that its files hold nothing of a request any
// more, and erases what its private stream holds of it.
func (e *Eraser) AnswerErased(ctx context.Context, party string, data []byte) ([]byte, error) {
	done, err := erasure.Decode(data)
	if err != nil {
		return nil, err
	}
	scope, err := name.ParseRequest(done.Request)
	if err != nil || scope.Party != party {
		return nil, errors.New("erasure: the request must be one of the provider that tells")
	}
	order, _, err := e.ledger.get(ctx, done.Erasure)
	if err != nil {
		e.log.WarnContext(ctx, "what a provider erased cannot be looked up", "provider", party, "error", err)
		return nil, errors.New("erasure: its order could not be read now; ask again")
	}
	// The provider may be ahead of the view, so the order counts too.
	if e.view.Erased(scope.Case) || order != nil && slices.Contains(order.Cases, scope.Case) {
		subject := fmt.Sprintf("private.%s.%s.%d.>", party, scope.Case, scope.Number)
		if err := e.eraseOn(ctx, bus.PrivateStream(party), subject); err != nil {
			e.log.WarnContext(ctx, "a private stream is not erased yet", "provider", party, "error", err)
			return nil, errors.New("erasure: it could not be done now; ask again")
		}
	}
	if order != nil && order.isOf(scope.Case) {
		_, err = e.ledger.change(ctx, order.ID, func(kept *entry) {
			if kept.Confirmed == nil {
				kept.Confirmed = map[string]int64{}
			}
			kept.Confirmed[done.Request] = done.Rows
		})
	}
	if err != nil {
		e.log.WarnContext(ctx, "what a provider erased is not noted yet", "provider", party, "error", err)
		return nil, errors.New("erasure: it could not be noted now; ask again")
	}
	e.tell()
	return nil, nil
}

// eraseOn erases what stands on a subject without reading it.
func (e *Eraser) eraseOn(ctx context.Context, stream, subject string) error {
	places, err := e.bus.Places(ctx, stream, subject)
	if err != nil || len(places) == 0 {
		return err
	}
	sequences := make([]uint64, len(places))
	for i, place := range places {
		sequences[i] = place.Sequence
	}
	return e.bus.Erase(ctx, stream, sequences...)
}
