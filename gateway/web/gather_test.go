package web

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// stream writes into a text.
func stream() (*eventStream, *bytes.Buffer) {
	recorder := httptest.NewRecorder()
	return &eventStream{w: recorder, controller: http.NewResponseController(discard{recorder})}, recorder.Body
}

// discard is a recorder that knows deadlines.
type discard struct{ *httptest.ResponseRecorder }

func (discard) SetWriteDeadline(time.Time) error { return nil }

// TestChangesAreGathered: the first change is told at once; those that follow on it come
// together, each name once, and never later than the longest window.
func TestChangesAreGathered(t *testing.T) {
	out, text := stream()
	g := &gathering{out: out}
	now := time.Unix(1_800_000_000, 0)
	told := func() string {
		var names []string
		for line := range strings.Lines(text.String()) {
			if name, ok := strings.CutPrefix(line, "data: "); ok {
				names = append(names, strings.TrimSpace(name))
			}
		}
		text.Reset()
		return strings.Join(names, " ")
	}
	change := func(name string) happening { return happening{Revision: "r-" + name, Name: name} }

	if wait := g.take(change("a"), now); wait != 0 || told() != "a" {
		t.Errorf("the first change waits %s", wait)
	}
	wait := g.take(change("b"), now.Add(30*time.Millisecond))
	if wait != firstWindow-30*time.Millisecond || told() != "" {
		t.Errorf("the second change waits %s, not for the end of the first window", wait)
	}
	for _, name := range []string{"c", "b", "c", "d", "b"} {
		if wait := g.take(change(name), now.Add(60*time.Millisecond)); wait != 0 {
			t.Errorf("%s asks for a second flush in %s", name, wait)
		}
	}
	if g.after != "r-a" {
		t.Errorf("what was not told yet would be left out: the stream goes on behind %s", g.after)
	}
	g.flush()
	if got := told(); got != "c d b" {
		t.Errorf("told %q, want each name once, where it came last", got)
	}
	if g.after != "r-b" {
		t.Errorf("the stream goes on behind %s", g.after)
	}

	// A busy stream: a change every 20 ms for 30 s.
	flushes, longest := 0, time.Duration(0)
	at, due := now.Add(time.Second), time.Time{}
	for range 1500 {
		at = at.Add(20 * time.Millisecond)
		if !due.IsZero() && !at.Before(due) {
			g.flush()
			due = time.Time{}
		}
		if wait := g.take(change("x"), at); wait > 0 {
			due, longest = at.Add(wait), max(longest, wait)
		}
		if told() != "" {
			flushes++
		}
	}
	if flushes > 200 || longest > longestWindow {
		t.Errorf("%d writes in 30 s, and up to %s apart", flushes, longest)
	}
	g.flush()
	told()
	if wait := g.take(change("y"), at.Add(time.Minute)); wait != 0 || told() != "y" {
		t.Errorf("after a quiet time a change waits %s", wait)
	}
}

// TestWhatWasGoneIsTold: that something was erased has no place in the log to come back to.
func TestWhatWasGoneIsTold(t *testing.T) {
	out, text := stream()
	g := &gathering{out: out, after: "r-1"}
	g.take(happening{Name: "cases/a", Gone: true}, time.Unix(1_800_000_000, 0))
	if got := text.String(); got != "event: gone\ndata: cases/a\n\n" || g.after != "r-1" {
		t.Errorf("told %q, and goes on behind %s", got, g.after)
	}
}
