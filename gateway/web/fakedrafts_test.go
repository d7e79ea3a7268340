package web_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// fakeDrafts are drafts as the API keeps them, of one person.
type fakeDrafts map[string]*casesv1.Draft

// unfinished is a draft that was begun before the test.
func unfinished() *casesv1.Draft {
	const content = `{"at":"0","values":{"text":["Kahvila <b>Tapiolaan</b>"],"service":["` + apprenticeship + `","` + paySubsidy + `"],"draft":["unfinished"],"in:` + apprenticeship + `:tasks":["Kassatyö"]}}`
	return &casesv1.Draft{Key: "unfinished", DisplayName: "Kahvila <b>Tapiolaan</b>", Content: content, Etag: "1", UpdatedAt: timestamppb.New(noon())}
}

func (f *fake) SaveDraft(_ context.Context, r *casesv1.SaveDraftRequest) (*casesv1.SaveDraftResponse, error) {
	f.mu.Lock()
	between := f.between
	f.between = nil
	f.mu.Unlock()
	if between != nil {
		between()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	d := r.GetDraft()
	if d.GetEtag() != "" && f.drafts[d.GetKey()].GetEtag() != d.GetEtag() {
		return nil, problem.New(problem.Conflict, "STALE_ETAG", "changed meanwhile").GRPCStatus().Err()
	}
	d.Etag, d.UpdatedAt = fmt.Sprint(len(f.calls)), timestamppb.New(noon())
	f.drafts[d.GetKey()] = d
	return &casesv1.SaveDraftResponse{Draft: d}, nil
}

func (f *fake) GetDraft(_ context.Context, r *casesv1.GetDraftRequest) (*casesv1.GetDraftResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.drafts[r.GetKey()] == nil {
		return nil, problem.New(problem.NotFound, "NOT_FOUND", "you have no draft %s", r.GetKey()).GRPCStatus().Err()
	}
	return &casesv1.GetDraftResponse{Draft: f.drafts[r.GetKey()]}, nil
}

func (f *fake) ListDrafts(context.Context, *casesv1.ListDraftsRequest) (*casesv1.ListDraftsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	answer := &casesv1.ListDraftsResponse{}
	for _, d := range f.drafts {
		answer.Drafts = append(answer.Drafts, &casesv1.Draft{Key: d.GetKey(), DisplayName: d.GetDisplayName(), UpdatedAt: d.GetUpdatedAt()})
	}
	slices.SortFunc(answer.Drafts, func(a, b *casesv1.Draft) int { return cmp.Compare(a.Key, b.Key) })
	return answer, nil
}

func (f *fake) DeleteDraft(_ context.Context, r *casesv1.DeleteDraftRequest) (*casesv1.DeleteDraftResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.drafts, r.GetKey())
	return &casesv1.DeleteDraftResponse{}, nil
}
