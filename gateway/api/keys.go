package api

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	keysv1 "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/directory"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/paging"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/systemkey"
	"github.com/businessespoo/hub/services/kit/token"
)

// Keys serves the keys of systems, and what companies grant integrators.
type Keys struct {
	keysv1.UnsafeKeyServiceServer
	keysv1.UnsafeGrantServiceServer
	Bus       *bus.Bus
	Book      *systemkey.Book
	Directory *directory.Directory
	Now       func() time.Time
}

// keyMonths is how long a key, and a grant, may hold.
const keyMonths = 12

// owner is whose system a key is for: a provider or an integrator.
type owner struct{ provider, organisation string }

func (o owner) resource() string {
	if o.provider != "" {
		return name.Provider(o.provider)
	}
	return "integrators/" + o.organisation
}

// party is the part of the log's subject that says who may read of the key.
func (o owner) party() string { return orElse(o.provider, name.Hub) }

var organisationForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`)

func parseOwner(parent string) (owner, error) {
	if organisation, ok := strings.CutPrefix(parent, "integrators/"); ok && organisationForm.MatchString(organisation) {
		return owner{organisation: organisation}, nil
	}
	if provider, err := name.ParseProvider(parent); err == nil {
		return owner{provider: provider}, nil
	}
	const right = "is not of the form integrators/{organisation} or providers/{provider}"
	return owner{}, problem.New(problem.Invalid, "NAME_INVALID", "parent %.60q %s", parent, right).Field("parent", right)
}

// mayKeep refuses a lead who keeps the keys of others than the own provider, or who
// is no lead any more: a token outlives the day on which somebody leaves.
func (s *Keys) mayKeep(ctx context.Context, of owner) error {
	who := token.From(ctx)
	if who.Role == policyv1.Role_ROLE_OPERATOR {
		return nil
	}
	if of.provider != who.Provider {
		return problem.New(problem.Denied, "OTHER_PROVIDER", "you belong to %s, and keep the keys of its systems alone", name.Provider(who.Provider))
	}
	member, ok := s.Directory.Member(who.Provider, who.Advisor)
	if !ok || member.Role != policyv1.Role_ROLE_LEAD {
		return problem.New(problem.Denied, "STAFF_UNKNOWN", "%s is no lead of this provider, or has left", name.Advisor(who.Provider, who.Advisor))
	}
	return nil
}

// IssueKey issues a key. Its id follows from the call, so that a repeat finds the key
// of the first and makes none.
func (s *Keys) IssueKey(ctx context.Context, req *keysv1.IssueKeyRequest) (*keysv1.IssueKeyResponse, error) {
	of, err := parseOwner(req.Parent)
	if err != nil {
		return nil, err
	}
	if err := s.mayKeep(ctx, of); err != nil {
		return nil, err
	}
	id := systemkey.ID(token.From(ctx).Subject, req.RequestId)
	known, err := s.repeated(ctx, req, bus.StreamKeys)
	if err != nil {
		return nil, err
	}
	secret := ""
	if !known {
		if secret, err = s.issue(ctx, req, of, id); err != nil {
			return nil, err
		}
	}
	k, ok := s.Book.Key(id)
	if !ok {
		return nil, errors.New("api: a key that was issued is not known")
	}
	return &keysv1.IssueKeyResponse{Key: keyOf(k), Secret: secret}, nil
}

// issue answers the key, or nothing when the same call came elsewhere at this moment.
func (s *Keys) issue(ctx context.Context, req *keysv1.IssueKeyRequest, of owner, id string) (string, error) {
	allowed := systemkey.ProviderScopes()
	if of.organisation != "" {
		allowed = systemkey.IntegratorScopes()
	}
	scopes, err := systemkey.CheckScopes(req.Scopes, allowed)
	if err != nil {
		return "", err
	}
	if err := s.withinAYear(req.ValidTo); err != nil {
		return "", err
	}
	key := systemkey.Make(id)
	scope := "keys." + of.party() + "." + id
	return key, s.append(ctx, req, bus.StreamKeys, scope+".issued", scope, 0, &eventsv1.Fact{Event: &eventsv1.Fact_KeyIssued{KeyIssued: &eventsv1.KeyIssued{
		Key: id, Provider: of.provider, Organisation: of.organisation, DisplayName: strings.TrimSpace(req.DisplayName), Scopes: scopes,
		ValidTo: req.ValidTo, KeyHash: systemkey.Hash(key),
	}}})
}

// withinAYear refuses a last day that has passed or is too far.
func (s *Keys) withinAYear(validTo string) error {
	today := catalogue.DateOf(s.Now())
	last := today.AddMonths(keyMonths)
	if day := catalogue.Date(validTo); day < today || day > last {
		return problem.New(problem.Invalid, "VALID_TO_INVALID", "valid_to is %s; it must be from %s to %s", day, today, last).
			Field("valid_to", "must be from "+string(today)+" to "+string(last))
	}
	return nil
}

// ListKeys lists keys.
func (s *Keys) ListKeys(ctx context.Context, req *keysv1.ListKeysRequest) (*keysv1.ListKeysResponse, error) {
	who := token.From(ctx)
	parent := req.Parent
	if parent == "" && who.Provider != "" {
		parent = name.Provider(who.Provider)
	}
	if parent != "" {
		of, err := parseOwner(parent)
		if err == nil {
			err = s.mayKeep(ctx, of)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := s.caughtUp(ctx, bus.StreamKeys); err != nil {
		return nil, err
	}
	place, err := paging.Decode(req, req.PageToken, 1)
	if err != nil {
		return nil, err
	}
	size, answer := paging.Size(req.PageSize, 50), &keysv1.ListKeysResponse{}
	for _, k := range s.Book.Keys() {
		listed := keyOf(k)
		if parent != "" && listed.Parent != parent || place != nil && k.ID <= place[0] {
			continue
		}
		if len(answer.Keys) == size {
			answer.NextPageToken, err = paging.Encode(req, strings.TrimPrefix(answer.Keys[size-1].Name, keyPrefix))
			return answer, err
		}
		answer.Keys = append(answer.Keys, listed)
	}
	return answer, nil
}

const keyPrefix = "keys/"

func keyOf(k systemkey.Key) *keysv1.Key {
	listed := &keysv1.Key{
		Name: keyPrefix + k.ID, Parent: owner{k.Provider, k.Organisation}.resource(), DisplayName: k.DisplayName, Scopes: k.Scopes,
		IssuedAt: timestamppb.New(k.IssuedAt), ValidTo: string(k.ValidTo),
	}
	if !k.RevokedAt.IsZero() {
		listed.RevokedAt = timestamppb.New(k.RevokedAt)
	}
	return listed
}

// RevokeKey revokes a key. One that was revoked stays as it is.
func (s *Keys) RevokeKey(ctx context.Context, req *keysv1.RevokeKeyRequest) (*keysv1.RevokeKeyResponse, error) {
	known, err := s.repeated(ctx, req, bus.StreamKeys)
	if err != nil {
		return nil, err
	}
	id, named := strings.CutPrefix(req.Name, keyPrefix)
	k, ok := s.Book.Key(id)
	if !named || !ok || s.mayKeep(ctx, owner{k.Provider, k.Organisation}) != nil {
		return nil, problem.New(problem.NotFound, "NOT_FOUND", "there is no key %.60q that you keep; ListKeys lists them", req.Name)
	}
	if !known && k.RevokedAt.IsZero() {
		scope := "keys." + owner{k.Provider, k.Organisation}.party() + "." + id
		fact := &eventsv1.Fact{Event: &eventsv1.Fact_KeyRevoked{KeyRevoked: &eventsv1.KeyRevoked{Key: id}}}
		if err := s.append(ctx, req, bus.StreamKeys, scope+".revoked", scope, k.Sequence, fact); err != nil {
			return nil, err
		}
		k, _ = s.Book.Key(id)
	}
	return &keysv1.RevokeKeyResponse{Key: keyOf(k)}, nil
}

// repeated reads the log to its end and tells whether it holds this call.
func (s *Keys) repeated(ctx context.Context, req mutation, stream string) (bool, error) {
	if err := s.caughtUp(ctx, stream); err != nil {
		return false, err
	}
	digest, err := fact.Digest(req)
	if err != nil {
		return false, err
	}
	before, known := s.Book.Call(token.From(ctx).Subject, req.GetRequestId())
	if known && !bytes.Equal(before, digest) {
		return false, requestIDReused(req.GetRequestId())
	}
	return known, nil
}

// caughtUp returns when the book knows what the log holds now: what was issued,
// granted or ended a moment ago, perhaps by another gateway.
func (s *Keys) caughtUp(ctx context.Context, stream string) error {
	last, err := s.Bus.Last(ctx, stream)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readPatience)
	defer cancel()
	return s.Book.Wait(ctx, stream, last)
}

// append adds a fact where the log has come no further than the book, and waits
// until the book holds it. When the log has come further somebody else was faster:
// the same call elsewhere, or another that is as good.
func (s *Keys) append(ctx context.Context, req mutation, stream, subject, scope string, expected uint64, f *eventsv1.Fact) error {
	m, err := s.message(ctx, req, subject, f)
	if err != nil {
		return err
	}
	sequence, err := s.Bus.Append(ctx, m, scope, expected)
	if _, faster := errors.AsType[*bus.ConflictError](err); faster {
		return problem.New(problem.Conflict, "BUSY", "the same was done elsewhere at this moment; look, and repeat the call when it is still due").Retry(100 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	return s.Book.Wait(ctx, stream, sequence)
}

func (s *Keys) message(ctx context.Context, req mutation, subject string, f *eventsv1.Fact) (bus.Message, error) {
	digest, err := fact.Digest(req)
	if err != nil {
		return bus.Message{}, err
	}
	who := token.From(ctx)
	f.Id, f.Time, f.RequestId, f.CommandDigest = uuid.NewString(), timestamppb.New(s.Now().UTC()), req.GetRequestId(), digest
	f.TraceParent, f.Actor = host.Trace(ctx).String(), actorOf(who)
	if who.Role == policyv1.Role_ROLE_OPERATOR {
		f.Actor = &eventsv1.Actor{Person: who.Subject, Role: who.Role, Party: casesv1.Party_PARTY_HUB}
	}
	return fact.Encode(subject, name.Hub, f)
}

// integrators are the organisations with a key that opens something, by their keys.
func (s *Keys) integrators() []*keysv1.Integrator {
	today := catalogue.DateOf(s.Now())
	var list []*keysv1.Integrator
	for _, k := range s.Book.Keys() {
		if k.Organisation == "" || !k.RevokedAt.IsZero() || k.ValidTo < today {
			continue
		}
		i := slices.IndexFunc(list, func(known *keysv1.Integrator) bool { return known.Organisation == k.Organisation })
		if i < 0 {
			list, i = append(list, &keysv1.Integrator{Organisation: k.Organisation}), len(list)
		}
		if !slices.Contains(list[i].Systems, k.DisplayName) {
			list[i].Systems = append(list[i].Systems, k.DisplayName)
		}
	}
	slices.SortFunc(list, func(a, b *keysv1.Integrator) int { return strings.Compare(a.Organisation, b.Organisation) })
	for _, integrator := range list {
		slices.Sort(integrator.Systems)
	}
	return list
}
