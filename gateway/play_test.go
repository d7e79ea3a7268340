package gateway_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/gateway/api"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
)

// The companies of the tests, with right check digits.
const (
	bakery = "9000001-1"
	garage = "9000003-8"
)

// seven is one service of each provider.
var seven = []string{
	"espoo-city/pilot", "enter-espoo/landing", "omnia/apprenticeship", "espoon-yrittajat/ownership", "chamber/co",
	"yritysespoo/start-advice", "employment/vacancy",
}

func serviceName(short string) string {
	provider, id, _ := strings.Cut(short, "/")
	return name.Service(provider, id)
}

func consent(provider string) *casesv1.Consent {
	return &casesv1.Consent{Provider: name.Provider(provider), TextVersion: api.ConsentTextVersion}
}

// opening asks for services, such as omnia/apprenticeship, with the consents they need.
func opening(company string, services ...string) *casesv1.OpenCaseRequest {
	req := &casesv1.OpenCaseRequest{RequestId: uuid.NewString(), Title: "Leipomo Tapiolaan", NeedText: "Perustamme leipomon"}
	if company != "" {
		req.Company = &casesv1.Company{Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID, Id: company}
	}
	for _, short := range services {
		provider, _, _ := strings.Cut(short, "/")
		choice := &casesv1.ServiceChoice{Service: serviceName(short)}
		if strings.HasSuffix(short, "/recruit-training") {
			choice.Inputs = []*casesv1.Input{{Id: "recruits", Value: "3"}}
		}
		req.Services = append(req.Services, choice)
		for _, p := range []string{provider, map[string]string{"omnia/recruit-training": "employment"}[short]} {
			if p != "" && !slices.ContainsFunc(req.Consents, func(c *casesv1.Consent) bool { return c.Provider == name.Provider(p) }) {
				req.Consents = append(req.Consents, consent(p))
			}
		}
	}
	return req
}

// open opens a case and waits until its requests are with their providers and in
// the view.
func (n *node) open(ctx context.Context, req *casesv1.OpenCaseRequest) *casesv1.Case {
	t := n.w.t
	t.Helper()
	answer := get[*casesv1.OpenCaseResponse](t)(n.cases.OpenCase(ctx, req))
	n.w.made(idOf(answer.Case), len(answer.Case.Requests))
	if answer.Secret != "" {
		ctx = n.w.holder(answer.Case.Code, answer.Secret)
	}
	return n.read(ctx, answer.Case.Name)
}

func idOf(c *casesv1.Case) string { return strings.TrimPrefix(c.Name, "cases/") }

// read answers a case as the whole log tells it.
func (n *node) read(ctx context.Context, caseName string) *casesv1.Case {
	n.w.t.Helper()
	return get[*casesv1.GetCaseResponse](n.w.t)(n.cases.GetCase(ctx, &casesv1.GetCaseRequest{Name: caseName, MinRevision: n.w.now()})).Case
}

// made waits until requests of a case have been made.
func (w *world) made(id string, requests int) {
	w.t.Helper()
	w.until("the requests are made", func(events []bus.Event) bool { return len(w.facts(events, id, isMade)) == requests })
}

func isMade(f *eventsv1.Fact) bool { return f.GetRequestMade() != nil }

// facts are the facts of a case that fit.
func (w *world) facts(events []bus.Event, id string, fits func(*eventsv1.Fact) bool) []bus.Event {
	var list []bus.Event
	for _, e := range events {
		if !strings.HasPrefix(e.Subject, "case."+id+".") {
			continue
		}
		if f, _, err := fact.Decode(e); err == nil && fits(f) {
			list = append(list, e)
		}
	}
	return list
}

// desk does what an advisor of a provider does: it decides on the state that the
// log tells and appends the fact on the provider's own connection.
func (w *world) desk(scope name.Scope, cmd casework.RequestCommand) uint64 {
	w.t.Helper()
	sequence, err := w.tryDesk(scope, cmd)
	must(w.t, err)
	return sequence
}

func (w *world) tryDesk(scope name.Scope, cmd casework.RequestCommand) (uint64, error) {
	for {
		state, last, err := w.state(scope)
		if err != nil {
			return 0, err
		}
		f, err := casework.DecideRequest(state, cmd, casework.Call{
			ID: uuid.NewString(), Time: w.clock.Now(), RequestID: uuid.NewString(),
			Actor: &eventsv1.Actor{
				Person: "advisor-1", Party: casesv1.Party_PARTY_PROVIDER, Provider: scope.Party, Advisor: "a1", Role: policyv1.Role_ROLE_LEAD,
			},
		})
		if err != nil {
			return 0, err
		}
		m, err := fact.Encode(scope.Subject(name.ByOwn), scope.Party, f)
		if err != nil {
			return 0, err
		}
		sequence, err := w.parties[scope.Party].Append(w.t.Context(), m, scope.String(), last)
		if _, conflict := errors.AsType[*bus.ConflictError](err); conflict {
			continue
		}
		return sequence, err
	}
}

// state folds a request from the log, and answers the last sequence of its scope.
func (w *world) state(scope name.Scope) (*statev1.RequestState, uint64, error) {
	newest, err := w.hub.LastOn(w.t.Context(), bus.StreamCases, scope.String()+".>")
	if err != nil {
		return nil, 0, err
	}
	w.until("the recorder has read the scope", func(events []bus.Event) bool {
		return len(events) > 0 && events[len(events)-1].Sequence >= newest.Sequence
	})
	state, last := &statev1.RequestState{}, uint64(0)
	for _, e := range w.record.all() {
		if !strings.HasPrefix(e.Subject, scope.String()+".") {
			continue
		}
		last = e.Sequence
		f, hash, err := fact.Decode(e)
		if err == nil && casework.FromProvider(f) == strings.HasSuffix(e.Subject, "."+name.ByOwn) {
			_ = casework.EvolveRequest(state, f, scope.Resource(), scope.Party, e.Sequence, hash) // poison stays out
		}
	}
	return state, last, nil
}

func scopeOf(t testing.TB, request string) name.Scope {
	t.Helper()
	scope, err := name.ParseRequest(request)
	must(t, err)
	return scope
}

// request finds the request to a provider.
func request(t testing.TB, c *casesv1.Case, provider string) *casesv1.Request {
	t.Helper()
	i := slices.IndexFunc(c.Requests, func(r *casesv1.Request) bool { return r.Provider == name.Provider(provider) })
	if i < 0 {
		t.Fatalf("%s has no request to %s", c.Name, provider)
	}
	return c.Requests[i]
}

// refused checks the code and the reason with which a call failed, and answers
// the fields that were wrong.
func refused(t testing.TB, err error, code codes.Code, reason string) []string {
	t.Helper()
	got, fields := reasonOf(err)
	if status.Code(err) != code || got != reason {
		t.Errorf("the call ended with %v %s (%v), want %v %s", status.Code(err), got, err, code, reason)
	}
	return fields
}

func reasonOf(err error) (string, []string) {
	var reason string
	var fields []string
	for _, detail := range status.Convert(err).Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			reason = d.Reason
		case *errdetails.BadRequest:
			for _, v := range d.FieldViolations {
				fields = append(fields, v.Field)
			}
		}
	}
	return reason, fields
}

// bytesOf writes a message so that equal messages are equal bytes.
func bytesOf(t testing.TB, m proto.Message) string {
	t.Helper()
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	must(t, err)
	return string(b)
}

func entryKinds(c *casesv1.Case) []string {
	var list []string
	for _, e := range c.Timeline {
		list = append(list, strings.TrimPrefix(e.Kind.String(), "ENTRY_KIND_"))
	}
	return list
}

func isClosed(f *eventsv1.Fact) bool { return f.GetCaseClosed() != nil }

func isLinked(f *eventsv1.Fact) bool { return f.GetCompanyLinked() != nil }

func isReferralAnswer(f *eventsv1.Fact) bool { return f.GetReferralAnswered() != nil }
