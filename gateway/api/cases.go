// Package api serves the gateway's gRPC services: cases for companies and
// integrators, the catalogue, the operators' service, and the desks of all
// providers, which it forwards. The web pages call the same services.
package api

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/businessespoo/hub/gateway/identity"
	"github.com/businessespoo/hub/gateway/journey"
	"github.com/businessespoo/hub/gateway/registry"
	"github.com/businessespoo/hub/gateway/view"
	"github.com/businessespoo/hub/gateway/writer"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/directory"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/revision"
	"github.com/businessespoo/hub/services/kit/security"
	"github.com/businessespoo/hub/services/kit/sight"
	"github.com/businessespoo/hub/services/kit/systemkey"
	"github.com/businessespoo/hub/services/kit/token"
)

// ConsentTextVersion is the version of the consent text that is asked today.
const ConsentTextVersion = "2026-11"

// readPatience is how long a read waits for its least revision.
const readPatience = 2 * time.Second

// Drafts is where unfinished cases are kept; *bus.Bucket is one.
type Drafts interface {
	Get(ctx context.Context, key string) (bus.Entry, error)
	Put(ctx context.Context, key string, value []byte, expected uint64) (uint64, error)
	Keys(ctx context.Context, prefix string) ([]string, error)
	Delete(ctx context.Context, key string) error
}

// Cases is the case service.
type Cases struct {
	casesv1.UnsafeCaseServiceServer
	View      *view.View
	Writer    *writer.Writer
	Registry  *registry.Registry
	Journeys  *journey.Set
	Directory *directory.Directory
	Keys      *identity.Keys
	Drafts    Drafts
	// Sight is the table of who sees what.
	Sight *sight.Table
	// Book knows what companies grant integrators.
	Book *systemkey.Book
	Log  *slog.Logger
}

// seer is what the caller may see.
func (s *Cases) seer(ctx context.Context) view.Seer {
	p := s.caller(ctx)
	return view.Seer{Companies: p.Companies, Person: p.Subject, CaseID: p.CaseID}
}

// notFound is the one answer for a case that does not exist and for one that
// the caller may not see, so that neither can be told from the other.
func notFound(resource string) *problem.Problem {
	return problem.New(problem.NotFound, "NOT_FOUND", "there is no %s that you may see; check the name, and who you are signed in as", resource)
}

// hiddenIf marks an answer for the log of this process when the case is there, and not
// for this caller; the caller is told the same.
func hiddenIf(there bool, p *problem.Problem) error {
	if there {
		return p.Because(security.ErrHidden)
	}
	return p
}

// mine answers the id of a case that the caller may see.
func (s *Cases) mine(ctx context.Context, resource string) (string, error) {
	id, err := name.ParseCase(resource)
	if err != nil {
		return "", problem.New(problem.Invalid, "NAME_INVALID", "%s", err).Field("name", err.Error())
	}
	state, err := s.View.Case(ctx, id)
	if err != nil {
		return "", err
	}
	if state == nil || !s.seer(ctx).Sees(id, view.CompanyKey(state.Case.Company), state.Opener) {
		return "", hiddenIf(state != nil, notFound(resource))
	}
	s.show(ctx, view.CompanyKey(state.Case.Company))
	return id, nil
}

// mineToChange answers the id of a case that the caller may see and change.
func (s *Cases) mineToChange(ctx context.Context, resource string) (string, error) {
	id, err := s.mine(ctx, resource)
	if err != nil {
		return "", err
	}
	state, err := s.View.Case(ctx, id)
	if err != nil {
		return "", err
	}
	return id, s.granted(ctx, state)
}

// myRequest answers the scope of a request in a case that the caller may see and change.
func (s *Cases) myRequest(ctx context.Context, resource string) (name.Scope, error) {
	scope, err := name.ParseRequest(resource)
	if err != nil {
		return name.Scope{}, problem.New(problem.Invalid, "NAME_INVALID", "%s", err).Field("name", err.Error())
	}
	state, err := s.View.Case(ctx, scope.Case)
	if err != nil {
		return name.Scope{}, err
	}
	if state == nil || !s.seer(ctx).Sees(scope.Case, view.CompanyKey(state.Case.Company), state.Opener) {
		return name.Scope{}, hiddenIf(state != nil, notFound(resource))
	}
	if err := s.granted(ctx, state); err != nil {
		return name.Scope{}, err
	}
	s.show(ctx, view.CompanyKey(state.Case.Company))
	request, err := s.View.Request(ctx, scope)
	if err != nil || request != nil {
		return scope, err
	}
	for _, p := range state.Planned {
		if p.Provider != scope.Party || int(p.Number) != scope.Number {
			continue
		}
		if state.Case.Status == casesv1.CaseStatus_CASE_STATUS_UNCONFIRMED {
			return name.Scope{}, problem.New(problem.State, "STATE_FORBIDS", "%s is held until the company confirms the case; confirm it first", resource)
		}
		return name.Scope{}, problem.New(problem.State, "STATE_FORBIDS", "%s has not reached its provider yet; try again in a moment", resource).Retry(time.Second)
	}
	return name.Scope{}, notFound(resource)
}

// call is the caller's call for deciding: who, why, and what makes a repeat known.
func (s *Cases) call(ctx context.Context, req mutation) (casework.Call, error) {
	digest, err := fact.Digest(req)
	if err != nil {
		return casework.Call{}, err
	}
	call := casework.Call{
		Actor: actorOf(token.From(ctx)), RequestID: req.GetRequestId(), Digest: digest,
		Basis: &eventsv1.Basis{Kind: "consent", Reference: ConsentTextVersion}, TraceParent: host.Trace(ctx).String(),
	}
	if e, ok := req.(interface{ GetEtag() string }); ok {
		call.ETag = e.GetEtag()
	}
	return call, nil
}

// mutation is a request message that changes something.
type mutation interface {
	proto.Message
	GetRequestId() string
}

// repeats tells whether a scope has taken a call with this request_id in. Deciding
// answers such a call from the state, or refuses it when its body is another: what
// it names is not looked up again, since catalogues and dates have moved on.
func repeats(scope *statev1.Scope, requestID string) bool {
	return slices.ContainsFunc(scope.GetSeen(), func(seen *statev1.Seen) bool { return seen.RequestId == requestID })
}

// actorOf is who acts, as facts keep it.
func actorOf(p token.Principal) *eventsv1.Actor {
	a := &eventsv1.Actor{Person: p.Subject, Party: casesv1.Party_PARTY_COMPANY, Role: p.Role, Representation: "token"}
	if p.Representation != (token.Representation{}) {
		a.Representation, a.RepresentationRole = p.Representation.Basis, p.Representation.Role
		a.RepresentationCheckedAt = timestamppb.New(p.Representation.CheckedAt)
		return a
	}
	switch p.Role {
	case policyv1.Role_ROLE_COMPANY:
		if p.Session != "" {
			a.Representation = token.BasisSelf // signed in, and for no company
		}
	case policyv1.Role_ROLE_CASE_HOLDER:
		a.Representation = "code"
	case policyv1.Role_ROLE_UNSPECIFIED:
		a.Representation = "self"
	case policyv1.Role_ROLE_ADVISOR, policyv1.Role_ROLE_LEAD, policyv1.Role_ROLE_PROVIDER_SYSTEM:
		a.Party, a.Provider, a.Advisor, a.Representation = casesv1.Party_PARTY_PROVIDER, p.Provider, p.Advisor, "staff_assisted"
	}
	return a
}

// revisionOf names the place of a scope's last fact.
func revisionOf(scope name.Scope, state *statev1.Scope) string {
	return revision.Encode(bus.StreamCases, state.GetSequence(), scope.String())
}

// fresh waits until the view shows a revision, if one is given, and what has
// arrived from the log by now.
func (s *Cases) fresh(ctx context.Context, revision string) error {
	if err := s.await(ctx, "min_revision", revision); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readPatience)
	defer cancel()
	return s.View.Fresh(ctx)
}

// reach waits until the view can show a case with a revision, if one is given, and
// with what has arrived of it by now. It answers the place in the log.
func (s *Cases) reach(ctx context.Context, resource, revision string) (uint64, error) {
	sequence := uint64(0)
	if revision != "" {
		var err error
		if sequence, err = sequenceOf("min_revision", revision); err != nil {
			return 0, err
		}
	}
	id, err := name.ParseCase(resource)
	if err != nil {
		return 0, nil // whoever uses the name says so
	}
	ctx, cancel := context.WithTimeout(ctx, readPatience)
	defer cancel()
	return s.View.Reach(ctx, id, sequence)
}

// await waits until the view shows a revision; an empty one needs no waiting.
func (s *Cases) await(ctx context.Context, field, text string) error {
	if text == "" {
		return nil
	}
	sequence, err := sequenceOf(field, text)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readPatience)
	defer cancel()
	return s.View.Wait(ctx, sequence)
}

// sequenceOf reads the revision of a case or a request. That of anything else is
// not of use here.
func sequenceOf(field, text string) (uint64, error) {
	r, err := revision.Decode(field, text)
	if err != nil {
		return 0, err
	}
	if r.Stream != bus.StreamCases {
		const right = "is the revision of something else; give one that an answer about a case held"
		return 0, problem.New(problem.Invalid, "REVISION_INVALID", "%s %s", field, right).Field(field, right)
	}
	return r.Sequence, nil
}
