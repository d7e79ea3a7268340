// Package erasure is what the gateway and the providers must know alike to erase a
// case: how they tell each other that their part is done.
package erasure

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/businessespoo/hub/services/kit/bus"
)

// Topic is the question in which a provider tells the hub that its files hold
// nothing of a request any more. The hub then erases what the provider's private
// stream holds of it, and answers once that is done. It may be asked again.
const Topic = "erased"

// Done is the body of the question.
type Done struct {
	// Request is the request's resource name.
	Request string `json:"request"`
	// Erasure is the erasure that the fact on the request's scope named.
	Erasure string `json:"erasure"`
	// Rows is how many facts the inbox held.
	Rows int64 `json:"rows"`
}

// Encode writes it.
func (d Done) Encode() ([]byte, error) { return json.Marshal(d) }

// Decode reads it.
func Decode(data []byte) (Done, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var d Done
	if err := decoder.Decode(&d); err != nil || d.Request == "" || d.Erasure == "" {
		return Done{}, fmt.Errorf("erasure: the question must name a request and an erasure")
	}
	return d, nil
}

// WithoutContent is an event of which a dead letter may tell: where it stood, and
// nothing that it said.
func WithoutContent(ev bus.Event) bus.Event {
	return bus.Event{Message: bus.Message{Subject: ev.Subject}, Stream: ev.Stream, Sequence: ev.Sequence, Time: ev.Time}
}
