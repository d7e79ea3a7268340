package gateway_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/gateway"
	"github.com/businessespoo/hub/gateway/api"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
)

// telling opens a case on behalf of the bakery, as Omnia does.
func telling(services ...string) *providerv1.OpenCaseOnBehalfRequest {
	req := &providerv1.OpenCaseOnBehalfRequest{
		Parent: name.Provider("omnia"), RequestId: uuid.NewString(), Company: &casesv1.Company{Id: bakery}, NeedText: "Soitti ja kysyi",
		Kind: casesv1.ContactKind_CONTACT_KIND_CALL,
	}
	for _, short := range services {
		req.Services = append(req.Services, &providerv1.Choice{Service: serviceName(short)})
	}
	return req
}

// ask puts the question to the hub as a party, over the bus.
func (w *world) ask(party string, ask *providerv1.OpenOnBehalfAsk) (*providerv1.OpenCaseOnBehalfResponse, error) {
	w.t.Helper()
	body, err := proto.Marshal(ask)
	must(w.t, err)
	data, err := w.parties[party].Ask(w.t.Context(), api.TopicOpenCase, body)
	must(w.t, err)
	answer := &providerv1.OpenOnBehalfAnswer{}
	must(w.t, proto.Unmarshal(data, answer))
	if len(answer.Status) == 0 {
		return answer.Response, nil
	}
	refused := &spb.Status{}
	must(w.t, proto.Unmarshal(answer.Status, refused))
	return nil, status.FromProto(refused).Err()
}

var caller = &eventsv1.Actor{Person: "advisor-1", Advisor: "a1", Role: policyv1.Role_ROLE_ADVISOR, Party: casesv1.Party_PARTY_HUB, Provider: "chamber"}

func TestOnBehalf(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	ask := &providerv1.OpenOnBehalfAsk{Actor: caller, Request: telling("chamber/co", "omnia/apprenticeship", "espoo-city/pilot")}
	told := get[*providerv1.OpenCaseOnBehalfResponse](t)(w.ask("omnia", ask))
	if told.ConfirmBy != "2026-12-07" || told.Request != told.CaseName+"/requests/omnia-1" {
		t.Errorf("the provider is told %v", told)
	}
	again := get[*providerv1.OpenCaseOnBehalfResponse](t)(w.ask("omnia", ask))
	if diff := cmp.Diff(bytesOf(t, told), bytesOf(t, again)); diff != "" {
		t.Errorf("the same question again\n%s", diff)
	}
	other := proto.CloneOf(ask)
	other.Request.NeedText = "Something else"
	_, err := w.ask("omnia", other)
	refused(t, err, codes.AlreadyExists, "REQUEST_ID_REUSED")

	// It stays with that provider until the company confirms.
	id := told.CaseName[len("cases/"):]
	w.made(id, 1)
	c := n.read(me, told.CaseName)
	want := map[string]casesv1.RequestStatus{"omnia": casesv1.RequestStatus_REQUEST_STATUS_NEW, "chamber": casesv1.RequestStatus_REQUEST_STATUS_PLANNED, "espoo-city": casesv1.RequestStatus_REQUEST_STATUS_PLANNED}
	for provider, status := range want {
		if r := request(t, c, provider); r.Status != status || !r.Unconfirmed {
			t.Errorf("before confirming %s is %s, unconfirmed %v", r.Name, r.Status, r.Unconfirmed)
		}
	}
	if c.Status != casesv1.CaseStatus_CASE_STATUS_UNCONFIRMED || c.OpenedOnBehalfBy != "providers/omnia" || !slices.Equal(n.list(me, &casesv1.ListCasesRequest{AsksMe: true}), []string{c.Name}) {
		t.Errorf("the case is %s, by %s, and asks %v", c.Status, c.OpenedOnBehalfBy, c.Asks)
	}
	_, err = n.cases.PostMessage(me, &casesv1.PostMessageRequest{Name: request(t, c, "chamber").Name, RequestId: uuid.NewString(), Text: "Hei"})
	refused(t, err, codes.FailedPrecondition, "STATE_FORBIDS")
	if opened, _, err := fact.Decode(w.facts(w.record.all(), id, func(f *eventsv1.Fact) bool { return f.GetCaseOpened() != nil })[0]); err != nil ||
		opened.Actor.Provider != "omnia" || opened.Actor.Party != casesv1.Party_PARTY_PROVIDER || opened.Actor.Representation != "staff_assisted" {
		t.Errorf("the fact says that %v opened it", opened.GetActor())
	}

	confirm := &casesv1.ConfirmCaseRequest{Name: c.Name, RequestId: uuid.NewString(), Consents: []*casesv1.Consent{consent("omnia"), consent("chamber")}}
	_, err = n.cases.ConfirmCase(me, confirm)
	refused(t, err, codes.InvalidArgument, "CONSENT_MISSING")
	confirm.Consents = append(confirm.Consents, consent("espoo-city"))
	w.clock.days(3)
	get[*casesv1.ConfirmCaseResponse](t)(n.cases.ConfirmCase(me, confirm))
	get[*casesv1.ConfirmCaseResponse](t)(n.cases.ConfirmCase(me, confirm))
	w.made(id, 3)
	w.until("the first request is confirmed", func(events []bus.Event) bool {
		return len(w.facts(events, id, func(f *eventsv1.Fact) bool { return f.GetRequestConfirmed() != nil })) == 1
	})
	c = n.read(me, told.CaseName)
	for _, r := range c.Requests {
		if r.Status != casesv1.RequestStatus_REQUEST_STATUS_NEW || r.Unconfirmed {
			t.Errorf("after confirming %s is %s, unconfirmed %v", r.Name, r.Status, r.Unconfirmed)
		}
	}
	after := get[*providerv1.OpenCaseOnBehalfResponse](t)(w.ask("omnia", ask))
	if after.ConfirmBy != told.ConfirmBy || after.CaseName != told.CaseName {
		t.Errorf("the same question after confirming: %v", after)
	}
}

// What comes over the bus has passed no server that holds it to the contract.
func TestOnBehalfRefuses(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	for what, test := range map[string]struct {
		party  string
		change func(*providerv1.OpenOnBehalfAsk)
		code   codes.Code
		reason string
	}{
		"another provider's name": {"chamber", func(*providerv1.OpenOnBehalfAsk) {}, codes.PermissionDenied, "OTHER_PROVIDER"},
		"no request":              {"omnia", func(a *providerv1.OpenOnBehalfAsk) { a.Request = nil }, codes.PermissionDenied, "OTHER_PROVIDER"},
		"no company":              {"omnia", func(a *providerv1.OpenOnBehalfAsk) { a.Request.Company = nil }, codes.InvalidArgument, "CASE_INVALID"},
		"wrong company":           {"omnia", func(a *providerv1.OpenOnBehalfAsk) { a.Request.Company.Id = "1" }, codes.InvalidArgument, "CASE_INVALID"},
		"no request_id":           {"omnia", func(a *providerv1.OpenOnBehalfAsk) { a.Request.RequestId = "" }, codes.InvalidArgument, "CASE_INVALID"},
		"no services":             {"omnia", func(a *providerv1.OpenOnBehalfAsk) { a.Request.Services = nil }, codes.InvalidArgument, "CASE_INVALID"},
		"none of its own":         {"omnia", func(a *providerv1.OpenOnBehalfAsk) { a.Request.Services[0].Service = serviceName("chamber/co") }, codes.InvalidArgument, "CASE_INVALID"},
		"an empty service":        {"omnia", func(a *providerv1.OpenOnBehalfAsk) { a.Request.Services[0] = &providerv1.Choice{} }, codes.InvalidArgument, "CASE_INVALID"},
		"too many services": {"omnia", func(a *providerv1.OpenOnBehalfAsk) {
			for range 30 {
				a.Request.Services = append(a.Request.Services, a.Request.Services[0])
			}
		}, codes.InvalidArgument, "CASE_INVALID"},
		"a long title": {"omnia", func(a *providerv1.OpenOnBehalfAsk) { a.Request.Title = string(make([]byte, 121)) }, codes.InvalidArgument, "CASE_INVALID"},
	} {
		ask := &providerv1.OpenOnBehalfAsk{Actor: caller, Request: telling("omnia/apprenticeship")}
		test.change(ask)
		_, err := w.ask(test.party, ask)
		if got, _ := reasonOf(err); status.Code(err) != test.code || got != test.reason {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := w.parties["omnia"].Ask(t.Context(), api.TopicOpenCase, []byte{0xff}); err == nil {
		t.Error("a question of no form was answered")
	}
	// Without an actor the case is opened by the provider.
	told := get[*providerv1.OpenCaseOnBehalfResponse](t)(w.ask("omnia", &providerv1.OpenOnBehalfAsk{Request: telling("omnia/apprenticeship")}))
	w.made(told.CaseName[len("cases/"):], 1)
	if got := len(w.record.all()); got != 2 {
		t.Errorf("the log holds %d facts, want those of one case", got)
	}
	must(t, n.gateway.Check(t.Context()))
}

// A catalogue's version is asked for by its provider, who publishes only another.
func TestCatalogueVersion(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	version := get[[]byte](t)(w.parties["omnia"].Ask(t.Context(), api.TopicCatalogueVersion, nil))
	shown := get[[]byte](t)(w.parties["chamber"].Ask(t.Context(), api.TopicCatalogueVersion, nil))
	if len(version) == 0 || string(version) == string(shown) {
		t.Errorf("versions %q and %q", version, shown)
	}
	provider, err := n.catalogue.GetProvider(t.Context(), getProvider("omnia"))
	must(t, err)
	if provider.Provider.CatalogueVersion != string(version) {
		t.Errorf("shown %s, told %s", provider.Provider.CatalogueVersion, version)
	}
}

// A provider refers to services of others, which the hub knows.
func TestOffered(t *testing.T) {
	w := newWorld(t)
	w.start()
	for service, reason := range map[string]string{
		"chamber/co": "", "omnia/recruit-training": "", "omnia/none": "not offered", "yritysespoo/old-course": "not offered",
		"employment/recruit-training": "joint service led by omnia",
	} {
		why := get[[]byte](t)(w.parties["chamber"].Ask(t.Context(), api.TopicOffered, []byte(serviceName(service))))
		if (len(why) == 0) != (reason == "") || !strings.Contains(string(why), reason) {
			t.Errorf("%s: %q, want %q", service, why, reason)
		}
	}
}

// ticking gateways look at the dates all the time.
func ticking(o *gateway.Options) { o.Tick = 5 * time.Millisecond }

func isLapsed(f *eventsv1.Fact) bool    { return f.GetCaseLapsed() != nil }
func isDueSoon(f *eventsv1.Fact) bool   { return f.GetRequestDueSoon() != nil }
func isOverdue(f *eventsv1.Fact) bool   { return f.GetRequestOverdue() != nil }
func isWithdrawn(f *eventsv1.Fact) bool { return f.GetRequestWithdrawn() != nil }

func TestLapse(t *testing.T) {
	w := newWorld(t)
	n, _ := w.start(ticking), w.start(ticking)
	me := w.company("p1", bakery)
	told := get[*providerv1.OpenCaseOnBehalfResponse](t)(w.ask("omnia", &providerv1.OpenOnBehalfAsk{Actor: caller, Request: telling("omnia/apprenticeship", "chamber/co")}))
	id := told.CaseName[len("cases/"):]
	w.made(id, 1)
	w.clock.days(14) // the last day
	late := get[*providerv1.OpenCaseOnBehalfResponse](t)(w.ask("omnia", &providerv1.OpenOnBehalfAsk{Actor: caller, Request: telling("omnia/apprenticeship")}))
	w.made(late.CaseName[len("cases/"):], 1)
	if lapsed := w.facts(w.record.all(), id, isLapsed); len(lapsed) != 0 {
		t.Fatal("it lapsed on its last day")
	}
	w.clock.days(1)
	w.until("it lapses and its request ends", func(events []bus.Event) bool {
		return len(w.facts(events, id, isLapsed)) == 1 && len(w.facts(events, id, isWithdrawn)) == 1
	})
	c := n.read(me, told.CaseName)
	if c.Status != casesv1.CaseStatus_CASE_STATUS_LAPSED || c.ClosedAt == nil || len(c.Asks) != 0 {
		t.Errorf("the case is %s and asks %v", c.Status, c.Asks)
	}
	for _, r := range c.Requests {
		if r.Status != casesv1.RequestStatus_REQUEST_STATUS_WITHDRAWN || r.EndedAt == nil {
			t.Errorf("%s is %s", r.Name, r.Status)
		}
	}
	_, err := n.cases.ConfirmCase(me, &casesv1.ConfirmCaseRequest{Name: c.Name, RequestId: uuid.NewString(), Consents: []*casesv1.Consent{consent("omnia"), consent("chamber")}})
	refused(t, err, codes.FailedPrecondition, "STATE_FORBIDS")
	if got := n.read(me, late.CaseName).Status; got != casesv1.CaseStatus_CASE_STATUS_UNCONFIRMED {
		t.Errorf("the case of yesterday is %s", got)
	}
	// Nothing reached the other provider, ever, and nothing was told twice.
	for _, e := range w.facts(w.record.all(), id, func(*eventsv1.Fact) bool { return true }) {
		if scope, _, err := name.ParseSubject(e.Subject); err != nil || scope.Party == "chamber" {
			t.Errorf("a fact reached the chamber: %s", e.Subject)
		}
	}
	if got := len(w.facts(w.record.all(), id, isLapsed)); got != 1 {
		t.Errorf("it lapsed %d times", got)
	}
}

// Of a due date is told once, however many gateways look at it, and not while the
// company is waited for.
func TestDueDates(t *testing.T) {
	w := newWorld(t)
	n, _ := w.start(ticking), w.start(ticking)
	me := w.company("p1", bakery)
	c := n.open(me, opening(bakery, "espoo-city/pilot", "enter-espoo/landing", "yritysespoo/start-info"))
	id := idOf(c)
	pilot := scopeOf(t, request(t, c, "espoo-city").Name)
	if due := request(t, c, "espoo-city").DueDate; due != "2026-12-07" || request(t, c, "yritysespoo").DueDate != "" {
		t.Fatalf("due %s", due)
	}
	count := func(fits func(*eventsv1.Fact) bool, provider string) func(events []bus.Event) int {
		return func(events []bus.Event) int {
			return len(slices.DeleteFunc(w.facts(events, id, fits), func(e bus.Event) bool {
				scope, _, err := name.ParseSubject(e.Subject)
				return err != nil || scope.Party != provider
			}))
		}
	}
	once := func(what string, fits func(*eventsv1.Fact) bool, provider string) {
		t.Helper()
		w.until(what, func(events []bus.Event) bool { return count(fits, provider)(events) == 1 })
	}
	// The city waits for the company from the third day on; the other one works.
	w.clock.days(2)
	w.desk(pilot, casework.PickUp{})
	w.desk(pilot, casework.AskSupplement{Question: "Mitä?", DueDate: "2026-12-20"})
	n.read(me, c.Name)
	w.clock.days(10) // two days before the date
	once("the one that works is warned", isDueSoon, "enter-espoo")
	w.clock.days(3) // past it
	once("the one that works is overdue", isOverdue, "enter-espoo")
	if soon, over := count(isDueSoon, "espoo-city")(w.record.all()), count(isOverdue, "espoo-city")(w.record.all()); soon+over != 0 {
		t.Errorf("the city was told %d and %d times while it waited for the company", soon, over)
	}
	// The answer moves its date by the 13 days waited; then it is told of that one.
	answered := get[*casesv1.AnswerSupplementResponse](t)(n.cases.AnswerSupplement(me, &casesv1.AnswerSupplementRequest{Name: pilot.Resource(), RequestId: uuid.NewString(), Number: 1, Text: "Tätä"}))
	if answered.Request.DueDate != "2026-12-20" {
		t.Errorf("due %s after waiting", answered.Request.DueDate)
	}
	w.clock.days(10)
	once("the city is warned", isDueSoon, "espoo-city")
	w.clock.days(10)
	once("the city is overdue", isOverdue, "espoo-city")
	c = n.read(me, c.Name)
	if !request(t, c, "espoo-city").Overdue || !request(t, c, "enter-espoo").Overdue || request(t, c, "yritysespoo").Overdue {
		t.Errorf("overdue: %v", c.Requests)
	}
	// Some ticks later there is still one of each.
	w.desk(pilot, casework.Reply{Text: "Anteeksi"})
	n.read(me, c.Name)
	for provider, want := range map[string]int{"espoo-city": 1, "enter-espoo": 1, "yritysespoo": 0} {
		if soon, over := count(isDueSoon, provider)(w.record.all()), count(isOverdue, provider)(w.record.all()); soon != want || over != want {
			t.Errorf("%s was told %d and %d times, want %d", provider, soon, over, want)
		}
	}
}

// A request with so short a term that the warning would come with it is not warned.
func TestShortTermsAreNotWarned(t *testing.T) {
	w := newWorld(t)
	n := w.start(ticking)
	me := w.company("p1", bakery)
	w.clock.days(3)
	long := n.open(me, opening(bakery, "enter-espoo/landing"))
	w.clock.days(11)
	short := n.open(me, opening(bakery, "chamber/co"))
	if due := short.Requests[0].DueDate + " " + long.Requests[0].DueDate; due != "2026-12-09 2026-12-10" {
		t.Fatalf("due %s", due)
	}
	n.list(me, nil) // both are in the file
	w.clock.days(1)
	soon := func(c *casesv1.Case, events []bus.Event) int { return len(w.facts(events, idOf(c), isDueSoon)) }
	w.until("the long one is warned", func(events []bus.Event) bool { return soon(long, events) == 1 })
	if got := soon(short, w.record.all()); got != 0 {
		t.Errorf("the short one was warned %d times", got)
	}
}
