package api

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc"

	"github.com/businessespoo/hub/gateway/statute"
	"github.com/businessespoo/hub/gateway/view"
	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	sharingv1 "github.com/businessespoo/hub/proto/businessespoo/sharing/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/paging"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/revision"
	"github.com/businessespoo/hub/services/kit/sight"
	"github.com/businessespoo/hub/services/kit/token"
)

// Sharing is the service that shows a provider the others' parts of a case. It
// works out at each read, and before each message of a watch, what may be seen.
type Sharing struct {
	sharingv1.UnsafeSharedCaseServiceServer
	*Cases
	Grounds statute.Grounds
}

// staffPatience is how long a call by an advisor who is not known waits: one who was
// added a moment ago may call before this process has read of it.
const (
	staffPatience = time.Second
	staffPause    = 20 * time.Millisecond
)

// advisor answers who calls. A token outlives the day on which somebody leaves.
func (s *Sharing) advisor(ctx context.Context) (token.Principal, error) {
	who := token.From(ctx)
	for waited := time.Duration(0); ; waited += staffPause {
		if _, ok := s.Directory.Member(who.Provider, who.Advisor); ok {
			return who, nil
		}
		if waited >= staffPatience {
			return who, problem.New(problem.Denied, "STAFF_UNKNOWN", "%s is not on the staff of this provider, or has left; an operator adds advisors with AddStaff",
				name.Advisor(who.Provider, who.Advisor))
		}
		select {
		case <-ctx.Done():
			return who, ctx.Err()
		case <-time.After(staffPause):
		}
	}
}

// look answers a case and what the caller's provider sees of it now. One of which it
// sees nothing does not exist.
func (s *Sharing) look(ctx context.Context, resource, provider string) (string, *view.Whole, sharedSight, error) {
	id, err := name.ParseCase(resource)
	if err != nil {
		return "", nil, sharedSight{}, problem.New(problem.Invalid, "NAME_INVALID", "%s", err).Field("name", err.Error())
	}
	whole, err := s.View.Whole(ctx, id)
	if err != nil {
		return "", nil, sharedSight{}, err
	}
	if whole == nil {
		return "", nil, sharedSight{}, notFound(resource)
	}
	g := s.sightOf(whole, provider, s.Writer.Now())
	if !g.anything() {
		return "", nil, sharedSight{}, notFound(resource)
	}
	return id, whole, g, nil
}

// shown is a case as a provider sees it, without what happened in it.
func (s *Sharing) shown(whole *view.Whole, g sharedSight) *sharingv1.SharedCase {
	c := s.render(whole)
	s.narrow(c, whole, g)
	return &sharingv1.SharedCase{Case: c, DataClasses: g.all().Classes(), Consent: g.consent, Disclosures: g.disclosures}
}

// GetSharedCase answers a case as far as the caller's provider may see it.
func (s *Sharing) GetSharedCase(ctx context.Context, req *sharingv1.GetSharedCaseRequest) (*sharingv1.GetSharedCaseResponse, error) {
	who, err := s.advisor(ctx)
	if err != nil {
		return nil, err
	}
	position, err := s.reach(ctx, req.Name, req.MinRevision)
	if err != nil {
		return nil, err
	}
	shared, g, err := s.sharedCase(ctx, req.Name, who.Provider, position)
	if err != nil {
		return nil, err
	}
	host.Because(ctx, g.basis())
	sight.Show(ctx, g.all())
	return &sharingv1.GetSharedCaseResponse{SharedCase: shared}, nil
}

// sharedCase is a case with what happened in it up to a place in the log.
func (s *Sharing) sharedCase(ctx context.Context, resource, provider string, position uint64) (*sharingv1.SharedCase, sharedSight, error) {
	id, whole, g, err := s.look(ctx, resource, provider)
	if err != nil {
		return nil, g, err
	}
	shared := s.shown(whole, g)
	timeline, err := s.View.Timeline(ctx, id, 0, position)
	if err != nil {
		return nil, g, err
	}
	for _, h := range timeline {
		if entry := s.happening(h, whole, g); entry != nil {
			shared.Case.Timeline = append(shared.Case.Timeline, entry)
		}
	}
	shared.Case.Revision = revision.Encode(bus.StreamCases, position, "")
	return shared, g, nil
}

// ListSharedCases lists the cases that are open to the caller's provider.
func (s *Sharing) ListSharedCases(ctx context.Context, req *sharingv1.ListSharedCasesRequest) (*sharingv1.ListSharedCasesResponse, error) {
	who, err := s.advisor(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.fresh(ctx, req.MinRevision); err != nil {
		return nil, err
	}
	before, err := placeOf(req, req.PageToken)
	if err != nil {
		return nil, err
	}
	size, now := paging.Size(req.PageSize, 20), s.Writer.Now()
	ids, changed, err := s.View.Shared(ctx, who.Provider, casework.Today(now), before, size+1)
	if err != nil {
		return nil, err
	}
	answer := &sharingv1.ListSharedCasesResponse{}
	if len(ids) > size {
		ids = ids[:size]
		if answer.NextPageToken, err = paging.Encode(req, strconv.FormatUint(changed[size-1], 10)); err != nil {
			return nil, err
		}
	}
	for _, id := range ids {
		whole, err := s.View.Whole(ctx, id)
		if err != nil {
			return nil, err
		}
		if whole == nil {
			continue
		}
		// Only what opens the case beyond its own requests brings it here.
		if g := s.sightOf(whole, who.Provider, now); (g.consented | g.law).Has(policyv1.DataClass_DATA_CLASS_CASE) {
			answer.SharedCases = append(answer.SharedCases, s.shown(whole, g))
			host.Because(ctx, &accessv1.Basis{Purpose: g.basis().GetPurpose()}, name.Case(id))
		}
	}
	sight.Show(ctx, sight.Of(policyv1.DataClass_DATA_CLASS_PUBLIC, policyv1.DataClass_DATA_CLASS_CASE)) // public is the page token
	return answer, nil
}

// WatchSharedCase sends a case, and then what happens in it, as long as the caller's
// provider sees what it saw when the watch began.
func (s *Sharing) WatchSharedCase(req *sharingv1.WatchSharedCaseRequest, stream grpc.ServerStreamingServer[sharingv1.WatchSharedCaseResponse]) error {
	ctx := stream.Context()
	who, err := s.advisor(ctx)
	if err != nil {
		return err
	}
	if err := s.fresh(ctx, ""); err != nil {
		return err
	}
	position := s.View.Position()
	shared, began, err := s.sharedCase(ctx, req.Name, who.Provider, position)
	if err != nil {
		return err
	}
	host.Because(ctx, began.basis())
	if err := stream.SendHeader(nil); err != nil {
		return err
	}
	sight.Show(ctx, began.all())
	if err := stream.Send(&sharingv1.WatchSharedCaseResponse{SharedCase: shared}); err != nil {
		return err
	}
	defer s.View.Watch()()
	again := time.NewTicker(visibleUntil) // a consent may also end by its date
	defer again.Stop()
	for {
		changed := s.View.Notify()
		if position, err = s.sendShared(ctx, req.Name, who, began, position, stream); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-again.C:
		}
	}
}

// sendShared sends what has happened since position, and ends the watch when less or
// more is seen than when it began.
func (s *Sharing) sendShared(ctx context.Context, resource string, who token.Principal, began sharedSight, position uint64,
	stream grpc.ServerStreamingServer[sharingv1.WatchSharedCaseResponse],
) (uint64, error) {
	if _, err := s.advisor(ctx); err != nil {
		return 0, err
	}
	last := s.View.Position()
	id, whole, now, err := s.stillSees(ctx, resource, who.Provider, began)
	if err != nil || position == last {
		return position, err
	}
	timeline, err := s.View.Timeline(ctx, id, position, last)
	if err != nil {
		return 0, err
	}
	for _, h := range timeline {
		entry := s.happening(h, whole, now)
		if entry == nil {
			continue
		}
		if _, _, _, err := s.stillSees(ctx, resource, who.Provider, began); err != nil {
			return 0, err
		}
		if err := stream.Send(&sharingv1.WatchSharedCaseResponse{Entry: entry}); err != nil {
			return 0, err
		}
	}
	return last, nil
}

// stillSees fails when the provider no longer sees what it saw as a watch began.
func (s *Sharing) stillSees(ctx context.Context, resource, provider string, began sharedSight) (string, *view.Whole, sharedSight, error) {
	id, whole, now, err := s.look(ctx, resource, provider)
	if problem.KindOf(err) == problem.NotFound || err == nil && now.all() != began.all() {
		return "", nil, now, problem.New(problem.Denied, "SIGHT_ENDED", "what %s may see of %s has changed; read it again, if there is something to see", began.provider, resource)
	}
	return id, whole, now, err
}

// ListLegalGrounds lists the sections of law by which more may be seen.
func (s *Sharing) ListLegalGrounds(ctx context.Context, req *sharingv1.ListLegalGroundsRequest) (*sharingv1.ListLegalGroundsResponse, error) {
	answer := &sharingv1.ListLegalGroundsResponse{}
	language := orElse(req.Language, "fi")
	for _, g := range s.Grounds {
		answer.LegalGrounds = append(answer.LegalGrounds, &sharingv1.LegalGround{
			Act: g.Act, Section: g.Section, DisplayName: g.Names.In(language), Description: g.Descriptions.In(language), DataClasses: g.Allows().Classes(),
		})
	}
	sight.Show(ctx, s.Sight.Sees(sight.Stranger, sight.Given{})) // laws are public
	return answer, nil
}

const (
	// disclosureDays is how long a disclosure holds when no end is given, and
	// disclosureMonths how long at the most.
	disclosureDays   = 30
	disclosureMonths = 12
	// leastReason is how many characters tell what a disclosure is needed for.
	leastReason = 10
)

// RecordDisclosure records what an authority takes by law.
func (s *Sharing) RecordDisclosure(ctx context.Context, req *sharingv1.RecordDisclosureRequest) (*sharingv1.RecordDisclosureResponse, error) {
	who, err := s.advisor(ctx)
	if err != nil {
		return nil, err
	}
	id, _, g, err := s.look(ctx, req.Parent, who.Provider)
	if err != nil {
		return nil, err
	}
	switch {
	case g.asked == 0:
		return nil, notFound(req.Parent) // who was not asked has no matter here that a law could serve
	case !s.isAuthority(g.provider):
		return nil, problem.New(problem.Denied, "NOT_AN_AUTHORITY", "%s is no authority, and no law opens others' data to it; ask the company for its consent", g.provider)
	}
	call, err := s.call(ctx, req)
	if err != nil {
		return nil, err
	}
	call.Basis = &eventsv1.Basis{Kind: "law", Reference: req.Act, Section: req.Section}
	state, err := s.Writer.Case(ctx, id, call, func(now *statev1.CaseState) (casework.CaseCommand, error) {
		if repeats(now.GetScope(), req.RequestId) {
			return casework.RecordDisclosure{}, nil
		}
		d, err := s.disclosure(req, g.provider)
		return casework.RecordDisclosure{Disclosure: d}, err
	})
	if err != nil {
		return nil, err
	}
	host.Because(ctx, &accessv1.Basis{Purpose: accessv1.Purpose_PURPOSE_STATUTORY_DISCLOSURE, Reference: req.Act + ", " + req.Section + " §"})
	answer := &sharingv1.RecordDisclosureResponse{Revision: revisionOf(name.CaseScope(id), state.Scope)}
	for _, d := range slices.Backward(state.Case.Disclosures) {
		if d.Provider == g.provider && d.Act == req.Act && d.Section == req.Section {
			answer.Disclosure = d
			break
		}
	}
	sight.Show(ctx, g.all())
	return answer, nil
}

// disclosure checks what is to be recorded against the section of law.
func (s *Sharing) disclosure(req *sharingv1.RecordDisclosureRequest, provider string) (*casesv1.Disclosure, error) {
	wrong := problem.New(problem.Invalid, "DISCLOSURE_INVALID", "the disclosure cannot be recorded as it is; each field says what would be right")
	ground, known := s.Grounds.Find(req.Act, req.Section)
	if !known {
		return nil, wrong.Field("act", fmt.Sprintf("%s section %s is not among the sections that open a case; ListLegalGrounds lists them", req.Act, req.Section))
	}
	needed := sight.Of(req.DataClasses...)
	if more := needed &^ ground.Allows(); more != 0 {
		wrong.Field("data_classes", fmt.Sprintf("names %v; %s section %s opens at the most %v", more.Classes(), req.Act, req.Section, ground.Allows().Classes()))
	}
	if utf8.RuneCountInString(req.Reason) < leastReason {
		wrong.Field("reason", fmt.Sprintf("has less than %d characters; say what it is needed for, the company reads it", leastReason))
	}
	today := catalogue.DateOf(s.Writer.Now())
	last := today.AddMonths(disclosureMonths)
	validTo := catalogue.Date(orElse(req.ValidTo, casework.Today(s.Writer.Now().AddDate(0, 0, disclosureDays))))
	if validTo < today || validTo > last {
		wrong.Field("valid_to", fmt.Sprintf("is %s; it must be from %s to %s", validTo, today, last))
	}
	return &casesv1.Disclosure{
		Provider: provider, Act: req.Act, Section: req.Section, DataClasses: needed.Classes(), Reason: req.Reason, ValidTo: string(validTo),
	}, ifWrong(wrong)
}
