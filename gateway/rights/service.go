package rights

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/gateway/view"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/paging"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/revision"
	"github.com/businessespoo/hub/services/kit/token"
)

// Service serves the data rights.
type Service struct {
	rightsv1.UnsafeDataRightsServiceServer
	Eraser *Eraser
	// Export writes the archive of the caller.
	Export *Exporter
	// Correct corrects words of the caller and answers where that stands in the log.
	Correct func(ctx context.Context, req *rightsv1.CorrectTextRequest) (string, error)
}

// CorrectText corrects words of the caller, and orders the removal of the old ones
// when that is wanted.
func (s *Service) CorrectText(ctx context.Context, req *rightsv1.CorrectTextRequest) (*rightsv1.CorrectTextResponse, error) {
	id, err := name.ParseCase(req.Case)
	if err != nil {
		return nil, problem.New(problem.Invalid, "NAME_INVALID", "%s", err).Field("case", err.Error())
	}
	revision, err := s.Correct(ctx, req)
	answer := &rightsv1.CorrectTextResponse{Revision: revision}
	if err != nil || !req.RemoveOld {
		return answer, err
	}
	// Who repeats the call after a failure here goes on from here.
	if answer.Erasure, err = s.repeated(ctx, req.RequestId, req); answer.Erasure != nil || err != nil {
		return answer, err
	}
	order, err := s.entry(ctx, req.RequestId, req, &rightsv1.Ground{Law: "GDPR", Section: "16"})
	if err == nil {
		err = s.free(ctx, id)
	}
	if err != nil {
		return nil, err
	}
	if order.Fact, err = s.Eraser.named(ctx, id, req.Revision, false); err != nil {
		return nil, err
	}
	answer.Erasure, err = s.order(ctx, order)
	return answer, err
}

// personKey is a person as the keys of drafts hold them.
func personKey(person string) string {
	sum := sha256.Sum256([]byte(person))
	return hex.EncodeToString(sum[:12])
}

// mostCases is how many cases one erasure or archive takes.
var mostCases = 10_000

// casesOf answers the cases that somebody sees, and fails when there are more than
// can be taken at once: to leave some out unsaid would be worse.
func casesOf(ctx context.Context, v *view.View, who view.Seer) ([]string, error) {
	ids, _, err := v.List(ctx, who, view.Filter{Limit: mostCases + 1})
	if err == nil && len(ids) > mostCases {
		err = problem.New(problem.State, "TOO_MANY_CASES", "these are more than %d cases; name them one by one", mostCases)
	}
	return ids, err
}

// Erase orders an erasure and answers at once.
func (s *Service) Erase(ctx context.Context, req *rightsv1.EraseRequest) (*rightsv1.EraseResponse, error) {
	if known, err := s.repeated(ctx, req.RequestId, req); known != nil || err != nil {
		return &rightsv1.EraseResponse{Erasure: known}, err
	}
	order, err := s.ordered(ctx, req)
	if err != nil {
		return nil, err
	}
	if err := s.free(ctx, order.Cases...); err != nil {
		return nil, err
	}
	shown, err := s.order(ctx, order)
	return &rightsv1.EraseResponse{Erasure: shown}, err
}

// ordered makes the order of what is to be erased.
func (s *Service) ordered(ctx context.Context, req *rightsv1.EraseRequest) (*entry, error) {
	order, err := s.entry(ctx, req.RequestId, req, req.Ground)
	if err != nil {
		return nil, err
	}
	const right = "name one of case, person and company"
	seer := view.Seer{Person: req.Person}
	switch {
	case req.Case != "" && req.Person == "" && req.Company == "":
		id, err := s.known(ctx, req.Case)
		order.Cases = []string{id}
		return order, err
	case req.Person != "" && req.Case == "" && req.Company == "":
		order.DraftsOf = personKey(req.Person)
	case req.Company != "" && req.Case == "" && req.Person == "":
		seer.Companies = []string{req.Company}
	default:
		return nil, problem.New(problem.Invalid, "WHAT_MISSING", "what is to be erased is not clear; %s", right).Field("case", right)
	}
	if err := s.Eraser.view.Current(ctx); err != nil {
		return nil, err
	}
	if order.Cases, err = casesOf(ctx, s.Eraser.view, seer); err != nil {
		return nil, err
	}
	if len(order.Cases) == 0 && order.DraftsOf == "" {
		return nil, problem.New(problem.NotFound, "NOT_FOUND", "no case belongs to %s; check its Business ID, or write scheme:value", req.Company)
	}
	return order, nil
}

// known answers the id of a case that there is, or that was erased before.
func (s *Service) known(ctx context.Context, resource string) (string, error) {
	id, err := name.ParseCase(resource)
	if err != nil {
		return "", problem.New(problem.Invalid, "NAME_INVALID", "%s", err).Field("case", err.Error())
	}
	state, err := s.Eraser.view.Case(ctx, id)
	if err == nil && state == nil {
		err = problem.New(problem.NotFound, "NOT_FOUND", "there is no %s; it may have been erased before", resource)
	}
	return id, err
}

// entry begins an order.
func (s *Service) entry(ctx context.Context, id string, req mutation, ground *rightsv1.Ground) (*entry, error) {
	digest, err := fact.Digest(req)
	if err != nil {
		return nil, err
	}
	who := token.From(ctx)
	by := who.Subject
	if who.Role != policyv1.Role_ROLE_OPERATOR {
		by = "company"
	}
	return &entry{
		ID: strings.ToLower(id), Digest: digest, Law: ground.GetLaw(), Section: ground.GetSection(), Reason: ground.GetReason(),
		OrderedBy: by, OrderedAt: s.Eraser.now().UTC(),
	}, nil
}

// mutation is a request message that changes something.
type mutation interface {
	proto.Message
	GetRequestId() string
}

// repeated answers the erasure that the same call ordered before, or nil.
func (s *Service) repeated(ctx context.Context, id string, req mutation) (*rightsv1.Erasure, error) {
	before, _, err := s.Eraser.ledger.get(ctx, strings.ToLower(id))
	if before == nil || err != nil {
		return nil, err
	}
	digest, err := fact.Digest(req)
	if err == nil && !bytes.Equal(before.Digest, digest) {
		err = reused(id)
	}
	if err != nil {
		return nil, err
	}
	return before.show(), nil
}

func reused(id string) error {
	const right = "was used for another call; take a new UUID for a new call, and the same body to repeat one"
	return problem.New(problem.Exists, "REQUEST_ID_REUSED", "request_id %s %s", id, right).Field("request_id", right)
}

// order writes an order into the list, from where it is carried out whatever happens.
func (s *Service) order(ctx context.Context, order *entry) (*rightsv1.Erasure, error) {
	kept, err := s.Eraser.Order(ctx, order)
	if err != nil {
		return nil, err
	}
	return kept.show(), nil
}

// Order writes an order into the list and begins to carry it out.
func (e *Eraser) Order(ctx context.Context, order *entry) (*entry, error) {
	kept, err := e.ledger.change(ctx, order.ID, func(kept *entry) {
		if kept.OrderedAt.IsZero() {
			*kept = *order
		}
	})
	if err == nil && kept.StoredAt.IsZero() {
		kept, err = e.stamp(ctx, kept)
	}
	e.tell()
	return kept, err
}

// stamp notes when an order was written by the clock of the log, with which what is
// written later is compared.
func (e *Eraser) stamp(ctx context.Context, order *entry) (*entry, error) {
	written, err := e.bucket.Get(ctx, erasureKey+order.ID)
	if err != nil {
		return nil, err
	}
	return e.ledger.change(ctx, order.ID, func(kept *entry) { kept.StoredAt = written.Time })
}

// RedactFact orders the redaction of one fact.
func (s *Service) RedactFact(ctx context.Context, req *rightsv1.RedactFactRequest) (*rightsv1.RedactFactResponse, error) {
	who := token.From(ctx)
	id, err := s.known(ctx, req.Case)
	state, failure := s.Eraser.view.Case(ctx, id)
	operator := who.Role == policyv1.Role_ROLE_OPERATOR
	seen := operator || failure == nil && state != nil && seer(who).Sees(id, view.CompanyKey(state.Case.Company), state.Opener)
	if err != nil || failure != nil || !seen {
		if err == nil || problem.KindOf(err) == problem.NotFound {
			err = problem.New(problem.NotFound, "NOT_FOUND", "there is no %s that you may see; check the name, and who you are signed in as", req.Case)
		}
		return nil, errors.Join(failure, err)
	}
	if known, err := s.repeated(ctx, req.RequestId, req); known != nil || err != nil {
		return &rightsv1.RedactFactResponse{Erasure: known}, err
	}
	if operator && req.Ground == nil {
		const right = "name the law, the section and the reason"
		return nil, problem.New(problem.Invalid, "GROUND_MISSING", "ground is missing; %s", right).Field("ground", right)
	}
	order, err := s.entry(ctx, req.RequestId, req, req.Ground)
	if err != nil {
		return nil, err
	}
	if order.Fact, err = s.Eraser.named(ctx, id, req.Revision, operator); err != nil {
		return nil, err
	}
	if err := s.free(ctx, id); err != nil {
		return nil, err
	}
	shown, err := s.order(ctx, order)
	return &rightsv1.RedactFactResponse{Erasure: shown}, err
}

// seer is what the caller may see.
func seer(p token.Principal) view.Seer {
	return view.Seer{Companies: p.Companies, Person: p.Subject, CaseID: p.CaseID}
}

// named answers the fact of a case at a revision, if it holds words that the caller
// may have removed.
func (e *Eraser) named(ctx context.Context, id, text string, anybodys bool) (*redacted, error) {
	place, err := revision.Decode("revision", text)
	if err != nil {
		return nil, err
	}
	chains, err := e.chains(ctx, id)
	if err != nil {
		return nil, err
	}
	t, ok := find(chains, place.Sequence)
	const right = "take the revision of an entry in the case's timeline"
	switch {
	case !ok || place.Stream != bus.StreamCases:
		return nil, problem.New(problem.Invalid, "REVISION_INVALID", "nothing of the case stands at this revision; %s", right).Field("revision", right)
	case !anybodys && t.fact.GetActor().GetParty() != casesv1.Party_PARTY_COMPANY:
		return nil, problem.New(problem.Denied, "NOT_YOUR_WORDS", "these are not the company's words; ask whoever wrote them, or an operator")
	case t.kept.Redacted || !casework.Words(t.fact):
		return nil, problem.New(problem.State, "NO_WORDS", "this entry holds no words that could be removed, or they were removed before")
	}
	return &redacted{Case: id, Scope: t.scope.String(), Sequence: place.Sequence, Hash: t.kept.Hash}, nil
}

// GetErasure answers one protocol.
func (s *Service) GetErasure(ctx context.Context, req *rightsv1.GetErasureRequest) (*rightsv1.GetErasureResponse, error) {
	id, ok := strings.CutPrefix(req.Name, "erasures/")
	const right = "an erasure is named erasures/{id}; ListErasures lists them"
	if !ok || id == "" || strings.Trim(id, "0123456789abcdef-") != "" {
		return nil, problem.New(problem.Invalid, "NAME_INVALID", "%q is no erasure; %s", req.Name, right).Field("name", right)
	}
	kept, _, err := s.Eraser.ledger.get(ctx, id)
	if err == nil && kept == nil {
		err = problem.New(problem.NotFound, "NOT_FOUND", "there is no %s; %s", req.Name, right)
	}
	if err != nil {
		return nil, err
	}
	return &rightsv1.GetErasureResponse{Erasure: kept.show()}, nil
}

// ListErasures lists the protocols, the newest first.
func (s *Service) ListErasures(ctx context.Context, req *rightsv1.ListErasuresRequest) (*rightsv1.ListErasuresResponse, error) {
	place, err := paging.Decode(req, req.PageToken, 1)
	if err != nil {
		return nil, err
	}
	list, err := s.Eraser.ledger.all(ctx)
	if err != nil {
		return nil, err
	}
	if place != nil {
		at := slices.IndexFunc(list, func(e *entry) bool { return e.ID == place[0] })
		list = list[at+1:]
	}
	answer, size := &rightsv1.ListErasuresResponse{}, paging.Size(req.PageSize, 50)
	if len(list) > size {
		list = list[:size]
		if answer.NextPageToken, err = paging.Encode(req, list[size-1].ID); err != nil {
			return nil, err
		}
	}
	for _, e := range list {
		answer.Erasures = append(answer.Erasures, e.show())
	}
	return answer, nil
}

// hold is why a case must be kept.
type hold struct {
	Reason string `json:"reason"`
	By     string `json:"by"`
	// Request and Digest are of the call that began it.
	Request string `json:"request_id,omitempty"`
	Digest  []byte `json:"digest,omitempty"`
}

// free refuses what would change a case that is held.
func (s *Service) free(ctx context.Context, ids ...string) error {
	for _, id := range ids {
		_, err := s.Eraser.bucket.Get(ctx, holdKey+id)
		if err == nil {
			return problem.New(problem.State, "CASE_HELD", "%s is held, and nothing of it may be erased; ReleaseCase ends a hold", name.Case(id))
		}
		if !errors.Is(err, bus.ErrNotFound) {
			return err
		}
	}
	return nil
}

// HoldCase keeps a case from being erased.
func (s *Service) HoldCase(ctx context.Context, req *rightsv1.HoldCaseRequest) (*rightsv1.HoldCaseResponse, error) {
	id, err := s.known(ctx, req.Case)
	if err != nil {
		return nil, err
	}
	digest, err := fact.Digest(req)
	if err != nil {
		return nil, err
	}
	value, err := json.Marshal(hold{Reason: req.Reason, By: token.From(ctx).Subject, Request: strings.ToLower(req.RequestId), Digest: digest})
	if err != nil {
		return nil, fmt.Errorf("rights: hold case %s: %w", id, err)
	}
	_, err = s.Eraser.bucket.Create(ctx, holdKey+id, value)
	if _, held := errors.AsType[*bus.ConflictError](err); held {
		err = s.sameHold(ctx, id, req.RequestId, digest)
	}
	return &rightsv1.HoldCaseResponse{}, err
}

// sameHold refuses a call with the request_id of the hold that there is, if it says
// something else.
func (s *Service) sameHold(ctx context.Context, id, request string, digest []byte) error {
	kept, err := s.Eraser.bucket.Get(ctx, holdKey+id)
	if errors.Is(err, bus.ErrNotFound) {
		return nil // released meanwhile
	}
	if err != nil {
		return err
	}
	var before hold
	if err := json.Unmarshal(kept.Value, &before); err != nil {
		return fmt.Errorf("rights: hold of case %s: %w", id, err)
	}
	if before.Request == strings.ToLower(request) && !bytes.Equal(before.Digest, digest) {
		return reused(request)
	}
	return nil
}

// ReleaseCase ends a hold.
func (s *Service) ReleaseCase(ctx context.Context, req *rightsv1.ReleaseCaseRequest) (*rightsv1.ReleaseCaseResponse, error) {
	id, err := s.known(ctx, req.Case)
	if err != nil {
		return nil, err
	}
	return &rightsv1.ReleaseCaseResponse{}, s.Eraser.bucket.Delete(ctx, holdKey+id)
}

// DeleteDrafts erases the drafts of the caller, as an erasure that a restored log
// carries out again.
func (s *Service) DeleteDrafts(ctx context.Context, req *rightsv1.DeleteDraftsRequest) (*rightsv1.DeleteDraftsResponse, error) {
	// Whoever repeats another's call by chance gets an erasure of their own.
	own := personKey(token.From(ctx).Subject)
	sum := sha256.Sum256([]byte(own + strings.ToLower(req.RequestId)))
	id := hex.EncodeToString(sum[:16])
	before, _, err := s.Eraser.ledger.get(ctx, id)
	if err != nil {
		return nil, err
	}
	if before == nil {
		order, err := s.entry(ctx, id, req, &rightsv1.Ground{Law: "GDPR", Section: "17"})
		if err != nil {
			return nil, err
		}
		order.DraftsOf = own
		due, err := s.Eraser.draftsOf(ctx, order)
		if err != nil {
			return nil, err
		}
		order.Drafts = int32(len(due)) // before the list is carried out beside this call
		if before, err = s.Eraser.Order(ctx, order); err != nil {
			return nil, err
		}
	}
	if _, err := s.Eraser.eraseDrafts(ctx, before); err != nil {
		return nil, err
	}
	return &rightsv1.DeleteDraftsResponse{Drafts: before.Drafts}, nil
}
