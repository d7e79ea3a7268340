package provider

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/kit/sight"
)

// ended tells whether the consent that a request rests on was withdrawn, and the
// provider, which is no authority, keeps no more of it than its own outcome.
func ended(s *statev1.RequestState) bool {
	r := s.GetRequest()
	return r.GetConsentEndedAt() != nil && !r.KeptByLaw
}

// drop takes out of a state, which is the caller's own, what the provider may no
// longer see. Every state passes here as it is folded, so no other code can show more.
func (in *inbox) drop(s *statev1.RequestState) {
	if ended(s) {
		s.Request = sight.Mask(s.Request, in.kept)
	}
}

// forgetWords takes it out of what the file holds of a request: the facts, and the words
// by which a search finds it.
func (b *batch) forgetWords(t *touched) error {
	rows, err := b.tx.Query("SELECT sequence, body FROM facts WHERE request = ?", int64(t.id))
	if err != nil {
		return fmt.Errorf("inbox: read what to forget: %w", err)
	}
	bodies := map[int64][]byte{}
	for rows.Next() {
		var sequence int64
		var body []byte
		if err := rows.Scan(&sequence, &body); err != nil {
			_ = rows.Close()
			return fmt.Errorf("inbox: read what to forget: %w", err)
		}
		bodies[sequence] = body
	}
	if err := rows.Close(); err != nil {
		return fmt.Errorf("inbox: read what to forget: %w", err)
	}
	for sequence, body := range bodies {
		f := &eventsv1.Fact{}
		if err := proto.Unmarshal(body, f); err != nil {
			return fmt.Errorf("inbox: read fact %d: %w", sequence, err)
		}
		if _, err := b.tx.Exec("DELETE FROM facts WHERE sequence = ?", sequence); err != nil {
			return fmt.Errorf("inbox: forget fact %d: %w", sequence, err)
		}
		if _, err := b.tx.Exec("DELETE FROM texts WHERE rowid = ?", sequence); err != nil {
			return fmt.Errorf("inbox: forget the words of fact %d: %w", sequence, err)
		}
		f = sight.Mask(f, b.in.kept)
		if body, err = deterministic.Marshal(f); err != nil {
			return fmt.Errorf("inbox: keep the rest of fact %d: %w", sequence, err)
		}
		if err := b.keep(t, uint64(sequence), body, f); err != nil {
			return err
		}
	}
	return nil
}
