package web

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	consentv1 "github.com/businessespoo/hub/proto/businessespoo/consent/v1"
)

const (
	// visitEnds is how long somebody is away before what they see next is a new visit:
	// a step on the page, or loading it again, is still the same one.
	visitEnds = 30 * time.Minute
	// newsPatience bounds the wait for the access log, which no page depends on.
	newsPatience = time.Second
	// newsRows is how many of the visitor's own looks are read to find the last visit.
	newsRows = 100
	// othersRows is how many of the others' are, to find one that was not refused.
	othersRows = 10
)

// newsView is what came since the visitor's last visit, and who has looked meanwhile.
// Both are read from the access log, which holds when each person saw a case anyway:
// so nothing more is kept of anybody, and it holds on all their devices.
type newsView struct {
	// Since is the end of the last visit; zero on the first.
	Since time.Time
	// Said is Since in words, and N how much is new.
	Said string
	N    int
	// LastSeen tells who else saw the case last; empty when that is not known.
	LastSeen string
}

// besideCase is what the page of a case asks beside the case itself.
type besideCase struct {
	// own are the visitor's own looks, others the last of somebody else; nil when the
	// access log did not answer.
	own, others *accessv1.ListAccessResponse
	consents    *consentv1.ListConsentsResponse
	consentsErr error
}

// readBesideCase asks at the same time, so that the waits for the log are shared.
func (s *server) readBesideCase(r *http.Request, f *frame, c *casesv1.Case) *besideCase {
	b := &besideCase{}
	var group sync.WaitGroup
	group.Go(func() {
		b.consents, b.consentsErr = s.Consents.ListConsents(f.holding(r.Context(), r.PathValue("case")), &consentv1.ListConsentsRequest{Parent: c.GetName(), Language: f.Lang})
	})
	if r.Header.Get(liveHeader) == "" && s.Access != nil {
		ctx, cancel := context.WithTimeout(f.holding(r.Context(), requestKey(c.GetName())), newsPatience)
		defer cancel()
		// Without the log the page is shown without marks.
		group.Go(func() {
			b.own, _ = s.Access.ListAccess(ctx, &accessv1.ListAccessRequest{Parent: c.GetName(), By: accessv1.AccessBy_ACCESS_BY_CALLER, PageSize: newsRows})
		})
		group.Go(func() {
			b.others, _ = s.Access.ListAccess(ctx, &accessv1.ListAccessRequest{Parent: c.GetName(), By: accessv1.AccessBy_ACCESS_BY_OTHERS, PageSize: othersRows})
		})
	}
	group.Wait()
	return b
}

// news finds out when the visitor was here last. A page that keeps itself up to date
// says since when it marks, so that its marks stay.
func (f *frame) news(r *http.Request, b *besideCase) newsView {
	var n newsView
	if said := r.Header.Get(liveHeader); said != "" {
		n.Since, _ = time.Parse(time.RFC3339Nano, said)
	} else if b.own != nil && b.others != nil {
		n.Since, n.LastSeen = lastVisit(b.own.GetAccess(), f.now), f.lastSeen(b.others)
	}
	if !n.Since.IsZero() {
		n.Said, f.Since = f.instant(n.Since), n.Since.Format(time.RFC3339Nano)
	}
	return n
}

// lastVisit is when the caller, of whom rows tell newest first, was last there before
// they came this time; zero when they were not.
func lastVisit(rows []*accessv1.Access, now time.Time) time.Time {
	for _, a := range rows {
		deed := accessDeed(a.GetRow().GetMethod())
		if a.GetRow().GetRefused() != "" || deed != "read" && deed != "change" {
			continue
		}
		at := a.GetRow().GetTime().AsTime()
		if now.Sub(at) > visitEnds {
			return at
		}
		now = at
	}
	return time.Time{}
}

// lastSeen says who else saw the case last, and when.
func (f *frame) lastSeen(answer *accessv1.ListAccessResponse) string {
	i := slices.IndexFunc(answer.GetAccess(), func(a *accessv1.Access) bool { return a.GetRow().GetRefused() == "" })
	switch {
	case i >= 0:
		a := answer.GetAccess()[i]
		return f.T("journey_view.seen_last", "who", f.accessWho(a), "time", f.Time(a.GetRow().GetTime()))
	case answer.GetNextPageToken() == "":
		return f.T("journey_view.seen_nobody")
	}
	return ""
}

// mark marks what others did since the last visit, in the timeline and in the requests
// that it is about.
func (n *newsView) mark(entries []entryView, requests []requestView) {
	if n.Since.IsZero() {
		return
	}
	for i := range entries {
		e := &entries[i]
		if e.GetParty() == casesv1.Party_PARTY_COMPANY || !e.GetTime().AsTime().After(n.Since) {
			continue
		}
		e.New = true
		n.N++
		for j := range requests {
			requests[j].New = requests[j].New || requests[j].GetName() == e.GetRequest()
		}
	}
}
