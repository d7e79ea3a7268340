package registry_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/businessespoo/hub/gateway/registry"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
)

// readLog is a log that has been read: what it holds, and then its end.
type readLog struct {
	events  []bus.Event
	letters []string
}

var errEnd = errors.New("the end of the log")

func (l *readLog) Follow(ctx context.Context, _ string, _ uint64, _ int, handle func(context.Context, []bus.Event) error) error {
	if err := handle(ctx, l.events); err != nil {
		return err
	}
	return errors.Join(handle(ctx, nil), errEnd)
}

func (l *readLog) DeadLetter(_ context.Context, e bus.Event, handler, reason string) error {
	l.letters = append(l.letters, handler+": "+e.Subject+": "+reason)
	return nil
}

func catalogue(t *testing.T, provider string, sequence uint64, change ...string) bus.Event {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "catalogues", "employment.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := fact.Encode("catalogue."+provider, provider, &eventsv1.Fact{
		Id: "id", Time: timestamppb.New(time.Unix(int64(sequence), 0)),
		Event: &eventsv1.Fact_CataloguePublished{CataloguePublished: &eventsv1.CataloguePublished{
			Provider: provider, Catalogue: []byte(strings.NewReplacer(change...).Replace(string(data))),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return bus.Event{Message: m, Stream: bus.StreamCatalogue, Sequence: sequence, Time: time.Unix(int64(sequence), 0)}
}

func TestRegistry(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	log := &readLog{events: []bus.Event{
		catalogue(t, "employment", 1),
		catalogue(t, "chamber", 2),                                      // another's catalogue
		catalogue(t, "nobody", 3),                                       // of nobody
		{Message: bus.Message{Subject: "catalogue.omnia"}, Sequence: 4}, // no fact
		catalogue(t, "employment", 5, "id: vacancy", "id: opening"),
		catalogue(t, "employment", 6, "min: 2", "min: 7"), // a mistake
	}}
	r, err := registry.New(log, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if r.Ready(over) == nil {
		t.Error("it is ready before it has read anything")
	}
	if err := r.Run(t.Context()); !errors.Is(err, errEnd) {
		t.Fatal(err)
	}
	if len(log.letters) != 4 || !strings.HasPrefix(log.letters[3], "registry: catalogue.employment: ") {
		t.Errorf("dead letters %v", log.letters)
	}
	if at, version := r.Published("employment"); !at.Equal(time.Unix(5, 0)) || version == "" || r.Ready(t.Context()) != nil {
		t.Errorf("version %s of %s, ready: %v", version, at, r.Ready(t.Context()))
	}
	if _, version := r.Published("omnia"); version != "" || r.Check(t.Context()) == nil {
		t.Errorf("version %s of what was not published", version)
	}
	offered := func(service string) bool {
		_, _, ok := r.Service("providers/employment/services/" + service)
		return ok
	}
	if !offered("opening") || offered("vacancy") || offered("") {
		t.Error("the newest catalogue is not the one that is read")
	}
	// A replay of an older one changes nothing, one of a newer one does.
	if err := r.Replay(t.Context(), log.events[0]); err != nil || offered("vacancy") {
		t.Errorf("an older catalogue is back: %v", err)
	}
	if err := r.Replay(t.Context(), log.events[5]); err == nil {
		t.Error("a catalogue with a mistake was taken in")
	}
	if err := r.Replay(t.Context(), catalogue(t, "employment", 7)); err != nil || !offered("vacancy") {
		t.Errorf("a newer catalogue was not taken in: %v", err)
	}

	for id, want := range map[string]int64{"de_minimis.max": 300000, "de_minimis.years": 3, "none": 0} {
		if got, ok := r.Amount("employment", id); got != want || ok != (want != 0) {
			t.Errorf("%s is %d, %v", id, got, ok)
		}
	}
	now = time.Date(2031, 1, 1, 8, 0, 0, 0, time.UTC) // the figures have an end
	if _, ok := r.Amount("employment", "de_minimis.max"); ok {
		t.Error("a figure of the past is used")
	}
	if _, ok := r.Amount("chamber", "de_minimis.max"); ok {
		t.Error("a figure of nobody is used")
	}
}

// The index follows the catalogues and the day, and is made once for each.
func TestIntakeFollows(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	log := &readLog{events: []bus.Event{catalogue(t, "employment", 1)}}
	r, err := registry.New(log, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	intake := func() any {
		t.Helper()
		in, err := r.Intake()
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	empty := intake()
	if err := r.Run(t.Context()); !errors.Is(err, errEnd) {
		t.Fatal(err)
	}
	full := intake()
	var same sync.WaitGroup
	for range 4 {
		same.Go(func() {
			if in, err := r.Intake(); err != nil || in != full {
				t.Errorf("the index was made again: %v", err)
			}
		})
	}
	same.Wait()
	now = now.AddDate(0, 0, 1)
	if tomorrow := intake(); full == empty || tomorrow == full {
		t.Error("the index is that of another state of the catalogues")
	}
}
