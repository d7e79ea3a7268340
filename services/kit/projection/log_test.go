package projection_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/businessespoo/hub/services/kit/bus"
)

type handler = func(context.Context, []bus.Event) error

// memoryLog is a log in memory with the contract of bus.Follow. Tests hold it
// back or change it in ways that a real log cannot be told to.
type memoryLog struct {
	mutex   sync.Mutex
	changed chan struct{}
	events  map[string][]bus.Event
}

func newMemoryLog() *memoryLog {
	return &memoryLog{changed: make(chan struct{}), events: map[string][]bus.Event{}}
}

// add appends n events to a stream and returns the last sequence.
func (l *memoryLog) add(stream string, n int) uint64 {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	last := l.last(stream)
	for range n {
		last++
		l.events[stream] = append(l.events[stream], bus.Event{
			Message: bus.Message{Subject: fmt.Sprintf("%s.%d", stream, last%97), Data: fmt.Appendf(nil, "fact %d", last)},
			Stream:  stream, Sequence: last, Time: time.Unix(int64(last), 0),
		})
	}
	close(l.changed)
	l.changed = make(chan struct{})
	return last
}

// change replaces a stream's events.
func (l *memoryLog) change(stream string, change func([]bus.Event) []bus.Event) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.events[stream] = change(l.events[stream])
}

func (l *memoryLog) last(stream string) uint64 {
	if events := l.events[stream]; len(events) > 0 {
		return events[len(events)-1].Sequence
	}
	return 0
}

// take returns at most max events from a sequence on, and what to wait for.
func (l *memoryLog) take(stream string, from uint64, max int) ([]bus.Event, chan struct{}) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	var batch []bus.Event
	events := l.events[stream]
	for i, event := range events {
		if event.Sequence >= from && len(batch) < max {
			event.Pending = uint64(len(events) - i - 1)
			batch = append(batch, event)
		}
	}
	return batch, l.changed
}

func (l *memoryLog) Follow(ctx context.Context, stream string, from uint64, max int, handle handler) error {
	l.mutex.Lock()
	last := l.last(stream)
	l.mutex.Unlock()
	if from > last+1 {
		return &bus.ShortLogError{Stream: stream, From: from, Last: last}
	}
	complete := false
	for {
		batch, changed := l.take(stream, from, max)
		if len(batch) > 0 {
			if err := handle(ctx, batch); err != nil {
				return err
			}
			from = batch[len(batch)-1].Sequence + 1
		}
		if !complete && from > last {
			complete = true
			if err := handle(ctx, nil); err != nil {
				return err
			}
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
