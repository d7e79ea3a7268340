package gateway_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
)

// answers are all that a gateway answers to who may ask, byte by byte.
func (n *node) answers(people map[string]context.Context, drafts ...string) map[string]string {
	t := n.w.t
	t.Helper()
	all := map[string]string{}
	keep := func(what string, m proto.Message) { all[what] = bytesOf(t, m) }
	for who, ctx := range people {
		list := get[*casesv1.ListCasesResponse](t)(n.cases.ListCases(ctx, &casesv1.ListCasesRequest{PageSize: 100, MinRevision: n.w.now()}))
		keep(who+" lists", list)
		keep(who+" lists what asks", get[*casesv1.ListCasesResponse](t)(n.cases.ListCases(ctx, &casesv1.ListCasesRequest{AsksMe: true})))
		keep(who+" searches", get[*casesv1.ListCasesResponse](t)(n.cases.ListCases(ctx, &casesv1.ListCasesRequest{Query: "leipomo tunti"})))
		for _, c := range list.Cases {
			keep(who+" reads "+c.Name, get[*casesv1.GetCaseResponse](t)(n.cases.GetCase(ctx, &casesv1.GetCaseRequest{Name: c.Name})))
		}
	}
	for _, key := range drafts {
		keep("draft "+key, get[*casesv1.GetDraftResponse](t)(n.cases.GetDraft(people["owner"], &casesv1.GetDraftRequest{Key: key})))
	}
	return all
}

// A gateway whose view was deleted, and a new one beside it, answer what the first
// one did: byte by byte, with drafts, the names of staff, and codes and secrets.
func TestRebuildAnswersTheSame(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me, other := w.company("p1", bakery), w.company("p2", garage)
	for advisor, role := range map[string]policyv1.Role{"a1": policyv1.Role_ROLE_ADVISOR, "a2": policyv1.Role_ROLE_LEAD} {
		get[*adminv1.AddStaffResponse](t)(n.admin.AddStaff(w.operator(), &adminv1.AddStaffRequest{
			RequestId: uuid.NewString(), Parent: "providers/omnia", AdvisorId: advisor, DisplayName: "Advisor " + advisor, Role: role, Languages: []string{"fi"},
		}))
	}
	c := n.open(me, opening(bakery, append([]string{"omnia/recruit-training", "employment/pay-subsidy"}, seven...)...))
	w.live(n, me, c)
	n.open(me, opening(bakery, "yritysespoo/start-info"))
	n.open(other, opening(garage, "espoon-yrittajat/ownership"))
	nameless := opening("", "chamber/co")
	secret := get[*casesv1.OpenCaseResponse](t)(n.cases.OpenCase(t.Context(), nameless))
	w.made(idOf(secret.Case), 1)
	get[*casesv1.SaveDraftResponse](t)(n.cases.SaveDraft(me, &casesv1.SaveDraftRequest{RequestId: uuid.NewString(), Draft: &casesv1.Draft{Key: "bakery", Content: "half a case"}}))
	w.put(w.parties["omnia"], scopeOf(t, request(t, c, "omnia").Name).Subject("own"), []byte{0xff}) // and one that is no good

	people := map[string]context.Context{"owner": me, "other": other, "holder": w.holder(secret.Case.Code, secret.Secret)}
	before := n.answers(people, "bakery")
	n.stop()

	for _, file := range get[[]string](t)(filepath.Glob(filepath.Join(n.dir, "*"))) {
		must(t, os.Remove(file))
	}
	n = w.startIn(n.dir)
	w.eventually("the staff are known", func() bool { return len(cmp.Diff(before, n.answers(people, "bakery"))) == 0 })
	if diff := cmp.Diff(before, n.answers(people, "bakery")); diff != "" {
		t.Errorf("answers differ after the view was deleted:\n%s", diff)
	}
	n.stop()
	n = w.startIn(n.dir) // with the file that is there
	if diff := cmp.Diff(before, n.answers(people, "bakery")); diff != "" {
		t.Errorf("answers differ after a restart:\n%s", diff)
	}
	second := w.start()
	if diff := cmp.Diff(before, second.answers(people, "bakery")); diff != "" {
		t.Errorf("a second gateway answers differently:\n%s", diff)
	}
	again := get[*casesv1.OpenCaseResponse](t)(second.cases.OpenCase(t.Context(), nameless))
	if again.Secret != secret.Secret || again.Case.Name != secret.Case.Name {
		t.Error("a second gateway answers the same call with another case or secret")
	}
}

// While a gateway reads the log it does not answer from what it has read so far:
// a case or a service would seem not to exist.
func TestNothingIsAnsweredFromHalfALog(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	first := n.open(me, opening(bakery, seven...))
	last := first
	for range 50 {
		last = n.open(me, opening(bakery, seven...))
	}
	n.stop()
	for _, file := range get[[]string](t)(filepath.Glob(filepath.Join(n.dir, "*"))) {
		must(t, os.Remove(file))
	}
	n = w.launch(n.dir)
	w.eventually("it answers", func() bool {
		_, err := n.catalogue.GetService(t.Context(), getService("chamber/co"))
		if status.Code(err) != codes.Unavailable {
			must(t, err)
		}
		return err == nil
	})
	for range 20 {
		list := get[*casesv1.ListCasesResponse](t)(n.cases.ListCases(me, &casesv1.ListCasesRequest{PageSize: 100}))
		if len(list.Cases) != 51 {
			t.Fatalf("%d cases are listed, want 51", len(list.Cases))
		}
		for _, c := range []*casesv1.Case{last, first} {
			if got := n.read(me, c.Name); len(got.Requests) != len(seven) {
				t.Fatalf("%d requests of %s are shown, want %d", len(got.Requests), c.Name, len(seven))
			}
		}
	}
}

// live plays a life of many kinds of facts.
func (w *world) live(n *node, me context.Context, c *casesv1.Case) {
	t := w.t
	t.Helper()
	city, omnia := scopeOf(t, request(t, c, "espoo-city").Name), scopeOf(t, request(t, c, "omnia").Name)
	for _, r := range c.Requests {
		w.desk(scopeOf(t, r.Name), casework.PickUp{})
	}
	w.desk(city, casework.AskSupplement{Question: "Montako tuntia?", DueDate: "2026-12-10"})
	w.desk(city, casework.Refer{Provider: "enter-espoo", Service: "landing", Reason: 1, Text: "He auttavat", Handover: "Leipomo, 200 neliötä"})
	w.desk(omnia, casework.Reply{Text: "Hei"})
	w.clock.days(3)
	get[*casesv1.AnswerSupplementResponse](t)(n.cases.AnswerSupplement(me, &casesv1.AnswerSupplementRequest{Name: city.Resource(), RequestId: uuid.NewString(), Number: 1, Text: "30 tuntia"}))
	get[*casesv1.AnswerReferralResponse](t)(n.cases.AnswerReferral(me, &casesv1.AnswerReferralRequest{
		Name: city.Resource(), RequestId: uuid.NewString(), Number: 1, Agree: true, Consents: []*casesv1.Consent{consent("enter-espoo")},
	}))
	w.until("the answer is with the request", func(events []bus.Event) bool { return len(w.facts(events, idOf(c), isReferralAnswer)) == 2 })
	w.desk(omnia, casework.Decide{Decision: &casesv1.Decision{Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: "Koulutus", Reasons: "Sopii", AmountCents: 400_000_00}})
	w.desk(omnia, casework.Complete{Summary: "Valmis"})
	get[*casesv1.RateRequestResponse](t)(n.cases.RateRequest(me, &casesv1.RateRequestRequest{Name: omnia.Resource(), RequestId: uuid.NewString(), Stars: 5, Comment: "Hyvä"}))
	get[*casesv1.WithdrawRequestResponse](t)(n.cases.WithdrawRequest(me, &casesv1.WithdrawRequestRequest{Name: request(t, c, "chamber").Name, RequestId: uuid.NewString(), Reason: "Ei enää"}))
}
