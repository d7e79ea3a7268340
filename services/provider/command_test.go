package provider_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/provider/conformance"
)

// request makes a request that the desk has read.
func request(t testing.TB, h *conformance.Hub, d *conformance.Desk, change func(*eventsv1.RequestMade)) name.Scope {
	t.Helper()
	scope, sequence := h.Request(key, "apprenticeship", change)
	d.Await(t, "a1", scope, sequence)
	return scope
}

func TestARepeatedCallAnswersAsTheFirst(t *testing.T) {
	h, d := open(t)
	scope := request(t, h, d, nil)
	pick := &providerv1.PickUpRequest{Name: scope.Resource(), RequestId: call()}
	first := must(d.PickUp(d.As("a1"), pick))(t)
	again := must(d.PickUp(d.As("a1"), pick))(t)
	if again.Revision != first.Revision || again.Request.Etag != first.Request.Etag {
		t.Errorf("the repeat answers %s, the call answered %s", again.Revision, first.Revision)
	}
	if facts := h.Facts(bus.StreamCases); len(facts) != 2 {
		t.Errorf("%d facts, want the request and one pick-up", len(facts))
	}
	_, err := d.Reply(d.As("a1"), &providerv1.ReplyRequest{Name: scope.Resource(), RequestId: pick.RequestId, Text: "Hello"})
	refused(t, "the same request_id for another call", err, codes.AlreadyExists, "REQUEST_ID_REUSED")
	renewed := must(d.PickUp(d.As("a1"), &providerv1.PickUpRequest{Name: scope.Resource(), RequestId: pick.RequestId, Etag: first.Request.Etag}))(t)
	if renewed.Revision != first.Revision {
		t.Errorf("the repeat that names the newest state answers %s, the call answered %s", renewed.Revision, first.Revision)
	}
}

func TestCommandsThatAreRefused(t *testing.T) {
	t.Parallel()
	h, d := open(t)
	scope := request(t, h, d, nil)
	fresh := must(d.GetRequest(d.As("a1"), &providerv1.GetRequestRequest{Name: scope.Resource()}))(t).Request
	must(d.PickUp(d.As("a1"), &providerv1.PickUpRequest{Name: scope.Resource(), RequestId: call()}))(t)
	reply := func(ctx context.Context, name, etag string) error {
		_, err := d.Reply(ctx, &providerv1.ReplyRequest{Name: name, RequestId: call(), Text: "Hello", Etag: etag})
		return err
	}
	err := reply(d.As("a1"), scope.Resource(), fresh.Etag)
	refused(t, "an etag of before", err, codes.Aborted, "STALE_ETAG")
	if problem.From(err).Metadata["etag"] == "" {
		t.Error("the newest etag is not told")
	}
	refused(t, "another advisor", reply(d.As("a2"), scope.Resource(), ""), codes.PermissionDenied, "NOT_YOUR_REQUEST")
	refused(t, "somebody who is not on the staff", reply(d.As("nobody"), scope.Resource(), ""), codes.PermissionDenied, "STAFF_UNKNOWN")
	_, err = d.Decline(d.As("a1"), &providerv1.DeclineRequest{Name: scope.Resource(), RequestId: call(), Text: "No"})
	refused(t, "a decline without a reason", err, codes.InvalidArgument, "INVALID_FIELDS")
	_, err = d.Assign(d.As("a1"), &providerv1.AssignRequest{Name: scope.Resource(), RequestId: call(), Advisor: parent + "/advisors/a2"})
	refused(t, "an advisor who assigns", err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
	for _, advisor := range []string{parent + "/advisors/nobody", "providers/chamber/advisors/a1"} {
		_, err = d.Assign(d.AsLead("lead"), &providerv1.AssignRequest{Name: scope.Resource(), RequestId: call(), Advisor: advisor})
		refused(t, "an assignment to "+advisor, err, codes.InvalidArgument, "ADVISOR_UNKNOWN")
	}
	_, err = d.Refer(d.As("a1"), &providerv1.ReferRequest{
		Name: scope.Resource(), RequestId: call(), Service: parent + "/services/apprenticeship",
		Reason: casesv1.ReferralReason_REFERRAL_REASON_EXPERTISE, Text: "Better there",
	})
	refused(t, "a referral to oneself", err, codes.InvalidArgument, "OWN_SERVICE")
	must(d.Complete(d.As("a1"), &providerv1.CompleteRequest{Name: scope.Resource(), RequestId: call(), Summary: "Done"}))(t)
	refused(t, "a reply after the end", reply(d.As("a1"), scope.Resource(), ""), codes.FailedPrecondition, "STATE_FORBIDS")
}

// A request of others must look exactly like one that does not exist.
func TestOthersRequestsDoNotExist(t *testing.T) {
	h, d := open(t)
	own := request(t, h, d, nil).Resource()
	other := strings.Replace(own, "omnia-1", "chamber-1", 1)
	random := name.Request(h.Case(), key, 1)
	get := func(ctx context.Context, name string) error {
		_, err := d.GetRequest(ctx, &providerv1.GetRequestRequest{Name: name})
		return err
	}
	text := func(err error, name string) string {
		return strings.ReplaceAll(status.Convert(err).Message(), name, "NAME")
	}
	want := get(d.As("a1"), random)
	refused(t, "a random id", want, codes.NotFound, "REQUEST_NOT_FOUND")
	for what, err := range map[string]struct {
		err  error
		name string
	}{
		"another provider's request":             {get(d.As("a1"), other), other},
		"a request, for another provider":        {get(d.AsStranger(), own), own},
		"a random request, for another provider": {get(d.AsStranger(), random), random},
	} {
		if got := text(err.err, err.name); got != text(want, random) || status.Code(err.err) != codes.NotFound {
			t.Errorf("%s: %q, a random id gets %q", what, got, text(want, random))
		}
	}
	_, err := d.PickUp(d.AsStranger(), &providerv1.PickUpRequest{Name: own, RequestId: call()})
	refused(t, "a pick-up by another provider", err, codes.NotFound, "REQUEST_NOT_FOUND")
	_, err = d.ListRequests(d.AsStranger(), &providerv1.ListRequestsRequest{Parent: parent})
	refused(t, "the inbox, for another provider", err, codes.PermissionDenied, "OTHER_PROVIDER")
	_, err = d.ListRequests(d.As("a1"), &providerv1.ListRequestsRequest{Parent: "providers/chamber"})
	refused(t, "another provider's inbox", err, codes.NotFound, "PROVIDER_NOT_FOUND")
}

func TestWhoLeavesMayDoNothing(t *testing.T) {
	h, d := open(t)
	scope := request(t, h, d, nil)
	must(d.PickUp(d.As("a1"), &providerv1.PickUpRequest{Name: scope.Resource(), RequestId: call()}))(t)
	h.Dismiss(key, "a1")
	deadline := time.Now().Add(20 * time.Second)
	for {
		_, err := d.Reply(d.As("a1"), &providerv1.ReplyRequest{Name: scope.Resource(), RequestId: call(), Text: "Hello"})
		if err != nil {
			refused(t, "who has left", err, codes.PermissionDenied, "STAFF_UNKNOWN")
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("who has left may still reply")
		}
	}
	got := must(d.GetRequest(d.As("a2"), &providerv1.GetRequestRequest{Name: scope.Resource()}))(t)
	if a := got.Request.Advisor; a.Name != parent+"/advisors/a1" || a.DisplayName != "" {
		t.Errorf("the request shows %v, want the advisor without the name", a)
	}
	reassigned := must(d.Assign(d.AsLead("lead"), &providerv1.AssignRequest{Name: scope.Resource(), RequestId: call(), Advisor: parent + "/advisors/a2"}))(t)
	if a := reassigned.Request.Advisor; a.DisplayName != "Advisor a2" || len(a.Languages) != 1 || a.Languages[0] != "sv" {
		t.Errorf("reassigned to %v", a)
	}
}

// A fact says who, for whom, on what basis, and holds on to the one before it.
func TestWhatAFactSaysOfItsCall(t *testing.T) {
	h, d := open(t)
	scope := request(t, h, d, nil)
	id := call()
	must(d.PickUp(d.As("a1"), &providerv1.PickUpRequest{Name: scope.Resource(), RequestId: id}))(t)
	facts := h.Facts(bus.StreamCases)
	f, _, err := fact.Decode(facts[1])
	if err != nil {
		t.Fatal(err)
	}
	actor := f.Actor
	if actor.Person != "person-omnia-a1" || actor.Provider != key || actor.Advisor != "a1" || actor.Role != policyv1.Role_ROLE_ADVISOR ||
		actor.Party != casesv1.Party_PARTY_PROVIDER || actor.LegalEntity != "0502454-6" {
		t.Errorf("actor %v", actor)
	}
	if f.RequestId != id || len(f.CommandDigest) != 32 || f.Basis.GetKind() == "" || f.TraceParent == "" || !f.Time.AsTime().Equal(h.Now()) {
		t.Errorf("envelope %v", f)
	}
	if want := fact.Hash(facts[0].Subject, facts[0].Data); string(f.PreviousHash) != string(want) {
		t.Errorf("previous hash %x, want %x", f.PreviousHash, want)
	}
	if facts[1].Subject != scope.Subject(name.ByOwn) || facts[1].Header["ce-source"] != "urn:businessespoo:omnia" {
		t.Errorf("on %s from %s", facts[1].Subject, facts[1].Header["ce-source"])
	}
}

func TestCallsRightAfterAnotherNeedNotWait(t *testing.T) {
	h, d := open(t)
	scope := request(t, h, d, nil)
	must(d.PickUp(d.As("a1"), &providerv1.PickUpRequest{Name: scope.Resource(), RequestId: call()}))(t)
	for range 20 {
		must(d.Reply(d.As("a1"), &providerv1.ReplyRequest{Name: scope.Resource(), RequestId: call(), Text: "On and on"}))(t)
	}
	last := must(d.Complete(d.As("a1"), &providerv1.CompleteRequest{Name: scope.Resource(), RequestId: call(), Summary: "Done"}))(t)
	got := must(d.GetRequest(d.As("a1"), &providerv1.GetRequestRequest{Name: scope.Resource(), MinRevision: last.Revision}))(t)
	if len(got.Timeline) != 23 || got.Request.Status != casesv1.RequestStatus_REQUEST_STATUS_COMPLETED {
		t.Errorf("%d entries, %s", len(got.Timeline), got.Request.Status)
	}
}
