package view

import (
	"fmt"
	"slices"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/name"
)

// write writes each touched scope once.
func (b *batch) write() error {
	for id, updated := range b.updated {
		entry := b.cases[id]
		if !b.changed[id] {
			if _, err := b.tx.Exec(`UPDATE cases SET updated = ? WHERE row = ?`, int64(updated), entry.row); err != nil {
				return fmt.Errorf("view: touch case %s: %w", id, err)
			}
			continue
		}
		blob, err := marshal.Marshal(entry.state)
		if err != nil {
			return fmt.Errorf("view: write case %s: %w", id, err)
		}
		c := entry.state.Case
		if _, err := b.tx.Exec(`UPDATE cases SET company = ?, opener = ?, linked = ?, code = ?, status = ?, confirm_by = ?, updated = ?, secret = ?, state = ? WHERE row = ?`,
			CompanyKey(c.Company), entry.state.Opener, int64(entry.linked), c.Code, int64(c.Status), confirmBy(c), int64(updated), secret(entry.state), blob, entry.row); err != nil {
			return fmt.Errorf("view: write case %s: %w", id, err)
		}
		if err := b.writeShares(entry); err != nil {
			return fmt.Errorf("view: write who sees case %s: %w", id, err)
		}
	}
	for scope, state := range b.requests {
		if state.Request == nil {
			continue // nothing but what was no good
		}
		blob, err := marshal.Marshal(state)
		if err != nil {
			return fmt.Errorf("view: write %s: %w", scope, err)
		}
		due, told := dueOf(state)
		if _, err := b.tx.Exec(`INSERT INTO requests (row, provider, n, status, asks, due, told, secret, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET status = excluded.status, asks = excluded.asks, due = excluded.due, told = excluded.told, state = excluded.state`,
			b.cases[scope.Case].row, scope.Party, scope.Number, int64(state.Request.Status), pressing(state), due, told, state.Request.Secret, blob); err != nil {
			return fmt.Errorf("view: write %s: %w", scope, err)
		}
	}
	return nil
}

// publish shows the changed states to readers and forgets what is no longer ahead.
func (b *batch) publish(last uint64) {
	v := b.view
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last = last
	for _, g := range b.erased {
		v.forget(g.id)
	}
	for id := range b.updated {
		scope := name.CaseScope(id).String()
		v.applied.put(scope, b.cases[id])
		v.overtake(scope, b.cases[id].state.Scope.Sequence)
	}
	for scope, state := range b.requests {
		if state.Request != nil {
			v.applied.put(scope.String(), state)
			v.overtake(scope.String(), state.Scope.Sequence)
		}
	}
}

// overtake drops what was ahead in a scope once the view is as far.
func (v *View) overtake(scope string, sequence uint64) {
	if sequenceOf(v.ahead[scope]) <= sequence {
		delete(v.ahead, scope)
	}
}

// secret tells that a case is kept from everybody else: it was opened so, or all
// that it asks for is. One secret service among others does not hide the case,
// which has been seen, but only its request.
func secret(s *statev1.CaseState) bool {
	open := func(p *eventsv1.PlannedRequest) bool { return !p.GetTerms().GetSecret() }
	return s.Case.Secret || !slices.ContainsFunc(s.Planned, open)
}

// confirmBy is the date that the ticker minds; empty when nothing waits for it.
func confirmBy(c *casesv1.Case) string {
	if c.Status == casesv1.CaseStatus_CASE_STATUS_UNCONFIRMED {
		return c.ConfirmBy
	}
	return ""
}

// dueOf is the date that the ticker minds, and what was told about it.
func dueOf(s *statev1.RequestState) (due string, told int) {
	r := s.Request
	running := r.Status == casesv1.RequestStatus_REQUEST_STATUS_NEW || r.Status == casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS
	if running && s.WaitingSince == nil {
		due = r.DueDate
	}
	switch {
	case r.Overdue:
		told = 2
	case s.DueSoon, r.DueDate <= casework.Today(r.RequestedAt.AsTime().AddDate(0, 0, casework.SoonDays)):
		told = 1 // or so short a term that the warning would come with the request
	}
	return due, told
}

// pressing counts what waits for the company's answer in a request, as long as
// its case is open.
func pressing(s *statev1.RequestState) int {
	n := 0
	for _, a := range casework.Asks(&casesv1.Case{Status: casesv1.CaseStatus_CASE_STATUS_OPEN}, []*casesv1.Request{s.Request}) {
		if casework.Pressing(a) {
			n++
		}
	}
	return n
}

// CompanyKey is how a company is compared: its Business ID, or scheme:value.
func CompanyKey(c *casesv1.Company) string {
	switch c.GetScheme() {
	case casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID:
		return c.Id
	case casesv1.CompanyScheme_COMPANY_SCHEME_VAT:
		return "vat:" + c.Id
	case casesv1.CompanyScheme_COMPANY_SCHEME_LEI:
		return "lei:" + c.Id
	case casesv1.CompanyScheme_COMPANY_SCHEME_EUID:
		return "euid:" + c.Id
	}
	return ""
}
