package casework

import (
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// Asks answers what waits for the company in a case, most pressing first.
func Asks(c *casesv1.Case, requests []*casesv1.Request) []*casesv1.Ask {
	var asks, apply, rate []*casesv1.Ask
	if c.Status == caseUnconfirmed {
		asks = append(asks, &casesv1.Ask{Kind: casesv1.AskKind_ASK_KIND_CONFIRM_CASE, DueDate: c.ConfirmBy, Text: c.NeedText, Target: c.OpenedOnBehalfBy})
	}
	for _, r := range requests {
		if Ended(r.Status) {
			if r.Rating == nil && r.Status != withdrawn {
				rate = append(rate, &casesv1.Ask{Kind: casesv1.AskKind_ASK_KIND_RATE, Request: r.Name})
			}
			// What a provider proposed as it ended the request can still be agreed to.
			if r.Status != withdrawn {
				asks = append(asks, referralAsks(c, r)...)
			}
			continue
		}
		for _, s := range r.Supplements {
			if s.AnsweredAt == nil {
				asks = append(asks, &casesv1.Ask{
					Kind: casesv1.AskKind_ASK_KIND_ANSWER_SUPPLEMENT, Request: r.Name, Number: s.Number, Text: s.Question, DueDate: s.DueDate,
				})
			}
		}
		asks = append(asks, referralAsks(c, r)...)
		if r.Official != nil && r.Decision == nil {
			apply = append(apply, &casesv1.Ask{
				Kind: casesv1.AskKind_ASK_KIND_APPLY_ELSEWHERE, Request: r.Name, Text: r.Official.DisplayName, Target: r.Official.Url,
			})
		}
	}
	return append(append(asks, apply...), rate...)
}

// referralAsks are the referrals of a request that wait for the company. Only an
// open case takes an answer.
func referralAsks(c *casesv1.Case, r *casesv1.Request) []*casesv1.Ask {
	var asks []*casesv1.Ask
	for _, ref := range r.Referrals {
		if ref.AnsweredAt == nil && c.Status == caseOpen {
			asks = append(asks, &casesv1.Ask{
				Kind: casesv1.AskKind_ASK_KIND_ANSWER_REFERRAL, Request: r.Name, Number: ref.Number, Text: ref.Text, Target: ref.Service,
			})
		}
	}
	return asks
}

// Pressing tells whether an ask waits for an answer, and is no mere offer.
func Pressing(a *casesv1.Ask) bool {
	switch a.Kind {
	case casesv1.AskKind_ASK_KIND_ANSWER_SUPPLEMENT, casesv1.AskKind_ASK_KIND_ANSWER_REFERRAL, casesv1.AskKind_ASK_KIND_CONFIRM_CASE:
		return true
	}
	return false
}
