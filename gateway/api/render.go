package api

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/gateway/view"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/revision"
)

// render shows a case as one view, without its timeline.
func (s *Cases) render(whole *view.Whole) *casesv1.Case {
	c := proto.CloneOf(whole.State.Case)
	for _, p := range whole.State.Planned {
		if state := whole.Requests[casework.RequestKey{Provider: p.Provider, Number: int(p.Number)}]; state != nil {
			request := proto.CloneOf(state.Request)
			s.Directory.Name(request.Advisor)
			c.Requests = append(c.Requests, request)
			if request.UpdatedAt.AsTime().After(c.UpdatedAt.AsTime()) {
				c.UpdatedAt = request.UpdatedAt
			}
			continue
		}
		c.Requests = append(c.Requests, casework.Planned(c, p))
	}
	c.Asks = casework.Asks(c, c.Requests)
	c.Notices = casework.Notices(c, c.Requests, s.Writer.Now(), s.Registry.Limits())
	return c
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
	c := s.render(whole)
	timeline, err := s.View.Timeline(ctx, id, 0, position)
	if err != nil {
		return nil, err
	}
	for _, h := range timeline {
		if entry := s.entry(h); entry != nil {
			c.Timeline = append(c.Timeline, entry)
		}
	}
	casework.MarkCorrected(c.Timeline)
	c.Revision = revision.Encode(bus.StreamCases, position, "")
	return c, nil
}

// Show answers a case with its timeline as its company sees it, whoever asks.
func (s *Cases) Show(ctx context.Context, id string) (*casesv1.Case, error) {
	return s.full(ctx, id, s.View.Position())
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
	if corrected := h.Fact.GetWordsCorrected().GetSequence(); corrected > 0 {
		e.Corrects = revision.Encode(bus.StreamCases, corrected, h.Scope.String())
	}
	s.Directory.Name(e.Advisor)
	return e
}
