package gateway

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/businessespoo/hub/services/kit/bus"
)

// signOuts keeps in the hub's bucket which sessions of the pages were signed out, for
// all gateways. The time until when is part of the key, so that what is over can be
// told without reading it.
type signOuts struct {
	bucket *bus.Bucket
	clock  func() time.Time

	mutex sync.Mutex
	swept time.Time
}

const (
	signOutPrefix = "signed-out."
	// sweepEvery is how often a gateway deletes the sign-outs whose tokens have ended.
	sweepEvery = time.Hour
)

func signOutKey(id string, until time.Time) string {
	return signOutPrefix + strconv.FormatInt(until.Unix(), 10) + "." + id
}

// End is that of web.SignOuts.
func (s *signOuts) End(ctx context.Context, id string, until time.Time) error {
	var known *bus.ConflictError
	if _, err := s.bucket.Create(ctx, signOutKey(id, until), []byte("1")); err != nil && !errors.As(err, &known) {
		return fmt.Errorf("gateway: keep a sign-out: %w", err)
	}
	return s.sweep(ctx)
}

// Ended is that of web.SignOuts.
func (s *signOuts) Ended(ctx context.Context, id string, until time.Time) (bool, error) {
	_, err := s.bucket.Get(ctx, signOutKey(id, until))
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, bus.ErrNotFound):
		return false, nil
	}
	return false, fmt.Errorf("gateway: read a sign-out: %w", err)
}

// sweep deletes what is over, once in a while.
func (s *signOuts) sweep(ctx context.Context) error {
	now := s.clock()
	s.mutex.Lock()
	due := now.Sub(s.swept) >= sweepEvery
	if due {
		s.swept = now
	}
	s.mutex.Unlock()
	if !due {
		return nil
	}
	keys, err := s.bucket.Keys(ctx, signOutPrefix)
	if err != nil {
		return fmt.Errorf("gateway: list the sign-outs: %w", err)
	}
	for _, key := range keys {
		text, _, _ := strings.Cut(strings.TrimPrefix(key, signOutPrefix), ".")
		if until, err := strconv.ParseInt(text, 10, 64); err != nil || time.Unix(until, 0).Add(time.Hour).After(now) {
			continue
		}
		if err := s.bucket.Delete(ctx, key); err != nil {
			return fmt.Errorf("gateway: delete a sign-out that is over: %w", err)
		}
	}
	return nil
}
