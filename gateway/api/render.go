package api

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/gateway/view"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/revision"
)

// The amounts of the employment area's catalogue that the rules over the whole
// case count with.
const (
	amountsOf       = "employment"
	deMinimisEuros  = "de_minimis.max"
	deMinimisPeriod = "de_minimis.years"
)

// limits are the figures of law of today; a rule without its figure says nothing.
func (s *Cases) limits() casework.Limits {
	euros, known := s.Registry.Amount(amountsOf, deMinimisEuros)
	years, period := s.Registry.Amount(amountsOf, deMinimisPeriod)
	if !known || !period {
		return casework.Limits{}
	}
	return casework.Limits{DeMinimisCents: 100 * euros, DeMinimisYears: int(years)}
}

// render shows a case as one view, without its timeline.
func (s *Cases) render(id string, whole *view.Whole) *casesv1.Case {
	c := proto.CloneOf(whole.State.Case)
	for _, p := range whole.State.Planned {
		scope := name.Scope{Case: id, Party: p.Provider, Number: int(p.Number)}
		if state := whole.Requests[casework.RequestKey{Provider: p.Provider, Number: int(p.Number)}]; state != nil {
			request := proto.CloneOf(state.Request)
			s.Directory.Name(request.Advisor)
			c.Requests = append(c.Requests, request)
			if request.UpdatedAt.AsTime().After(c.UpdatedAt.AsTime()) {
				c.UpdatedAt = request.UpdatedAt
			}
			continue
		}
		c.Requests = append(c.Requests, planned(c, scope, p))
	}
	c.Asks = casework.Asks(c, c.Requests)
	c.Notices = casework.Notices(c, c.Requests, s.Writer.Now(), s.limits())
	return c
}

// planned shows a request that has not reached its provider. It never will once a
// case that nobody confirmed has ended.
func planned(c *casesv1.Case, scope name.Scope, p *eventsv1.PlannedRequest) *casesv1.Request {
	terms := p.GetTerms()
	r := &casesv1.Request{
		Name: scope.Resource(), Provider: name.Provider(p.Provider), Service: name.Service(p.Provider, p.Service),
		ServiceDisplayName: terms.GetDisplayName(), Status: casesv1.RequestStatus_REQUEST_STATUS_PLANNED, Company: c.Company,
		CaseTitle: c.Title, NeedText: c.NeedText, Language: c.Language, ContactLanguage: c.ContactLanguage, Inputs: p.Inputs,
		ExpectedTime: terms.GetExpectedTime(), DueDate: terms.GetDueDate(), OutcomeType: terms.GetOutcomeType(),
		Official: terms.GetOfficial(), ReferredFrom: p.ReferredFrom, Handover: p.Handover, Secret: c.Secret || terms.GetSecret(),
		Unconfirmed: c.Status == casesv1.CaseStatus_CASE_STATUS_UNCONFIRMED,
	}
	switch c.Status {
	case casesv1.CaseStatus_CASE_STATUS_LAPSED, casesv1.CaseStatus_CASE_STATUS_CLOSED:
		r.Status, r.EndedAt = casesv1.RequestStatus_REQUEST_STATUS_WITHDRAWN, c.ClosedAt
	}
	if p.InvitedToProvider != "" {
		r.InvitedTo = name.Request(scope.Case, p.InvitedToProvider, int(p.InvitedToNumber))
	}
	return r
}

// full shows a case with its timeline up to position, which the view has come to.
// The rest may be newer: a watch from there tells of it again, and harms nothing.
func (s *Cases) full(ctx context.Context, id string, position uint64) (*casesv1.Case, error) {
	whole, err := s.View.Whole(ctx, id)
	if err != nil {
		return nil, err
	}
	if whole == nil {
		return nil, notFound(name.Case(id))
	}
	c := s.render(id, whole)
	timeline, err := s.View.Timeline(ctx, id, 0, position)
	if err != nil {
		return nil, err
	}
	for _, h := range timeline {
		if entry := s.entry(h); entry != nil {
			c.Timeline = append(c.Timeline, entry)
		}
	}
	c.Revision = revision.Encode(bus.StreamCases, position, "")
	return c, nil
}

// entry shows a fact in the case's timeline; nil for one that only repeats another.
func (s *Cases) entry(h view.Happening) *casesv1.TimelineEntry {
	request := ""
	if !h.Scope.IsCase() {
		if casework.Repeated(h.Fact) {
			return nil
		}
		request = h.Scope.Resource()
	}
	e := casework.EntryOf(h.Fact, name.Case(h.Scope.Case), request)
	e.Revision = revision.Encode(bus.StreamCases, h.Sequence, h.Scope.String())
	s.Directory.Name(e.Advisor)
	return e
}
