package api

import (
	"context"
	"strconv"

	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/gateway/view"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/paging"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/sight"
)

// SuggestServices ranks the services that answer a need.
func (s *Cases) SuggestServices(_ context.Context, req *casesv1.SuggestServicesRequest) (*casesv1.SuggestServicesResponse, error) {
	language := orElse(req.Language, "fi")
	answer := &casesv1.SuggestServicesResponse{ConsentTextVersion: ConsentTextVersion, ConsentText: consentText[language]}
	in, err := s.Registry.Intake()
	if err != nil {
		return nil, err
	}
	switch {
	case (req.Text == "") == (req.NeedCode == ""):
		const right = "tell the need in text, or give a need_code, one of the two"
		return nil, problem.New(problem.Invalid, "NEED_MISSING", "%s", right).Field("text", right).Field("need_code", right)
	case req.NeedCode != "":
		found := in.ByNeed(req.NeedCode)
		if len(found) == 0 {
			return nil, problem.New(problem.Invalid, "NEED_CODE_UNKNOWN", "need_code %q is not known; CatalogueService.ListNeeds lists the codes", req.NeedCode).
				Field("need_code", "is not known; CatalogueService.ListNeeds lists the codes")
		}
		found = found[:min(len(found), paging.Size(req.PageSize, 20))]
		for _, suggestion := range found {
			answer.Suggestions = append(answer.Suggestions, s.suggestion(suggestion, language))
		}
		return answer, nil
	}
	for _, suggestion := range in.Suggest(req.Text, language, paging.Size(req.PageSize, 5)) {
		answer.Suggestions = append(answer.Suggestions, s.suggestion(suggestion, language))
	}
	if len(answer.Suggestions) == 0 {
		answer.Message = nothingFound[language]
	}
	return answer, nil
}

// GetCase answers the whole view of one case.
func (s *Cases) GetCase(ctx context.Context, req *casesv1.GetCaseRequest) (*casesv1.GetCaseResponse, error) {
	position, err := s.reach(ctx, req.Name, req.MinRevision)
	if err != nil {
		return nil, err
	}
	id, err := s.mine(ctx, req.Name)
	if err != nil {
		return nil, err
	}
	c, err := s.full(ctx, id, position)
	return &casesv1.GetCaseResponse{Case: c}, err
}

// ListCases lists the cases that the caller may see. A case that changes while
// somebody turns the pages moves to the front: it is on no page twice, and the
// others are on one each.
func (s *Cases) ListCases(ctx context.Context, req *casesv1.ListCasesRequest) (*casesv1.ListCasesResponse, error) {
	if err := s.fresh(ctx, req.MinRevision); err != nil {
		return nil, err
	}
	size := paging.Size(req.PageSize, 20)
	filter, err := filterOf(req)
	if err != nil {
		return nil, err
	}
	who := s.caller(ctx)
	filter.Classes = s.Sight.Caller(policyv1.Part_PART_CASE, who)
	if who.Role == policyv1.Role_ROLE_INTEGRATOR {
		filter.Classes, filter.ClassesOf = s.sees(who, ""), map[string]sight.Set{}
		for _, company := range who.Companies {
			filter.ClassesOf[company] = s.sees(who, company)
		}
	}
	filter.Limit = size + 1
	if filter.Before, err = placeOf(req, req.PageToken); err != nil {
		return nil, err
	}
	ids, changed, err := s.View.List(ctx, s.seer(ctx), filter)
	if err != nil {
		return nil, err
	}
	answer := &casesv1.ListCasesResponse{}
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
		if whole != nil {
			shown := s.render(whole)
			if filter.ClassesOf != nil {
				shown = sight.Mask(shown, s.sees(who, view.CompanyKey(shown.Company)))
			}
			answer.Cases = append(answer.Cases, shown)
		}
	}
	sight.Show(ctx, sight.All) // each is masked by what its own company granted
	return answer, nil
}

// mostWords is how many words a search takes.
const mostWords = 10

// filterOf reads which cases a caller wants listed.
func filterOf(req *casesv1.ListCasesRequest) (view.Filter, error) {
	f := view.Filter{Statuses: req.Statuses, AsksMe: req.AsksMe, Words: view.Words(req.Query)}
	if n := len(f.Words); n > mostWords {
		const right = "give at most 10 words"
		return f, problem.New(problem.Invalid, "QUERY_TOO_LONG", "query has %d words; %s", n, right).Field("query", right)
	}
	var err error
	if req.CompanyId != "" {
		if f.Companies, err = companyKeys(req.CompanyId); err != nil {
			return f, problem.New(problem.Invalid, "COMPANY_INVALID", "company_id: %s", err).Field("company_id", err.Error())
		}
	}
	if req.Provider != "" {
		if f.Provider, err = name.ParseProvider(req.Provider); err != nil {
			return f, problem.New(problem.Invalid, "NAME_INVALID", "%s", err).Field("provider", err.Error())
		}
	}
	return f, nil
}

// placeOf reads a page token that holds one number; 0 without a token.
func placeOf(query proto.Message, text string) (uint64, error) {
	place, err := paging.Decode(query, text, 1)
	if err != nil || place == nil {
		return 0, err
	}
	number, err := strconv.ParseUint(place[0], 10, 63)
	if err != nil {
		return 0, problem.New(problem.Invalid, "PAGE_TOKEN_INVALID", "page_token is damaged").Field("page_token", "is damaged; begin anew without it")
	}
	return number, nil
}
