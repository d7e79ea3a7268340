package bus_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
)

func TestAskAndAnswer(t *testing.T) {
	server, hub := startLog(t)
	background(t, func(ctx context.Context) error {
		return hub.Answer(ctx, "echo", func(_ context.Context, party string, data []byte) ([]byte, error) {
			if len(data) == 0 {
				return nil, errors.New("nothing to say")
			}
			return []byte(party + " said " + string(data)), nil
		})
	})
	chamber := connect(t, server, "chamber")
	answer, err := chamber.Ask(t.Context(), "echo", []byte("hello"))
	if err != nil || string(answer) != "chamber said hello" {
		t.Errorf("got %q, %v", answer, err)
	}
	var refused *bus.RefusedError
	if _, err := chamber.Ask(t.Context(), "echo", nil); !errors.As(err, &refused) || refused.Reason != "nothing to say" {
		t.Errorf("got %v, want a refusal", err)
	}
	if _, err := chamber.Ask(shortly(t), "nobody", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a question nobody answers: %v", err)
	}
	if err := chamber.Answer(t.Context(), "echo", nil); err == nil {
		t.Error("a provider answers for the hub")
	}
}

func TestBucket(t *testing.T) {
	_, hub := startLog(t)
	bucket, err := hub.Bucket(t.Context(), bus.BucketHub)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bucket.Get(t.Context(), "keys.case"); !errors.Is(err, bus.ErrNotFound) {
		t.Errorf("a key that is not there: %v", err)
	}
	first, err := bucket.Create(t.Context(), "keys.case", []byte("one"))
	if err != nil {
		t.Fatal(err)
	}
	var conflict *bus.ConflictError
	if _, err := bucket.Create(t.Context(), "keys.case", []byte("x")); !errors.As(err, &conflict) || conflict.Last != first {
		t.Errorf("created twice: %v", err)
	}
	second, err := bucket.Put(t.Context(), "keys.case", []byte("two"), first)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bucket.Put(t.Context(), "keys.case", []byte("x"), first); !errors.As(err, &conflict) {
		t.Errorf("written over another's write: %v", err)
	}
	got, err := bucket.Get(t.Context(), "keys.case")
	if got.Time.IsZero() {
		t.Error("an entry does not tell when it was written")
	}
	got.Time = time.Time{}
	if diff := cmp.Diff(bus.Entry{Key: "keys.case", Value: []byte("two"), Revision: second}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if _, err := bucket.Create(t.Context(), "other", nil); err != nil {
		t.Error(err)
	}
	keys, err := bucket.Keys(t.Context(), "")
	slices.Sort(keys)
	if diff := cmp.Diff([]string{"keys.case", "other"}, keys); err != nil || diff != "" {
		t.Error(err, diff)
	}
	for range 2 {
		if err := bucket.Delete(t.Context(), "keys.case"); err != nil {
			t.Error(err)
		}
	}
	if keys, err := bucket.Keys(t.Context(), "keys."); err != nil || len(keys) != 0 {
		t.Errorf("after the deletion: %q, %v", keys, err)
	}
	if _, err := bucket.Create(t.Context(), "keys.case", []byte("three")); err != nil {
		t.Errorf("created after the deletion: %v", err)
	}
	for _, bad := range []string{"", "a b", "a.", "*", ">", "ä", string(make([]byte, 201))} {
		if _, err := bucket.Create(t.Context(), bad, nil); err == nil {
			t.Errorf("key %q was accepted", bad)
		}
	}
	if _, err := hub.Bucket(t.Context(), "NOSUCH"); !errors.Is(err, bus.ErrNotFound) {
		t.Errorf("a bucket that is not there: %v", err)
	}
}

// inFiles reports whether a text is in a file below dir.
func inFiles(t *testing.T, dir, text string) bool {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		found = found || bytes.Contains(body, []byte(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestWhatIsKnownOfAPersonIsErased(t *testing.T) {
	dir := t.TempDir()
	_, hub := startLogIn(t, embedded.Options{Dir: dir})
	const subject = "people.omnia.p1"
	publish(t, hub, subject, "Aino Vanhin") // by a call that had given up on the log
	for _, name := range []string{"Aino Vanha", "Aino Uusi"} {
		if _, err := hub.PutPerson(t.Context(), bus.Message{Subject: subject, Data: []byte(name)}); err != nil {
			t.Fatal(err)
		}
	}
	publish(t, hub, "people.omnia.p2", "Eino Toinen")
	if inFiles(t, dir, "Aino Vanhin") || inFiles(t, dir, "Aino Vanha") || !inFiles(t, dir, "Aino Uusi") {
		t.Error("the former name is still there, or the present one is not")
	}
	if err := hub.PurgePerson(t.Context(), subject); err != nil {
		t.Fatal(err)
	}
	if inFiles(t, dir, "Aino Uusi") || !inFiles(t, dir, "Eino Toinen") {
		t.Error("the purge took the wrong one")
	}
	if _, err := hub.LastOn(t.Context(), bus.StreamPeople, subject); !errors.Is(err, bus.ErrNotFound) {
		t.Errorf("after the purge: %v", err)
	}
	if event, err := hub.LastOn(t.Context(), bus.StreamPeople, "people.omnia.>"); err != nil || string(event.Data) != "Eino Toinen" {
		t.Errorf("the other one: %q, %v", event.Data, err)
	}
	if err := hub.Erase(t.Context(), bus.StreamPeople, 1, 2, 3, 99); err != nil {
		t.Errorf("erased twice: %v", err)
	}
}

func TestTopologyIsMendedAndANewerOneRefused(t *testing.T) {
	_, hub := startLog(t)
	if err := hub.EnsureTopology(t.Context()); err != nil {
		t.Fatalf("a second time: %v", err)
	}
	publish(t, hub, "case.a.hub.0.hub", "x")
	if err := bus.AllowRollup(t.Context(), hub, bus.StreamCases, "1"); err != nil {
		t.Fatal(err)
	}
	if err := hub.EnsureTopology(t.Context()); err != nil {
		t.Fatal(err)
	}
	if allowed, err := bus.RollupAllowed(t.Context(), hub, bus.StreamCases); err != nil || allowed {
		t.Errorf("rollup is allowed: %t, %v", allowed, err)
	}
	if last, err := hub.Last(t.Context(), bus.StreamCases); err != nil || last != 1 {
		t.Errorf("the mend left %d messages, %v", last, err)
	}
	if err := bus.AllowRollup(t.Context(), hub, bus.StreamCases, "99"); err != nil {
		t.Fatal(err)
	}
	if err := hub.EnsureTopology(t.Context()); err == nil {
		t.Error("a log of a newer version was accepted")
	}
}
