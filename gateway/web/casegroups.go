package web

import (
	"context"
	"fmt"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// caseGroup is some of the cases under a heading; an empty one when there is one group.
type caseGroup struct {
	Key, Title string
	Cases      []*casesv1.Case
}

// caseGroups puts cases that wait first and the rest under their companies, in the order
// in which they come.
func (f *frame) caseGroups(waiting, cases []*casesv1.Case) []caseGroup {
	var groups []caseGroup
	shown := map[string]bool{}
	if len(waiting) > 0 {
		groups = append(groups, caseGroup{Key: "waiting", Title: f.T("journey_view.waiting"), Cases: waiting})
		for _, c := range waiting {
			shown[c.GetName()] = true
		}
	}
	of, companies := map[string][]*casesv1.Case{}, []*casesv1.Company{}
	for _, c := range cases {
		if shown[c.GetName()] {
			continue
		}
		id := c.GetCompany().GetId()
		if of[id] == nil {
			companies = append(companies, c.GetCompany())
		}
		of[id] = append(of[id], c)
	}
	for _, company := range companies {
		g := caseGroup{Key: "of-" + slug(company.GetId()), Cases: of[company.GetId()]}
		switch {
		case len(companies) > 1:
			g.Title = f.CompanyName(company)
		case len(groups) > 0:
			g.Title = f.T("journey_view.others")
		}
		groups = append(groups, g)
	}
	return groups
}

// waiting are the cases that wait for the visitor, beside a first page of all.
func (s *server) waiting(ctx context.Context, view *casesView, request *casesv1.ListCasesRequest) ([]*casesv1.Case, error) {
	if view.Filtered || request.GetPageToken() != "" {
		return nil, nil
	}
	answer, err := s.Cases.ListCases(ctx, &casesv1.ListCasesRequest{AsksMe: true, PageSize: 100})
	if err != nil {
		return nil, fmt.Errorf("web: list the cases that wait: %w", err)
	}
	return answer.GetCases(), nil
}

// Waits counts what waits for the visitor in a case; an offer to rate does not.
func (f *frame) Waits(c *casesv1.Case) int {
	n := 0
	for _, ask := range c.GetAsks() {
		if ask.GetKind() != casesv1.AskKind_ASK_KIND_RATE {
			n++
		}
	}
	return n
}
