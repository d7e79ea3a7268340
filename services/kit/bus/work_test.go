package bus_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
)

type hopeless struct{}

func (hopeless) Error() string   { return "no such\nevent" }
func (hopeless) Permanent() bool { return true }

// work runs a worker until the test ends and tells each try.
func work(t *testing.T, b *bus.Bus, w bus.Worker, handle func(try int, body string) error) <-chan string {
	t.Helper()
	tried := make(chan string, 1000)
	tries := make(map[uint64]int) // of one handler at a time
	background(t, func(ctx context.Context) error {
		return b.Work(ctx, w, func(_ context.Context, ev bus.Event) error {
			tries[ev.Sequence]++
			tried <- string(ev.Data)
			return handle(tries[ev.Sequence], string(ev.Data))
		})
	})
	return tried
}

var soon = []time.Duration{time.Millisecond}

func TestWorkTriesAgainUntilItIsDone(t *testing.T) {
	_, hub := startLog(t)
	tried := work(t, hub, bus.Worker{Name: "router", Stream: bus.StreamCases, Filter: "case.*.hub.0.>", Backoff: soon},
		func(try int, _ string) error {
			if try < 3 {
				return errors.New("not yet")
			}
			return nil
		})
	publish(t, hub, "case.a.omnia.1.hub", "filtered out")
	publish(t, hub, "case.a.hub.0.hub", "a")
	for range 3 {
		if body := receive(t, tried); body != "a" {
			t.Fatalf("worked on %q", body)
		}
	}
	publish(t, hub, "case.b.hub.0.hub", "b")
	if body := receive(t, tried); body != "b" {
		t.Errorf("after success came %q again", body)
	}
	letters, err := hub.DeadLetters(t.Context(), "", 0, 10)
	if err != nil || len(letters) != 0 {
		t.Errorf("dead letters %v, %v", letters, err)
	}
}

// awaitLetters waits until the log holds n dead letters.
func awaitLetters(t *testing.T, hub *bus.Bus, n int) []bus.DeadLetter {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		letters, err := hub.DeadLetters(t.Context(), bus.Hub, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(letters) >= n {
			return letters
		}
		select {
		case <-deadline:
			t.Fatalf("%d dead letters after 20 s, want %d", len(letters), n)
		default:
		}
	}
}

func TestWorkThatCannotBeDoneBecomesADeadLetter(t *testing.T) {
	for name, test := range map[string]struct {
		err    error
		tries  int
		reason string
	}{
		"permanent": {hopeless{}, 1, "no such event"},
		"exhausted": {errors.New("still broken"), 3, "still broken"},
	} {
		t.Run(name, func(t *testing.T) {
			_, hub := startLog(t)
			mended := make(chan struct{})
			tried := work(t, hub, bus.Worker{Name: "router", Stream: bus.StreamCases, Backoff: soon, MaxDeliver: 3},
				func(_ int, _ string) error {
					select {
					case <-mended:
						return nil
					default:
						return fmt.Errorf("router: %w", test.err)
					}
				})
			m := bus.Message{Subject: "case.a.hub.0.hub", Header: map[string]string{"ce-type": "opened.v1"}, Data: []byte{0, 1, 2}}
			sequence, err := hub.Publish(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			for range test.tries {
				receive(t, tried)
			}
			got := awaitLetters(t, hub, 1)[0]
			want := bus.DeadLetter{
				Sequence: 1, Party: bus.Hub, Handler: "router", Reason: "router: " + test.reason,
				Event: bus.Event{Message: m, Stream: bus.StreamCases, Sequence: sequence},
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(bus.Event{}, "Time")); diff != "" {
				t.Fatal(diff)
			}
			if got.Event.Time.IsZero() {
				t.Error("the time of the event is lost")
			}

			var refused *bus.RefusedError
			if err := hub.Replay(t.Context(), got.Sequence); !errors.As(err, &refused) || refused.Reason != "router: "+test.reason {
				t.Errorf("replay before the mend: %v", err)
			}
			receive(t, tried)
			close(mended)
			if err := hub.Replay(t.Context(), got.Sequence); err != nil {
				t.Errorf("replay after the mend: %v", err)
			}
			if _, err := hub.GetDeadLetter(t.Context(), got.Sequence); !errors.Is(err, bus.ErrNotFound) {
				t.Errorf("after its replay the dead letter is still there: %v", err)
			}
		})
	}
}

func TestAProvidersDeadLetterIsReplayedToIt(t *testing.T) {
	server, hub := startLog(t)
	omnia := connect(t, server, "omnia")
	event := bus.Event{Message: bus.Message{Subject: "case.a.omnia.1.hub", Data: []byte("x")}, Stream: bus.StreamCases, Sequence: 7}
	for range 2 { // as after a rebuild: it is kept once
		if err := omnia.DeadLetter(t.Context(), event, "inbox", "unknown request"); err != nil {
			t.Fatal(err)
		}
	}
	letters, err := hub.DeadLetters(t.Context(), "omnia", 0, 10)
	if err != nil || len(letters) != 1 || letters[0].Party != "omnia" || letters[0].Event.Sequence != 7 {
		t.Fatalf("got %+v, %v", letters, err)
	}
	if err := hub.Replay(t.Context(), letters[0].Sequence); err == nil {
		t.Error("replayed though no handler runs")
	}
	replayed := make(chan bus.Event, 10)
	background(t, func(ctx context.Context) error {
		return omnia.ServeReplays(ctx, "inbox", func(_ context.Context, ev bus.Event) error {
			replayed <- ev
			return nil
		})
	})
	for hub.Replay(t.Context(), letters[0].Sequence) != nil {
		if t.Context().Err() != nil {
			t.Fatal("no replay reached the handler")
		}
	}
	if diff := cmp.Diff(event.Message, receive(t, replayed).Message, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

// The hub reads dead letters, and nothing of what is private: that something is
// there is all that an operator is told.
func TestAPrivateDeadLetterHoldsItsPlaceAlone(t *testing.T) {
	server, hub := startLog(t)
	omnia := connect(t, server, "omnia")
	event := bus.Event{
		Message: bus.Message{Subject: "private.omnia.somecase.1.own", Header: map[string]string{"ce-time": "somewhen"}, Data: []byte("sometext")},
		Stream:  bus.PrivateStream("omnia"), Sequence: 7, Time: time.Now(),
	}
	if err := omnia.DeadLetter(t.Context(), event, "notes", "it is no fact"); err != nil {
		t.Fatal(err)
	}
	letters, err := hub.DeadLetters(t.Context(), "omnia", 0, 10)
	want := []bus.DeadLetter{{
		Sequence: 1, Party: "omnia", Handler: "notes", Reason: "it is no fact", Event: bus.Event{Stream: event.Stream, Sequence: 7},
	}}
	if diff := cmp.Diff(want, letters, cmpopts.EquateEmpty()); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestTwoWorkersShareTheWork(t *testing.T) {
	server, hub := startLog(t)
	w := bus.Worker{Name: "router", Stream: bus.StreamCases, Concurrency: 4}
	done := make(chan string, 1000)
	for range 2 {
		b := connect(t, server, bus.Hub)
		background(t, func(ctx context.Context) error {
			return b.Work(ctx, w, func(_ context.Context, ev bus.Event) error {
				done <- string(ev.Data)
				return nil
			})
		})
	}
	want, got := make(map[string]int), make(map[string]int)
	for i := range 200 {
		publish(t, hub, "case.a.hub.0.hub", fmt.Sprint(i))
		want[fmt.Sprint(i)] = 1
	}
	for range 200 {
		got[receive(t, done)]++
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWorkGoesOnAfterARestart(t *testing.T) {
	dir := t.TempDir()
	first, err := embedded.Start(embedded.Options{Dir: dir, Log: quietLog()})
	if err != nil {
		t.Fatal(err)
	}
	hub := connect(t, first, bus.Hub)
	if err := hub.EnsureTopology(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	for i := range 3 {
		publish(t, hub, "case.a.hub.0.hub", fmt.Sprint(i))
	}
	w := bus.Worker{Name: "router", Stream: bus.StreamCases}
	worked := 0
	err = hub.Work(ctx, w, func(context.Context, bus.Event) error {
		if worked++; worked == 3 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := hub.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	first.Shutdown()

	_, hub = startLogIn(t, embedded.Options{Dir: dir})
	publish(t, hub, "case.a.hub.0.hub", "after")
	tried := work(t, hub, w, func(int, string) error { return nil })
	if body := receive(t, tried); body != "after" {
		t.Errorf("after the restart came %q, want only what was not acknowledged", body)
	}
}
