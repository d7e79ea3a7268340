package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// placesAtOnce is how many places are fetched from the server at a time.
const placesAtOnce = 500

// Places answers where the events on a subject stand, which may hold wildcards:
// their sequences, subjects, headers and times, oldest first, but no bodies. It is
// for who has to erase what it need not read. Only the hub may call it.
func (b *Bus) Places(ctx context.Context, stream, subject string) ([]Event, error) {
	if err := b.hubOnly("look for places"); err != nil {
		return nil, err
	}
	defer b.staying()()
	handle, err := b.stream(ctx, stream)
	if err != nil {
		return nil, silent(ctx, err)
	}
	places, err := b.places(ctx, handle, subject)
	if err != nil {
		return nil, fmt.Errorf("bus: look for %s in %s: %w", subject, stream, silent(ctx, err))
	}
	if len(places) > 0 {
		return places, b.settle(ctx, stream, places[len(places)-1].Sequence)
	}
	return nil, nil
}

func (b *Bus) places(ctx context.Context, stream jetstream.Stream, subject string) ([]Event, error) {
	consumer, err := stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		FilterSubject: subject, DeliverPolicy: jetstream.DeliverAllPolicy, AckPolicy: jetstream.AckNonePolicy,
		HeadersOnly: true, MemoryStorage: true, Replicas: 1, InactiveThreshold: followerIdle,
	})
	if err != nil {
		return nil, err
	}
	name := consumer.CachedInfo().Name
	defer func() { _ = stream.DeleteConsumer(context.WithoutCancel(ctx), name) }()
	left := consumer.CachedInfo().NumPending
	var places []Event
	for left > 0 {
		patient, cancel := patiently(ctx)
		fetched, err := consumer.Fetch(int(min(left, placesAtOnce)), jetstream.FetchContext(patient))
		if err != nil {
			cancel()
			return nil, err
		}
		got := uint64(0)
		for message := range fetched.Messages() {
			event, _, err := fromDelivery(message)
			if err != nil {
				cancel()
				return nil, err
			}
			places, got = append(places, event), got+1
		}
		cancel()
		if err := fetched.Error(); err != nil {
			return nil, err
		}
		if got == 0 {
			return nil, errors.New("the log hands over nothing of what it says is there")
		}
		left -= min(left, got)
	}
	return places, nil
}
