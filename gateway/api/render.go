package api

import (
	"context"

	"github.com/businessespoo/hub/gateway/view"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/revision"
	"google.golang.org/protobuf/proto"
)

// render shows a case as one view, without its timeline.
func (s *Cases) render(id string, whole *view.Whole) *casesv1.Case {
	c := proto.CloneOf(whole.State.Case)
	for _, p := range whole.State.Planned {
		scope := name.Scope{Case: id, Party: p.Provider, Number: int(p.Number)}
		if state := whole.Requests[casework.RequestKey{Provider: p.Provider, Number: int(p.Number)}]; state != nil {
			request := proto.CloneOf(state.Request)
			s.Directory.Name(request.Advisor)
			c.Requests = append(c.Requests, request)
			continue
		}
		terms := p.GetTerms()
		c.Requests = append(c.Requests, &casesv1.Request{
			Name: scope.Resource(), Provider: name.Provider(p.Provider), Service: name.Service(p.Provider, p.Service),
			ServiceDisplayName: terms.GetDisplayName(), Status: casesv1.RequestStatus_REQUEST_STATUS_PLANNED, Company: c.Company,
			CaseTitle: c.Title, NeedText: c.NeedText, Language: c.Language, ContactLanguage: c.ContactLanguage, Inputs: p.Inputs,
			ExpectedTime: terms.GetExpectedTime(), DueDate: terms.GetDueDate(), OutcomeType: terms.GetOutcomeType(),
			Official: terms.GetOfficial(), ReferredFrom: p.ReferredFrom, Handover: p.Handover, Secret: c.Secret || terms.GetSecret(),
		})
	}
	c.Asks = casework.Asks(c, c.Requests)
	return c
}

// full shows a case with its timeline up to the view's position.
func (s *Cases) full(ctx context.Context, id string) (*casesv1.Case, uint64, error) {
	position := s.View.Position()
	whole, err := s.View.Whole(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	if whole == nil {
		return nil, 0, notFound(name.Case(id))
	}
	c := s.render(id, whole)
	timeline, err := s.View.Timeline(ctx, id, 0, position)
	if err != nil {
		return nil, 0, err
	}
	for _, h := range timeline {
		if entry := s.entry(h); entry != nil {
			c.Timeline = append(c.Timeline, entry)
		}
	}
	c.Revision = revision.Encode(bus.StreamCases, position, "")
	return c, position, nil
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
