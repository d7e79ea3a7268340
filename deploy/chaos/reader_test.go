package chaos

import (
	"context"
	"fmt"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// seenCase is all that the hub says of one case, to the company and to the
// providers.
type seenCase struct {
	Case *casesv1.Case
	// Requests and Notes are what each request's provider says, by request.
	Requests map[string]*providerv1.GetRequestResponse
	Notes    map[string][]*providerv1.Note
}

// reader asks a hub what it knows.
type reader struct {
	*target
	people *people
}

// caseOf reads a case; the answers show at least the revisions that its calls
// were acknowledged with.
func (r reader) caseOf(ctx context.Context, opening call, calls []call) (*seenCase, error) {
	newest := map[string]call{}
	last := opening
	for _, c := range calls {
		if c.Sequence > newest[c.Scope].Sequence {
			newest[c.Scope] = c
		}
		if c.Sequence > last.Sequence {
			last = c
		}
	}
	ctx, cancel := context.WithTimeout(ctx, callPatience)
	defer cancel()
	got, err := r.cases.GetCase(r.people.company(ctx, "checker"), &casesv1.GetCaseRequest{Name: opening.Case, MinRevision: last.Revision})
	if err != nil {
		return nil, fmt.Errorf("%s was opened, and reading it answers: %w", opening.Case, err)
	}
	seen := &seenCase{Case: got.Case, Requests: map[string]*providerv1.GetRequestResponse{}, Notes: map[string][]*providerv1.Note{}}
	for _, leaf := range opening.Requests {
		request := opening.Case + leaf
		scope, err := name.ParseRequest(request)
		if err != nil {
			return nil, err
		}
		as := r.people.advisor(ctx, scope.Party, advisors[0])
		one, err := r.desks.GetRequest(as, &providerv1.GetRequestRequest{Name: request, MinRevision: newest[request].Revision})
		if newest[request].Kind == "" && err != nil {
			continue // it is on its way to the inbox, as far as its clients know
		}
		if err != nil {
			return nil, fmt.Errorf("%s was worked on, and its provider answers: %w", request, err)
		}
		seen.Requests[request] = one
		notes, err := r.desks.ListNotes(as, &providerv1.ListNotesRequest{Parent: request, PageSize: 200})
		if err != nil {
			return nil, fmt.Errorf("the notes of %s: %w", request, err)
		}
		seen.Notes[request] = notes.Notes
	}
	return seen, nil
}

// every is all states, for those who want to see ended requests too.
var every = []casesv1.RequestStatus{
	casesv1.RequestStatus_REQUEST_STATUS_NEW, casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS, casesv1.RequestStatus_REQUEST_STATUS_WAITING,
	casesv1.RequestStatus_REQUEST_STATUS_DECIDED, casesv1.RequestStatus_REQUEST_STATUS_COMPLETED, casesv1.RequestStatus_REQUEST_STATUS_DECLINED,
	casesv1.RequestStatus_REQUEST_STATUS_WITHDRAWN,
}

// inbox lists a provider's requests, ended ones too, as often as they are there.
func (r reader) inbox(ctx context.Context, provider string) ([]*casesv1.Request, error) {
	var all []*casesv1.Request
	in := &providerv1.ListRequestsRequest{
		Parent: name.Provider(provider), PageSize: 200, Statuses: every, Order: providerv1.RequestOrder_REQUEST_ORDER_OLDEST,
	}
	for {
		page, err := r.desks.ListRequests(r.people.advisor(ctx, provider, advisors[0]), in)
		if err != nil {
			return nil, fmt.Errorf("the inbox of %s: %w", provider, err)
		}
		all = append(all, page.Requests...)
		if in.PageToken = page.NextPageToken; in.PageToken == "" {
			if int(page.TotalSize) != len(all) {
				return nil, fmt.Errorf("the inbox of %s counts %d requests and lists %d", provider, page.TotalSize, len(all))
			}
			return all, nil
		}
	}
}

// staff lists the resource names of a provider's advisors.
func (r reader) staff(ctx context.Context, provider string) ([]string, error) {
	var all []string
	in := &providerv1.ListAdvisorsRequest{Parent: name.Provider(provider), PageSize: 500}
	for {
		page, err := r.desks.ListAdvisors(r.people.advisor(ctx, provider, advisors[0]), in)
		if err != nil {
			return nil, fmt.Errorf("the staff of %s: %w", provider, err)
		}
		for _, member := range page.Staff {
			all = append(all, member.Advisor.Name)
		}
		if in.PageToken = page.NextPageToken; in.PageToken == "" {
			return all, nil
		}
	}
}

// draft reads what a person has saved; empty when there is none.
func (r reader) draft(ctx context.Context, person string) (string, error) {
	answer, err := r.cases.GetDraft(r.people.company(ctx, person), &casesv1.GetDraftRequest{Key: "unfinished"})
	if err != nil {
		return "", fmt.Errorf("the draft of %s: %w", person, err)
	}
	return answer.Draft.Content, nil
}
