package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// topicConsumer is the question with which a provider gets its consumer.
const topicConsumer = "consumer"

// followerIdle is how long the server keeps a follower's consumer that nobody
// pulls from. It costs a follower only a new one to lose it.
const followerIdle = 5 * time.Minute

// consumerRequest asks for the consumer of one replica on one stream, from a
// sequence on. What it may see is not asked for: it follows from who asks.
type consumerRequest struct {
	Stream  string `json:"stream"`
	Replica int    `json:"replica"`
	From    uint64 `json:"from"`
}

// opened is a consumer made for a follower.
type opened struct {
	Name string `json:"name"`
	// Pending is how many events waited when it was made.
	Pending uint64 `json:"pending"`
	// Last is the last sequence of the whole stream at that time.
	Last uint64 `json:"last"`
}

// ServeConsumers makes the consumers that providers ask for, until ctx ends.
// Consumers are the hub's to make because the right to make one, even with one's
// own filter, lets a party deliver to another's subjects.
func (b *Bus) ServeConsumers(ctx context.Context) error {
	return b.Answer(ctx, topicConsumer, func(ctx context.Context, party string, data []byte) ([]byte, error) {
		var request consumerRequest
		if err := json.Unmarshal(data, &request); err != nil {
			return nil, errors.New("the request for a consumer is not valid JSON")
		}
		if request.Replica < 0 || request.Replica >= Replicas {
			return nil, fmt.Errorf("replica %d must be from 0 to %d", request.Replica, Replicas-1)
		}
		filter, ok := followable(request.Stream, party)
		if !ok {
			return nil, fmt.Errorf("%s may not follow stream %q", party, request.Stream)
		}
		made, err := b.makeFollower(ctx, request.Stream, followerName(party, request.Replica), filter, request.From)
		if err != nil {
			b.log.WarnContext(ctx, "no consumer for a follower", "follower", party, "stream", request.Stream, "error", err)
			return nil, errors.New("the consumer could not be made, try again")
		}
		return json.Marshal(made)
	})
}

// makeFollower makes a consumer anew, at a sequence. It lives in memory and asks
// for no acknowledgement, because the follower keeps its position itself.
func (b *Bus) makeFollower(ctx context.Context, stream, name, filter string, from uint64) (opened, error) {
	handle, err := b.stream(ctx, stream)
	if err != nil {
		return opened{}, err
	}
	if err := handle.DeleteConsumer(ctx, name); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return opened{}, fmt.Errorf("bus: remove the former consumer %s on %s: %w", name, stream, err)
	}
	consumer, err := handle.CreateConsumer(ctx, jetstream.ConsumerConfig{
		Name:              name,
		FilterSubject:     filter,
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       max(from, 1),
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: followerIdle,
	})
	if err != nil {
		return opened{}, fmt.Errorf("bus: make consumer %s on %s: %w", name, stream, err)
	}
	info, err := handle.Info(ctx)
	if err != nil {
		return opened{}, fmt.Errorf("bus: read the state of %s: %w", stream, err)
	}
	return opened{Name: name, Pending: consumer.CachedInfo().NumPending, Last: info.State.LastSeq}, nil
}

// openFollower gets this party a consumer of its own on stream, from a sequence.
func (b *Bus) openFollower(ctx context.Context, stream string, from uint64) (jetstream.Consumer, opened, error) {
	var made opened
	if b.party == Hub {
		var err error
		if made, err = b.makeFollower(ctx, stream, Hub+"-"+nuid.Next(), "", from); err != nil {
			return nil, opened{}, err
		}
	} else {
		question, err := json.Marshal(consumerRequest{Stream: stream, Replica: b.replica, From: from})
		if err != nil {
			return nil, opened{}, fmt.Errorf("bus: write the request for a consumer: %w", err)
		}
		answer, err := b.Ask(ctx, topicConsumer, question)
		if err != nil {
			return nil, opened{}, err
		}
		if err := json.Unmarshal(answer, &made); err != nil {
			return nil, opened{}, fmt.Errorf("bus: read the answer about a consumer: %w", err)
		}
	}
	consumer, err := b.js.Consumer(ctx, stream, made.Name)
	if err != nil {
		return nil, opened{}, fmt.Errorf("bus: open consumer %s on %s: %w", made.Name, stream, err)
	}
	return consumer, made, nil
}
