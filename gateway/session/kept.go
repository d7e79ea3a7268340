package session

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/businessespoo/hub/services/kit/bus"
)

// KeptLife is how long something is kept for somebody who goes to sign in.
const KeptLife = time.Hour

const keptPrefix = "kept."

// kept is what is left, and until when.
type kept struct {
	Until time.Time       `json:"until"`
	Value json.RawMessage `json:"value"`
}

// Leave keeps a value, sealed, while somebody goes to sign in, and answers what their
// browser is to hold. Without that nobody finds it.
func (s *Store) Leave(ctx context.Context, value any) (string, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("session: leave: %w", err)
	}
	cookie := rand.Text() + rand.Text()
	text, err := s.box.Seal(keptPrefix+idOf(cookie), kept{Until: s.now().Add(KeptLife), Value: body})
	if err != nil {
		return "", err
	}
	if _, err := s.bucket.Create(ctx, keptPrefix+idOf(cookie), []byte(text)); err != nil {
		return "", fmt.Errorf("session: leave: %w", err)
	}
	return cookie, nil
}

// Left reads into value what was left under what a browser holds; ErrNone when there is
// nothing, or no longer.
func (s *Store) Left(ctx context.Context, cookie string, value any) error {
	entry, err := s.bucket.Get(ctx, keptPrefix+idOf(cookie))
	if errors.Is(err, bus.ErrNotFound) {
		return ErrNone
	}
	if err != nil {
		return fmt.Errorf("session: read what was left: %w", err)
	}
	var left kept
	if !s.box.Open(entry.Key, string(entry.Value), &left) || !s.now().Before(left.Until) {
		return ErrNone
	}
	return json.Unmarshal(left.Value, value)
}

// Forget takes away what was left.
func (s *Store) Forget(ctx context.Context, cookie string) error {
	entry, err := s.bucket.Get(ctx, keptPrefix+idOf(cookie))
	if errors.Is(err, bus.ErrNotFound) {
		return nil
	}
	if err == nil {
		_, err = s.bucket.Put(ctx, entry.Key, []byte("-"), entry.Revision)
	}
	if err != nil {
		return fmt.Errorf("session: forget what was left: %w", err)
	}
	return nil
}
