package bus_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/businessespoo/hub/services/kit/bus"
)

func TestAppendRefusesAStaleWriter(t *testing.T) {
	_, hub := startLog(t)
	const scope = "case.a.omnia.1"
	m := bus.Message{Subject: scope + ".hub", Header: map[string]string{"ce-id": "1"}, Data: []byte("x")}
	first, err := hub.Append(t.Context(), m, scope, 0)
	if err != nil {
		t.Fatal(err)
	}
	publish(t, hub, "case.b.omnia.1.hub", "another scope")
	second, err := hub.Append(t.Context(), m, scope, first)
	if err != nil {
		t.Fatal(err)
	}
	for _, stale := range []uint64{0, first, second + 10} {
		_, err := hub.Append(t.Context(), m, scope, stale)
		var conflict *bus.ConflictError
		if !errors.As(err, &conflict) {
			t.Fatalf("expected %d: got %v, want a conflict", stale, err)
		}
		if conflict.Scope != scope || conflict.Last != second {
			t.Errorf("expected %d: conflict %+v, want %s at %d", stale, conflict, scope, second)
		}
	}
	event, err := hub.Get(t.Context(), bus.StreamCases, first)
	if err != nil {
		t.Fatal(err)
	}
	if event.Subject != m.Subject || event.Header["ce-id"] != "1" || len(event.Header) != 1 {
		t.Errorf("got back %+v", event)
	}
}

func TestOfTwoWritersExactlyOneWins(t *testing.T) {
	server, hub := startLog(t)
	omnia := connect(t, server, "omnia")
	var wins, conflicts atomic.Int64
	last := uint64(0)
	for round := range 50 {
		var writers sync.WaitGroup
		var won atomic.Uint64
		for writer, b := range []*bus.Bus{hub, omnia} {
			writers.Go(func() {
				subject := []string{"case.a.omnia.1.hub", "case.a.omnia.1.own"}[writer]
				sequence, err := b.Append(t.Context(), bus.Message{Subject: subject, Data: []byte(fmt.Sprint(round))}, "case.a.omnia.1", last)
				var conflict *bus.ConflictError
				switch {
				case err == nil:
					wins.Add(1)
					won.Store(sequence)
				case errors.As(err, &conflict):
					conflicts.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		writers.Wait()
		last = won.Load()
	}
	if wins.Load() != 50 || conflicts.Load() != 50 {
		t.Errorf("%d wins and %d conflicts in 50 rounds", wins.Load(), conflicts.Load())
	}
}

func TestAppendRefusesBadMessages(t *testing.T) {
	_, hub := startLog(t)
	for name, m := range map[string]bus.Message{
		"no subject":        {},
		"wildcard":          {Subject: "case.*.hub.0.hub"},
		"server's header":   {Subject: "case.a.hub.0.hub", Header: map[string]string{"Nats-TTL": "1s"}},
		"two lines":         {Subject: "case.a.hub.0.hub", Header: map[string]string{"a": "b\r\nNats-TTL: 1s"}},
		"no stream for it":  {Subject: "nowhere.a"},
		"two lines in name": {Subject: "case.a.hub.0.hub", Header: map[string]string{"a\r\nb": "c"}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := hub.Publish(t.Context(), m); err == nil {
				t.Errorf("%+v was accepted", m)
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, publishers := range []int{1, 16, 64} {
		for _, party := range []string{bus.Hub, "omnia"} {
			b.Run(fmt.Sprintf("%s/%d", party, publishers), func(b *testing.B) {
				server, hub := startLog(b)
				writer := hub
				author := "hub"
				if party != bus.Hub {
					writer, author = connect(b, server, party), "own"
				}
				body := make([]byte, 400)
				var left atomic.Int64
				left.Store(int64(b.N))
				var writers sync.WaitGroup
				b.ResetTimer()
				for w := range publishers {
					writers.Go(func() {
						scope, last := fmt.Sprintf("case.c%d.omnia.1", w), uint64(0)
						for left.Add(-1) >= 0 {
							sequence, err := writer.Append(context.Background(), bus.Message{Subject: scope + "." + author, Data: body}, scope, last)
							if err != nil {
								b.Error(err)
								return
							}
							last = sequence
						}
					})
				}
				writers.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
			})
		}
	}
}
