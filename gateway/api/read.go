package api

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/businessespoo/hub/gateway/view"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/paging"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
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
	if err := s.await(ctx, "min_revision", req.MinRevision); err != nil {
		return nil, err
	}
	id, _, err := s.mine(ctx, req.Name)
	if err != nil {
		return nil, err
	}
	c, _, err := s.full(ctx, id)
	return &casesv1.GetCaseResponse{Case: c}, err
}

// ListCases lists the cases that the caller may see.
func (s *Cases) ListCases(ctx context.Context, req *casesv1.ListCasesRequest) (*casesv1.ListCasesResponse, error) {
	if err := s.await(ctx, "min_revision", req.MinRevision); err != nil {
		return nil, err
	}
	size := paging.Size(req.PageSize, 20)
	filter := view.Filter{Statuses: req.Statuses, Company: req.CompanyId, Query: req.Query, AsksMe: req.AsksMe, Limit: size + 1}
	if req.Provider != "" {
		key, err := name.ParseProvider(req.Provider)
		if err != nil {
			return nil, problem.New(problem.Invalid, "NAME_INVALID", "%s", err).Field("provider", err.Error())
		}
		filter.Provider = key
	}
	place, err := paging.Decode(req, req.PageToken, 1)
	if err != nil {
		return nil, err
	}
	if place != nil {
		if filter.Before, err = strconv.ParseUint(place[0], 10, 64); err != nil {
			return nil, problem.New(problem.Invalid, "PAGE_TOKEN_INVALID", "page_token is damaged").Field("page_token", "is damaged; begin anew without it")
		}
	}
	ids, changed, err := s.View.List(ctx, seer(token.From(ctx)), filter)
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
			answer.Cases = append(answer.Cases, s.render(id, whole))
		}
	}
	return answer, nil
}

// draftKey is where a caller's draft is kept: nobody else's key leads there.
func draftKey(person, key string) string {
	return fmt.Sprintf("draft-%s-%s", hashed(person), hashed(key))
}

// SaveDraft keeps an unfinished case.
func (s *Cases) SaveDraft(ctx context.Context, req *casesv1.SaveDraftRequest) (*casesv1.SaveDraftResponse, error) {
	who := token.From(ctx)
	key := draftKey(who.Subject, req.Draft.Key)
	entry, err := s.Drafts.Get(ctx, key)
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	kept, err := readDraft(entry.Value)
	if err != nil {
		return nil, err
	}
	digest, err := digestOf(req)
	if err != nil {
		return nil, err
	}
	etag := etagOf(entry.Revision)
	if entry.Revision > 0 && kept.RequestID == req.RequestId {
		if !slices.Equal(kept.Digest, digest) {
			return nil, problem.New(problem.Exists, "REQUEST_ID_REUSED", "request_id %s was used for another call; take a new UUID for a new call", req.RequestId).
				Field("request_id", "was used for another call; take a new UUID for a new call")
		}
		return &casesv1.SaveDraftResponse{Draft: &casesv1.Draft{Key: req.Draft.Key, Content: kept.Content, Etag: etag}}, nil
	}
	if req.Draft.Etag != "" && req.Draft.Etag != etag {
		return nil, staleDraft(req.Draft.Etag, etag)
	}
	next, err := s.Drafts.Put(ctx, key, writeDraft(draft{RequestID: req.RequestId, Digest: digest, Content: req.Draft.Content}), entry.Revision)
	if isConflict(err) {
		return nil, staleDraft(req.Draft.Etag, "newer")
	}
	if err != nil {
		return nil, err
	}
	return &casesv1.SaveDraftResponse{Draft: &casesv1.Draft{Key: req.Draft.Key, Content: req.Draft.Content, Etag: etagOf(next)}}, nil
}

func staleDraft(given, newest string) error {
	return problem.New(problem.Conflict, "STALE_ETAG", "draft.etag %s names an older draft, the newest is %s; read it again, and save again", given, newest).
		Field("draft.etag", "names an older draft; read it again")
}

// GetDraft answers a draft that the caller saved.
func (s *Cases) GetDraft(ctx context.Context, req *casesv1.GetDraftRequest) (*casesv1.GetDraftResponse, error) {
	entry, err := s.Drafts.Get(ctx, draftKey(token.From(ctx).Subject, req.Key))
	if isNotFound(err) {
		return nil, problem.New(problem.NotFound, "NOT_FOUND", "you have no draft %s; it may have lapsed, a draft is kept for 30 days", req.Key)
	}
	if err != nil {
		return nil, err
	}
	kept, err := readDraft(entry.Value)
	if err != nil {
		return nil, err
	}
	return &casesv1.GetDraftResponse{Draft: &casesv1.Draft{Key: req.Key, Content: kept.Content, Etag: etagOf(entry.Revision)}}, nil
}
