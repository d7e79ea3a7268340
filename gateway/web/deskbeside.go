package web

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	sharingv1 "github.com/businessespoo/hub/proto/businessespoo/sharing/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// beside is what stands beside a request on its page, read at the same time.
type beside struct {
	notes       []*providerv1.Note
	notesDenied bool
	staff       []*providerv1.StaffMember
	blocks      []*providerv1.TextBlock
	// shared is nil where there is nothing to see, or it could not be read (sharedAway).
	shared     *sharingv1.SharedCase
	sharedAway bool
}

func (s *server) readBeside(ctx context.Context, f *frame, request *casesv1.Request) (*beside, error) {
	var b beside
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		answer, err := s.Provider.ListNotes(ctx, &providerv1.ListNotesRequest{Parent: request.GetName(), PageSize: 200})
		if isKind(err, problem.Denied) {
			b.notesDenied = true
			return nil
		}
		if err != nil {
			return fmt.Errorf("web: list notes: %w", err)
		}
		b.notes = answer.GetNotes()
		return nil
	})
	if f.Session.Lead() && !ended(request.GetStatus()) {
		group.Go(func() error {
			answer, err := s.Provider.ListAdvisors(ctx, &providerv1.ListAdvisorsRequest{Parent: request.GetProvider(), PageSize: 500})
			if err != nil {
				return fmt.Errorf("web: list advisors: %w", err)
			}
			b.staff = answer.GetStaff()
			return nil
		})
	}
	if slices.Contains(f.offered(request), "reply") {
		group.Go(func() error {
			// Without them everything is written by hand.
			answer, _ := s.Provider.ListTextBlocks(ctx, &providerv1.ListTextBlocksRequest{Parent: request.GetProvider()})
			b.blocks = answer.GetTextBlocks()
			return nil
		})
	}
	if f.Session.Advisor() != "" {
		group.Go(func() error {
			answer, err := s.Sharing.GetSharedCase(ctx, &sharingv1.GetSharedCaseRequest{Name: strings.Split(request.GetName(), "/requests/")[0]})
			// The request can be worked on without the others' parts.
			b.shared, b.sharedAway = answer.GetSharedCase(), isKind(err, problem.Unavailable, problem.Deadline, problem.Internal)
			return nil
		})
	}
	return &b, group.Wait()
}

// sharedParts are the others' parts of a request's case, in short.
type sharedParts struct {
	// Away tells that they cannot be read now, Closed that the company has opened nothing of them.
	Away, Closed bool
	Parts        []sharedPart
}

// sharedPart is one other request of the case: what is known of it by consent or law.
type sharedPart struct {
	*casesv1.Request
	Title, ProviderName string
}

func (f *frame) sharedParts(b *beside, request *casesv1.Request) sharedParts {
	parts := sharedParts{Away: b.sharedAway}
	if b.shared == nil {
		return parts
	}
	for _, other := range b.shared.GetCase().GetRequests() {
		if other.GetProvider() == request.GetProvider() {
			continue
		}
		part := sharedPart{Request: other, ProviderName: f.Provider(other.GetProvider())}
		if other.GetService() != "" {
			part.Title = f.requestTitle(other)
		}
		parts.Parts = append(parts.Parts, part)
	}
	parts.Closed = !slices.Contains(b.shared.GetDataClasses(), policyv1.DataClass_DATA_CLASS_PROGRESS)
	return parts
}

// askedNow says what is asked of the provider at this moment, and the words that the
// company waits for an answer to.
func (f *frame) askedNow(r *casesv1.Request, timeline []*casesv1.TimelineEntry, mine bool) (asked []string, words string) {
	if r.GetUnansweredMessages() > 0 && !ended(r.GetStatus()) {
		asked = append(asked, f.Unanswered(r.GetUnansweredMessages()))
		for _, e := range timeline {
			if e.GetKind() == casesv1.EntryKind_ENTRY_KIND_MESSAGE_POSTED && e.GetText() != "" {
				words = e.GetText()
			}
		}
	}
	switch r.GetStatus() {
	case casesv1.RequestStatus_REQUEST_STATUS_NEW:
		asked = append(asked, f.T("board.now_new"))
	case casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS:
		if mine {
			asked = append(asked, f.T("board.now_yours"))
		}
	case casesv1.RequestStatus_REQUEST_STATUS_WAITING:
		asked = append(asked, f.T("board.now_waiting"))
	case casesv1.RequestStatus_REQUEST_STATUS_DECIDED:
		asked = append(asked, f.T("board.now_decided"))
	}
	switch {
	case ended(r.GetStatus()):
	case r.GetOverdue():
		asked = append(asked, f.T("board.now_late", "date", f.Date(r.GetDueDate())))
	case r.GetDueDate() != "" && r.GetStatus() != casesv1.RequestStatus_REQUEST_STATUS_WAITING:
		asked = append(asked, f.T("board.now_due", "date", f.Date(r.GetDueDate())))
	}
	return asked, words
}

// undoes names the step that takes another back, the state in which it can, and what the
// button says.
var undoes = map[string]struct {
	step string
	from casesv1.RequestStatus
	text string
}{
	"pickup":   {"handback", casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS, "board.undo_pickup"},
	"handback": {"pickup", casesv1.RequestStatus_REQUEST_STATUS_NEW, "board.undo_handback"},
}

// undo offers the way back from the step that was just taken: what was sent to the
// company cannot be unsent, and is corrected instead.
func (v *deskRequestView) undo(done string) {
	if back, ok := undoes[done]; ok && v.Request.GetStatus() == back.from {
		fm := v.deskForm(back.step, v.Request, nil)
		fm.ID, fm.Fields, fm.Intro, fm.Button = "undo", nil, "", v.T(back.text)
		fm = fm.finish(nil)
		v.Undo = &fm
		return
	}
	if !slices.Contains([]string{"reply", "ask", "refer", "contact", "complete", "decline", "decide"}, done) {
		return
	}
	for _, e := range v.Timeline { // the newest first
		if e.Own != "" {
			v.Amend = e.Own
			return
		}
	}
}
