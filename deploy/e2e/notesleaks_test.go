package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/businessespoo/hub/deploy/e2e/world"
	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/bus"
)

// away sends a note while its provider does not run: the gateway, which carries
// it, must not keep it for later.
func (p *planting) away() {
	p.t.Helper()
	p.w.Kill(p.t, "omnia")
	ville := p.w.Advisor(p.t, "omnia", world.FirstAdvisor)
	_, err := ville.Calls.AddNote(ville.Context(), &providerv1.AddNoteRequest{Name: p.request, RequestId: newID(), Text: p.lose("note while the provider is away")})
	world.Refused(p.t, err, codes.Unavailable, "PROVIDER_AWAY")
	p.w.Start(p.t, "omnia")
	ville.Open()
}

// poison writes onto the private stream, as a faulty provider would, what is no
// note but holds its words. An operator learns that it is there, and where.
func (p *planting) poison(tap *world.Tap) {
	p.t.Helper()
	omnia := p.w.Bus(p.t, "omnia")
	text := p.lose("poisoned note")
	subject := "private.omnia." + strings.NewReplacer("cases/", "", "/requests/omnia-", ".").Replace(p.request)
	added := &eventsv1.Fact_NoteAdded{NoteAdded: &eventsv1.NoteAdded{Text: text}}
	twice, digest := uuid.NewString(), []byte("digest")
	bodies := [][]byte{[]byte("\xff\xff" + text)}
	for _, f := range []*eventsv1.Fact{
		{Event: &eventsv1.Fact_MessagePosted{MessagePosted: &eventsv1.MessagePosted{Text: text}}},
		{RequestId: twice, Event: added},
		{RequestId: twice, CommandDigest: digest, Event: added}, // this one is a note
		{RequestId: twice, CommandDigest: digest, Event: added},
	} {
		f.Id, f.Time = uuid.NewString(), timestamppb.Now()
		body, err := proto.Marshal(f)
		if err != nil {
			p.t.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	for i, body := range bodies {
		message := bus.Message{Subject: subject + ".own", Header: map[string]string{"note": text}, Data: body}
		if i == 0 {
			message.Subject = "private.omnia.nowhere"
		}
		if _, err := omnia.Publish(p.t.Context(), message); err != nil {
			p.t.Fatal(err)
		}
	}
	admin, as := adminv1.NewAdminServiceClient(tap), p.w.As(p.t, world.Operator())
	var letters []*adminv1.DeadLetter
	world.Await(p.t, "the dead letters", func() error {
		answer, err := admin.ListDeadLetters(as, &adminv1.ListDeadLettersRequest{})
		if letters = answer.GetDeadLetters(); err != nil || len(letters) < 4 {
			return world.Not("%d dead letters, %v", len(letters), err)
		}
		return nil
	})
	for _, l := range letters {
		if l.Handler != "notes" || l.Size != 0 || l.Subject != "" || strings.Contains(l.String(), p.request[len("cases/"):][:26]) {
			p.t.Errorf("an operator reads %v", l)
		}
	}
	_, err := admin.ReplayDeadLetter(as, &adminv1.ReplayDeadLetterRequest{RequestId: newID(), Sequence: letters[0].Sequence})
	world.Refused(p.t, err, codes.FailedPrecondition, "REPLAY_FAILED")
}

// staysIn looks for every marker in all that leaves the provider, while the hub
// runs and after it has stopped in good order.
func (p *planting) staysIn(all []*onlooker, taps []*world.Tap) {
	p.t.Helper()
	markers := append(append([]*world.Marker(nil), p.known...), p.lost...)
	var found []string
	for _, o := range all {
		for where, page := range o.visits(p.request, "chamber") {
			found = append(found, world.Found(where, page, markers)...)
		}
	}
	found = append(found, heard(taps, markers)...)
	// How many notes there are, projections and streams could tell by their names.
	counts := []*world.Marker{world.Mark("notes in a count", "omnia-notes"), world.Mark("private stream in a count", "PRIVATE_OMNIA")}
	// And so could metrics and logs that name the calls.
	calls := []*world.Marker{world.Mark("a note in a call", "ProviderService/AddNote"), world.Mark("notes in a call", "ProviderService/ListNotes")}
	found = append(found, measured(p.t, p.w, slices.Concat(counts, calls, markers))...)
	if !p.w.IsSingle() {
		found = append(found, streams(p.t, p.w, markers)...)
	}
	found = append(found, stopped(p.t, p.w, append(calls, markers...))...)
	for _, part := range []string{"omnia", "gateway"} {
		if !strings.Contains(p.w.Process(part).Log(), "ProviderService/ListRequests") {
			p.t.Errorf("%s logs too little to prove anything", part)
		}
	}
	for _, folder := range []string{p.w.Data, p.w.Log} {
		files, err := world.FoundInFiles(folder, p.private, markers)
		if err != nil {
			p.t.Fatal(err)
		}
		found = append(found, files...)
	}
	for _, leak := range found {
		p.t.Errorf("left the provider: %s", leak)
	}
}

// streams reads all that the hub may read in the log, but for the private stream
// of omnia.
func streams(t *testing.T, w *world.World, markers []*world.Marker) (found []string) {
	t.Helper()
	names := []string{
		bus.StreamCases, bus.StreamCompany, bus.StreamStaff, bus.StreamPeople, bus.StreamCatalogue, bus.StreamKeys, bus.StreamAccess, bus.StreamHeads, bus.StreamDead,
		"KV_" + bus.BucketHub, "KV_" + bus.BucketDrafts,
	}
	for _, party := range bus.Providers() {
		if party != "omnia" {
			names = append(names, bus.PrivateStream(party))
		}
	}
	hub := w.Bus(t, bus.Hub)
	for _, stream := range names {
		for _, ev := range everyEvent(t, hub, stream) {
			found = append(found, world.Found(fmt.Sprint(stream, " ", ev.Sequence), fmt.Appendf(ev.Data, "%s %v", ev.Subject, ev.Header), markers)...)
		}
	}
	return found
}

// everyEvent reads a stream to the end that it has.
func everyEvent(t *testing.T, b *bus.Bus, stream string) (all []bus.Event) {
	t.Helper()
	end := errors.New("the end")
	err := b.Follow(t.Context(), stream, 1, 100, func(_ context.Context, events []bus.Event) error {
		if len(events) == 0 {
			return end
		}
		all = append(all, events...)
		return nil
	})
	if !errors.Is(err, end) {
		t.Fatalf("read %s: %v", stream, err)
	}
	return all
}
