package hub

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
)

// TestVerifyAccountsForWhatIsGone removes facts from a log with and without a fact
// that tells of it, and changes what a redaction keeps.
func TestVerifyAccountsForWhatIsGone(t *testing.T) {
	opened := func(text string) *eventsv1.Fact {
		return &eventsv1.Fact{Event: &eventsv1.Fact_CaseOpened{CaseOpened: &eventsv1.CaseOpened{NeedText: text}}}
	}
	closing := &eventsv1.Fact{Event: &eventsv1.Fact_CaseClosing{CaseClosing: &eventsv1.CaseClosing{Reason: "enough"}}}
	tells := func(sequences ...uint64) *eventsv1.Fact {
		return &eventsv1.Fact{Event: &eventsv1.Fact_ScopeErased{ScopeErased: &eventsv1.ScopeErased{Erasure: "e", Sequences: sequences}}}
	}
	for what, c := range map[string]struct {
		play func(l *chained)
		want string // in a fault; empty for none
	}{
		"nothing is gone":        {func(l *chained) { l.add(opened("x"), closing) }, ""},
		"the end is gone":        {func(l *chained) { l.add(opened("x"), closing); l.erase(2) }, "fact 2 was removed, and no fact tells of it"},
		"the beginning is gone":  {func(l *chained) { l.add(opened("x"), closing); l.erase(1) }, "fact 1 was removed, and no fact tells of it"},
		"all is gone, and told":  {func(l *chained) { l.add(opened("x"), closing, tells(1, 2)); l.erase(1, 2) }, ""},
		"more is gone than told": {func(l *chained) { l.add(opened("x"), closing, tells(1)); l.erase(1, 2) }, "fact 2 was removed, and no fact tells of it"},
		"told, and still there":  {func(l *chained) { l.add(opened("x"), closing, tells(1, 2)); l.erase(2) }, "fact 1 in cases/" + testCase + " was to be removed and is still there"},
		"redacted":               {func(l *chained) { l.add(opened("x"), closing); l.redact(nil); l.add(closing) }, ""},
		"redacted, and what is kept was changed": {func(l *chained) {
			l.add(opened("x"), closing)
			l.redact(func(kept []*eventsv1.KeptFact) {
				f := proto.CloneOf(closing)
				f.GetCaseClosing().Reason = "never"
				kept[1].Body, _ = proto.Marshal(f)
			})
		}, "it was changed"},
		"redacted, and one was left out": {func(l *chained) {
			l.add(opened("x"), closing, closing)
			l.redact(func(kept []*eventsv1.KeptFact) { kept[1] = kept[2] })
		}, "follows on"},
	} {
		t.Run(what, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			l := openChained(t, dir)
			c.play(l)
			l.close()
			report, err := Verify(t.Context(), dir, slog.New(slog.DiscardHandler))
			all := strings.Join(report.Faults, "\n")
			if err != nil || (c.want == "") != (all == "") || !strings.Contains(all, c.want) {
				t.Errorf("faults %q (%v), want %q", all, err, c.want)
			}
		})
	}
}

const testCase = "aaaaaaaaaaaaaaaaaaaaaaaaaa"

// chained is a log with one case's own scope.
type chained struct {
	t     *testing.T
	bus   *bus.Bus
	close func()
	head  []byte
	facts []*eventsv1.KeptFact
}

func openChained(t *testing.T, dir string) *chained {
	t.Helper()
	if _, err := OpenFolder(dir); err != nil {
		t.Fatal(err)
	}
	server, err := embedded.Start(embedded.Options{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	b, err := bus.Connect(t.Context(), server.BusOptions(bus.Hub))
	if err == nil {
		err = b.EnsureTopology(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return &chained{t: t, bus: b, close: func() { b.Close(); server.Shutdown() }}
}

func (l *chained) add(facts ...*eventsv1.Fact) {
	l.t.Helper()
	for _, f := range facts {
		f = proto.CloneOf(f)
		f.Id, f.Time = uuid.NewString(), timestamppb.Now()
		if f.GetScopeErased() == nil {
			f.PreviousHash = l.head
		}
		m, err := fact.Encode(name.CaseScope(testCase).Subject(name.ByHub), name.Hub, f)
		if err != nil {
			l.t.Fatal(err)
		}
		sequence, err := l.bus.Publish(l.t.Context(), m)
		if err != nil {
			l.t.Fatal(err)
		}
		l.head = fact.Hash(m.Subject, m.Data)
		l.facts = append(l.facts, &eventsv1.KeptFact{Sequence: sequence, Author: name.ByHub, Body: m.Data, Hash: l.head})
	}
}

func (l *chained) erase(sequences ...uint64) {
	l.t.Helper()
	if err := l.bus.Erase(l.t.Context(), bus.StreamCases, sequences...); err != nil {
		l.t.Fatal(err)
	}
}

// redact redacts the first fact; change changes what the redaction keeps.
func (l *chained) redact(change func([]*eventsv1.KeptFact)) {
	l.t.Helper()
	kept := l.facts
	first := &eventsv1.Fact{}
	if err := proto.Unmarshal(kept[0].Body, first); err != nil {
		l.t.Fatal(err)
	}
	kept[0].Body, _ = proto.Marshal(casework.Redact(first))
	kept[0].Redacted = true
	var gone []uint64
	for _, k := range kept {
		gone = append(gone, k.Sequence)
	}
	if change != nil {
		change(kept)
	}
	l.add(&eventsv1.Fact{Event: &eventsv1.Fact_FactRedacted{FactRedacted: &eventsv1.FactRedacted{Erasure: "r", Sequences: gone[:1], Facts: kept}}})
	l.erase(gone...)
}
