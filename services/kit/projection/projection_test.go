package projection_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/projection"
)

// The tables count how often each event was applied, and the last per subject.
var schema = projection.Schema{Version: 1, SQL: `
CREATE TABLE facts (stream TEXT, sequence INTEGER, data TEXT, PRIMARY KEY (stream, sequence)) STRICT;
CREATE TABLE subjects (subject TEXT PRIMARY KEY, times INTEGER) STRICT;
CREATE INDEX facts_data ON facts (data);
CREATE VIEW newest AS SELECT max(sequence) AS sequence FROM facts;
CREATE VIRTUAL TABLE search USING fts5(data, content='') -- no semicolon here`}

func apply(tx *projection.Tx, events []bus.Event) error {
	for _, event := range events {
		if _, err := tx.Exec("INSERT INTO facts VALUES (?, ?, ?)", event.Stream, int64(event.Sequence), string(event.Data)); err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO subjects VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1", event.Subject); err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO search (rowid, data) VALUES (?, ?)", int64(event.Sequence), string(event.Data)); err != nil {
			return err
		}
	}
	return nil
}

func open(t testing.TB, path string, schema projection.Schema, options ...projection.Option) *projection.DB {
	t.Helper()
	quiet := projection.WithLog(slog.New(slog.DiscardHandler))
	db, err := projection.Open(path, schema, append([]projection.Option{quiet}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// run follows streams until the returned function is called.
func run(t testing.TB, db *projection.DB, log projection.Log, streams ...string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var waiting sync.WaitGroup
	for _, stream := range streams {
		waiting.Go(func() {
			if err := db.Run(ctx, log, stream, apply); !errors.Is(err, context.Canceled) {
				t.Errorf("Run(%s) = %v", stream, err)
			}
		})
	}
	stop = sync.OnceFunc(func() { cancel(); waiting.Wait() })
	t.Cleanup(stop)
	return stop
}

func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func wait(t testing.TB, db *projection.DB, stream string, sequence uint64) {
	t.Helper()
	if err := db.Wait(soon(t), stream, sequence); err != nil {
		t.Fatal(err)
	}
}

// facts are the rows of a stream: how many, the last, and whether one is there twice.
func facts(t testing.TB, db *projection.DB, stream string) string {
	t.Helper()
	var count, last sql.NullInt64
	row := db.Reader().QueryRow("SELECT count(*), max(sequence) FROM facts WHERE stream = ?", stream)
	if err := row.Scan(&count, &last); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d to %d", count.Int64, last.Int64)
}

// A batch that cannot be written ends Run, and nothing behind it is written, however
// much has arrived meanwhile: the next Run begins where the file ends.
func TestAFailedWriteIsNotPassedOver(t *testing.T) {
	log := newMemoryLog()
	log.add("CASES", 3)
	arrived := make(chan uint64, 100)
	db := open(t, filepath.Join(t.TempDir(), "view.db"), schema, projection.WithArrival("CASES", func(events []bus.Event) {
		arrived <- events[len(events)-1].Sequence
	}))
	writing, fail := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- db.Run(soon(t), log, "CASES", func(tx *projection.Tx, events []bus.Event) error {
			if events[0].Sequence == 4 {
				close(writing)
				<-fail
				return errors.New("the disk is full")
			}
			return apply(tx, events)
		})
	}()
	<-db.Ready()
	log.add("CASES", 1)
	<-writing
	last := log.add("CASES", 600) // more than may wait, so that the log writes them itself
	for <-arrived < last {
	}
	time.Sleep(20 * time.Millisecond) // until it waits for its turn
	close(fail)
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("Run ended with %v", err)
	}
	if got := facts(t, db, "CASES"); got != "3 to 3" {
		t.Errorf("after the failure rows %s", got)
	}
	run(t, db, log, "CASES")
	wait(t, db, "CASES", last)
	if got := facts(t, db, "CASES"); got != "604 to 604" {
		t.Errorf("after another run rows %s", got)
	}
}

// A file that rests is written once somebody asks for what has arrived, and not before.
func TestARestingFileIsWrittenForItsReader(t *testing.T) {
	log := newMemoryLog()
	log.add("CASES", 1)
	db := open(t, filepath.Join(t.TempDir(), "view.db"), schema, projection.WithRest(time.Hour))
	run(t, db, log, "CASES")
	<-db.Ready()
	last := log.add("CASES", 2)
	time.Sleep(50 * time.Millisecond) // twice as long as without it
	if got := db.Position("CASES"); got != 1 {
		t.Errorf("the file is written up to %d while it rests", got)
	}
	wait(t, db, "CASES", last)
	if got := facts(t, db, "CASES"); got != "3 to 3" {
		t.Errorf("its reader finds %s", got)
	}
}

func TestRunAppliesEachEventOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "view.db")
	log := newMemoryLog()
	last := log.add("CASES", 12_345)

	var batches []projection.Batch
	db := open(t, path, schema, projection.WithObserver(func(b projection.Batch) { batches = append(batches, b) }))
	stop := run(t, db, log, "CASES")
	wait(t, db, "CASES", last)
	<-db.Ready()
	if got := facts(t, db, "CASES"); got != "12345 to 12345" {
		t.Errorf("after the first run %s", got)
	}
	var sizes []int
	for _, b := range batches {
		sizes = append(sizes, b.Events)
	}
	if diff := cmp.Diff([]int{5000, 5000, 512, 512, 512, 512, 297}, sizes); diff != "" {
		t.Errorf("large while far behind, small at the end (-want +got):\n%s", diff)
	}
	if pending := batches[2].Pending; pending != 1833 {
		t.Errorf("pending after the third transaction is %d, want 1833", pending)
	}

	last = log.add("CASES", 3)
	wait(t, db, "CASES", last)
	stop()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	log.add("CASES", 2)
	db = open(t, path, schema)
	if got := db.Position("CASES"); got != last {
		t.Errorf("position after a restart %d, want %d", got, last)
	}
	early, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := db.Wait(early, "CASES", last); err == nil {
		t.Error("rows count as read before the log was seen to be the same")
	}
	stop = run(t, db, log, "CASES")
	wait(t, db, "CASES", last)
	wait(t, db, "CASES", last+2)
	stop()
	if got := facts(t, db, "CASES"); got != "12350 to 12350" {
		t.Errorf("after the second run %s", got)
	}
	if _, err := db.Reader().Exec("DELETE FROM facts"); err == nil {
		t.Error("a reader could write")
	}
}

func TestSeveralStreamsInOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "view.db")
	log := newMemoryLog()
	streams := []string{"CASES", "STAFF", "PEOPLE", "CATALOGUE"}
	for i, stream := range streams {
		log.add(stream, 100*(i+1))
	}
	named := schema
	named.Streams = streams
	db := open(t, path, named)
	stop := run(t, db, log, streams[:3]...)
	for i, stream := range streams[:3] {
		wait(t, db, stream, uint64(100*(i+1)))
	}
	select {
	case <-db.Ready():
		t.Error("ready before the last stream was read")
	default:
	}
	if err := db.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "CATALOGUE") {
		t.Errorf("Check does not name what is missing: %v", err)
	}
	stopLast := run(t, db, log, "CATALOGUE")
	select {
	case <-db.Ready():
	case <-soon(t).Done():
		t.Fatal("never ready")
	}
	if err := db.Check(t.Context()); err != nil {
		t.Errorf("ready, but %v", err)
	}
	stop()
	stopLast()
	for i, stream := range streams {
		if got, want := facts(t, db, stream), fmt.Sprintf("%d to %[1]d", 100*(i+1)); got != want {
			t.Errorf("%s: %s, want %s", stream, got, want)
		}
	}
}

func TestAnotherLogMeansARebuild(t *testing.T) {
	tests := []struct {
		name   string
		change func([]bus.Event) []bus.Event
		want   string
		reason string
	}{
		{"the same log", func(e []bus.Event) []bus.Event { return e }, "50 to 50", ""},
		{"the log cut much shorter", func(e []bus.Event) []bus.Event { return e[:10] }, "10 to 10", "ends at 10"},
		{"the log cut by one", func(e []bus.Event) []bus.Event { return e[:49] }, "49 to 49", "no such event"},
		{"an empty log", func([]bus.Event) []bus.Event { return nil }, "0 to 0", "ends at 0"},
		{"another event there", func(e []bus.Event) []bus.Event {
			e[49].Data = []byte("another")
			return e
		}, "50 to 50", "another event"},
		{"another subject there", func(e []bus.Event) []bus.Event {
			e[49].Subject = "CASES.other"
			return e
		}, "50 to 50", "another event"},
		{"the event erased and more behind it", func(e []bus.Event) []bus.Event {
			e[49].Sequence = 60
			return e
		}, "50 to 60", "another event"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "view.db")
			log := newMemoryLog()
			log.add("STAFF", 7)
			log.add("CASES", 50)
			db := open(t, path, schema)
			stop := run(t, db, log, "CASES", "STAFF")
			wait(t, db, "CASES", 50)
			wait(t, db, "STAFF", 7)
			stop()
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}

			log.change("CASES", test.change)
			var lines bytes.Buffer
			named := schema
			named.Streams = []string{"CASES", "STAFF"}
			db = open(t, path, named, projection.WithLog(slog.New(slog.NewTextHandler(&lines, nil))))
			// STAFF first and caught up: the rebuild must make it begin again.
			stopStaff := run(t, db, log, "STAFF")
			wait(t, db, "STAFF", 7)
			stopCases := run(t, db, log, "CASES")
			select {
			case <-db.Ready():
			case <-soon(t).Done():
				t.Fatal("never ready")
			}
			stopStaff()
			stopCases()
			if got := facts(t, db, "CASES"); got != test.want {
				t.Errorf("rows of CASES %s, want %s", got, test.want)
			}
			if got := facts(t, db, "STAFF"); got != "7 to 7" {
				t.Errorf("rows of STAFF %s", got)
			}
			if rebuilt := strings.Contains(lines.String(), "built again"); rebuilt != (test.reason != "") {
				t.Errorf("rebuilt: %v, log: %s", rebuilt, lines.String())
			}
			if !strings.Contains(lines.String(), test.reason) {
				t.Errorf("log does not say %q: %s", test.reason, lines.String())
			}
		})
	}
}

func TestAFailedBatchLeavesNothing(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "view.db"), schema)
	log := newMemoryLog()
	log.add("CASES", 3)
	fault := errors.New("fault")
	err := db.Run(t.Context(), log, "CASES", func(tx *projection.Tx, events []bus.Event) error {
		if err := apply(tx, events); err != nil {
			return err
		}
		return fault
	})
	if !errors.Is(err, fault) {
		t.Fatalf("Run = %v", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was lost")
			}
		}()
		_ = db.Run(t.Context(), log, "CASES", func(tx *projection.Tx, events []bus.Event) error {
			_ = apply(tx, events)
			panic("fault")
		})
	}()
	if got := facts(t, db, "CASES"); got != "0 to 0" || db.Position("CASES") != 0 {
		t.Errorf("rows %s, position %d", got, db.Position("CASES"))
	}
	run(t, db, log, "CASES")
	wait(t, db, "CASES", 3)
	if got := facts(t, db, "CASES"); got != "3 to 3" {
		t.Errorf("rows %s", got)
	}
}

func TestTwoProcessesOnOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "view.db")
	log := newMemoryLog()
	log.add("CASES", 3)
	one, two := open(t, path, schema), open(t, path, schema)
	run(t, one, log, "CASES")
	wait(t, one, "CASES", 3)
	noop := func(*projection.Tx, []bus.Event) error { return nil }
	if err := two.Run(soon(t), log, "CASES", noop); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("the second process: %v", err)
	}
	if got := facts(t, one, "CASES"); got != "3 to 3" {
		t.Errorf("rows %s", got)
	}
}

func TestCheckpointRemovesDeletedText(t *testing.T) {
	path := filepath.Join(t.TempDir(), "view.db")
	db := open(t, path, schema)
	log := newMemoryLog()
	log.add("CASES", 100)
	log.change("CASES", func(e []bus.Event) []bus.Event {
		e[50].Data = []byte("salainen teksti")
		return e
	})
	stop := run(t, db, log, "CASES")
	wait(t, db, "CASES", 100)
	stop()
	files := func() string { return read(t, path) + read(t, path+"-wal") }
	if !strings.Contains(files(), "salainen teksti") {
		t.Fatal("the text is not in the files, so its absence proves nothing")
	}
	log.add("CASES", 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := db.Run(ctx, log, "CASES", func(tx *projection.Tx, _ []bus.Event) error {
		defer cancel()
		_, err := tx.Exec("DELETE FROM facts WHERE sequence = 51")
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := db.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(files(), "salainen teksti") {
		t.Error("the deleted text is still in a file")
	}
}
