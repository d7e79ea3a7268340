package projection_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/projection"
)

// BenchmarkRebuild fills an empty file from a log in memory; the rate is the
// most that the machinery allows, with no rows and with one row per event.
func BenchmarkRebuild(b *testing.B) {
	const events = 100_000
	for name, apply := range map[string]func(*projection.Tx, []bus.Event) error{
		"nothing": func(*projection.Tx, []bus.Event) error { return nil },
		"row": func(tx *projection.Tx, events []bus.Event) error {
			for _, event := range events {
				if _, err := tx.Exec("INSERT INTO facts VALUES (?, ?, ?)", event.Stream, int64(event.Sequence), event.Subject); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		b.Run(name, func(b *testing.B) {
			log := newMemoryLog()
			log.add("CASES", events)
			for b.Loop() {
				db := open(b, filepath.Join(b.TempDir(), "view.db"), schema)
				ctx, cancel := context.WithCancel(b.Context())
				done := make(chan error, 1)
				go func() { done <- db.Run(ctx, log, "CASES", apply) }()
				wait(b, db, "CASES", events)
				cancel()
				if err := <-done; !errors.Is(err, context.Canceled) {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(events*b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkVisible is the time from one new event to its row in a reader's eyes.
func BenchmarkVisible(b *testing.B) {
	db := open(b, filepath.Join(b.TempDir(), "view.db"), schema)
	log := newMemoryLog()
	run(b, db, noHistory{log}, "CASES")
	for b.Loop() {
		last := log.add("CASES", 1)
		wait(b, db, "CASES", last)
	}
}

// noHistory forgets what was handed over: the memory log searches from the start.
type noHistory struct{ *memoryLog }

func (l noHistory) Follow(ctx context.Context, stream string, from uint64, max int, handle handler) error {
	return l.memoryLog.Follow(ctx, stream, from, max, func(ctx context.Context, events []bus.Event) error {
		err := handle(ctx, events)
		l.change(stream, func(all []bus.Event) []bus.Event {
			if len(events) == 0 || len(all) < 2 {
				return all
			}
			return all[len(all)-1:]
		})
		return err
	})
}
