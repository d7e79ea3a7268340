package chaos

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
	"github.com/businessespoo/hub/services/kit/name"
)

// publish appends what no part of the hub would, as a party that may write there,
// while the hub is stopped.
func publish(t *testing.T, data, party, subject string, body []byte) {
	t.Helper()
	server, err := embedded.Start(embedded.Options{Dir: data, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Shutdown()
	b, err := bus.Connect(t.Context(), server.BusOptions(party))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.Publish(t.Context(), bus.Message{Subject: subject, Data: body}); err != nil {
		t.Fatal(err)
	}
}

// half plays one case up to the pick up of its first request, so that there is
// something to go on with.
func half(ctx context.Context, t *testing.T, re reader) name.Scope {
	t.Helper()
	key := name.Providers[2]
	answer, err := re.cases.OpenCase(re.people.company(ctx, "checker"), &casesv1.OpenCaseRequest{
		RequestId: uuid.NewString(), Company: &casesv1.Company{Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID, Id: companyID},
		NeedText: "Tarvitsemme apua", Language: "fi",
		Services: []*casesv1.ServiceChoice{{Service: name.Service(key, asked[2].service), Inputs: asked[2].inputs}},
		Consents: []*casesv1.Consent{{Provider: name.Provider(key), TextVersion: "2026-11"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	scope, err := name.ParseRequest(answer.Case.Name + "/requests/" + key + "-1")
	if err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); ; {
		_, err := re.desks.PickUp(re.people.advisor(ctx, key, advisors[0]), &providerv1.PickUpRequest{Name: scope.Resource(), RequestId: uuid.NewString()})
		if err == nil {
			return scope
		}
		if time.Since(began) > arrivalPatience {
			t.Fatal(err)
		}
		if err := rest(ctx, retryPause); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPoison puts events that make no sense into the log: in a request's scope as
// its own provider, and in a case's scope as the hub. They end among the dead
// letters of everybody who reads them, and everybody goes on, with that very
// request too.
func TestPoison(t *testing.T) {
	ctx := t.Context()
	p := play(t, dice(t), 300*time.Millisecond)
	re := reader{begin(t, p.hub, newLine()), openPeople(t, p.data)}
	scope := half(ctx, t, re)
	if err := p.hub.stop(); err != nil {
		t.Fatal(err)
	}
	publish(t, p.data, scope.Party, scope.Subject(name.ByOwn), []byte("\xff\xff\xff no fact at all"))
	publish(t, p.data, bus.Hub, name.CaseScope(scope.Case).Subject(name.ByHub), []byte("\xff\xff\xff nor this"))
	re = reader{begin(t, p.hub, newLine()), re.people}
	list := func() string {
		out, err := p.hub.command(ctx, "dead-letters", "list", "--data", p.data, "--gateway", p.hub.said.grpc)
		if err != nil {
			t.Fatalf("hub dead-letters list: %v\n%s", err, out)
		}
		return out
	}
	type letter struct{ party, handler, subject string }
	// The hub reads both, the provider its own.
	wanted := []letter{
		{bus.Hub, "view", scope.Subject(name.ByOwn)},
		{bus.Hub, "view", name.CaseScope(scope.Case).Subject(name.ByHub)},
		{scope.Party, "inbox", scope.Subject(name.ByOwn)},
	}
	for began := time.Now(); ; {
		missing, out := []letter(nil), list()
		for _, want := range wanted {
			if !strings.Contains(strings.Join(strings.Fields(out), " "), want.party+" "+want.handler+" ") || !strings.Contains(out, " "+want.subject+" ") {
				missing = append(missing, want)
			}
		}
		if len(missing) == 0 {
			break
		}
		if time.Since(began) > callPatience {
			t.Fatalf("no dead letters %v:\n%s", missing, out)
		}
		if err := rest(ctx, 20*retryPause); err != nil {
			t.Fatal(err)
		}
	}
	as := re.people.advisor(ctx, scope.Party, advisors[0])
	if _, err := re.desks.Reply(as, &providerv1.ReplyRequest{Name: scope.Resource(), RequestId: uuid.NewString(), Text: "Jatketaan"}); err != nil {
		t.Errorf("the request with the poison: %v", err)
	}
	done, err := re.desks.Complete(as, &providerv1.CompleteRequest{Name: scope.Resource(), RequestId: uuid.NewString(), Summary: "Valmis"})
	if err != nil {
		t.Fatal(err)
	}
	me := re.people.company(ctx, "checker")
	got, err := re.cases.GetCase(me, &casesv1.GetCaseRequest{Name: name.Case(scope.Case), MinRevision: done.Revision})
	if err != nil || got.Case.Requests[0].Status != casesv1.RequestStatus_REQUEST_STATUS_COMPLETED {
		t.Errorf("the company sees %v, %v", got, err)
	}
	if _, err := re.cases.CloseCase(me, &casesv1.CloseCaseRequest{Name: name.Case(scope.Case), RequestId: uuid.NewString()}); err != nil {
		t.Errorf("the case with the poison: %v", err)
	}
	report(t, check(ctx, re, p.calls, busy)) // busy: there is one case more
	half(ctx, t, re)                         // new cases reach their inboxes
}
