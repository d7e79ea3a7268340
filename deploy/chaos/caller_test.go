package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	// callPatience is how long one try of a call may take.
	callPatience = 15 * time.Second
	// arrivalPatience is how long a request may take to reach its inbox while a
	// hub lives.
	arrivalPatience = 40 * time.Second
	// repeats is in how many of a hundred cases a client repeats a call that was
	// acknowledged, as one does whose network lost the answer.
	repeats = 15
)

// caller makes calls until they are answered, each under one request_id.
type caller struct {
	line    *line
	history *history
	dice    *rand.Rand
	said    int

	// life and last are the life of the hub in which the last call was
	// acknowledged, and that call: it is repeated in the next life.
	life int
	last func(ctx context.Context, tg *target) error
}

// send makes a call once, under the request_id, and answers its revision.
type send func(ctx context.Context, tg *target, requestID string) (string, error)

// call makes a call, again and again while it is not known whether it happened.
// It answers an error only when ctx ends; a refusal is in the record.
func (c *caller) call(ctx context.Context, record *call, make send) (string, error) {
	life, since := 0, time.Now()
	for {
		tg, err := c.line.get(ctx)
		if err != nil {
			return "", err
		}
		if tg.life != life {
			life, since = tg.life, time.Now()
		}
		if err := c.repeatLast(ctx, tg); err != nil {
			return "", err
		}
		if *freshIDs && record.Tries > 0 {
			c.history.change(func() { record.RequestID = uuid.NewString() })
		}
		c.history.change(func() { record.Tries++ })
		inner, cancel := context.WithTimeout(ctx, callPatience)
		rev, err := make(inner, tg, record.RequestID)
		cancel()
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		switch {
		case err == nil:
			c.history.acknowledge(record, rev)
			return rev, c.settle(ctx, tg, record, make)
		case status.Code(err) == codes.NotFound && time.Since(since) < patience():
			// The request is on its way to the inbox; nothing was done.
			c.history.change(func() { record.Tries-- })
		case !mayRepeat(err):
			reason, holder := reasonOf(err)
			c.history.refuse(record, reason, holder)
			if reason != "ALREADY_PICKED_UP" {
				c.history.problem(fmt.Sprintf("%s of %s (try %d) was refused: %v", record.Kind, record.Scope, record.Tries, err))
			}
			return "", nil
		}
		if err := rest(ctx, retryPause); err != nil {
			return "", err
		}
	}
}

// until reads, again and again while the hub is away.
func (c *caller) until(ctx context.Context, what string, read func(ctx context.Context, tg *target) error) error {
	for {
		tg, err := c.line.get(ctx)
		if err != nil {
			return err
		}
		inner, cancel := context.WithTimeout(ctx, callPatience)
		err = read(inner, tg)
		cancel()
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		if !mayRepeat(err) {
			c.history.problem(what + ": " + err.Error())
			return nil
		}
		if err := rest(ctx, retryPause); err != nil {
			return err
		}
	}
}

// settle remembers the call, and sometimes repeats it at once.
func (c *caller) settle(ctx context.Context, tg *target, record *call, make send) error {
	c.life, c.last = tg.life, func(ctx context.Context, tg *target) error { return c.again(ctx, tg, record, make) }
	if c.dice.IntN(100) >= repeats {
		return nil
	}
	return c.again(ctx, tg, record, make)
}

// repeatLast repeats the last acknowledged call in a new life of the hub: a client
// that was cut off cannot know how far its words came.
func (c *caller) repeatLast(ctx context.Context, tg *target) error {
	if c.last == nil || c.life == tg.life {
		return nil
	}
	c.life = tg.life
	return c.last(ctx, tg)
}

// again makes an acknowledged call once more. It must be acknowledged again, at
// the same place in the log or with a newer state of the same thing.
func (c *caller) again(ctx context.Context, tg *target, record *call, make send) error {
	id := record.RequestID
	if *freshIDs {
		id = uuid.NewString()
	}
	inner, cancel := context.WithTimeout(ctx, callPatience)
	defer cancel()
	rev, err := make(inner, tg, id)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		if rev != record.Revision && sequenceOf(rev) <= record.Sequence {
			c.history.problem(fmt.Sprintf("%s of %s was acknowledged as %d, and its repeat as %d", record.Kind, record.Scope, record.Sequence, sequenceOf(rev)))
		}
	case !mayRepeat(err) && !*freshIDs:
		c.history.problem(fmt.Sprintf("%s of %s was acknowledged, and its repeat refused: %v", record.Kind, record.Scope, err))
	}
	return nil
}

// patience is how long a client waits for a request to arrive. Clients whose calls
// do damage wait for much that never comes.
func patience() time.Duration {
	if *freshIDs {
		return time.Second
	}
	return arrivalPatience
}

// mayRepeat tells whether an error leaves open what happened, or says to try again.
func mayRepeat(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.Canceled, codes.DeadlineExceeded, codes.Aborted:
		return true
	}
	return false
}

// reasonOf reads a refusal: its reason, and who holds the request.
func reasonOf(err error) (reason, holder string) {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.Reason, info.Metadata["advisor"]
		}
	}
	return status.Code(err).String(), ""
}
