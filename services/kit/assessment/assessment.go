// Package assessment says on the wire what a rule found, and reads from the wire
// the facts that a rule wants. The providers' own services stand on it: they
// read a request with a [Reader], call a rule, and write its answer with the
// functions here.
package assessment

import (
	assessmentv1 "github.com/businessespoo/hub/proto/businessespoo/assessment/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/rule"
)

var verdicts = map[rule.Verdict]assessmentv1.Verdict{
	rule.Possible:    assessmentv1.Verdict_VERDICT_POSSIBLE,
	rule.Uncertain:   assessmentv1.Verdict_VERDICT_UNCERTAIN,
	rule.NotPossible: assessmentv1.Verdict_VERDICT_NOT_POSSIBLE,
}

var effects = map[rule.Effect]assessmentv1.Effect{
	rule.Met:     assessmentv1.Effect_EFFECT_MET,
	rule.Notes:   assessmentv1.Effect_EFFECT_NOTE,
	rule.Missing: assessmentv1.Effect_EFFECT_MISSING,
	rule.Warns:   assessmentv1.Effect_EFFECT_WARNS,
	rule.Blocks:  assessmentv1.Effect_EFFECT_BLOCKS,
}

// Verdict returns the verdict as the contract writes it.
func Verdict(v rule.Verdict) assessmentv1.Verdict { return verdicts[v] }

// Texts returns the text as the contract writes it.
func Texts(t catalogue.Texts) *cataloguev1.Texts {
	return &cataloguev1.Texts{Fi: t.FI, Sv: t.SV, En: t.EN}
}

// Reasons returns the reasons in their order.
func Reasons(reasons []rule.Reason) []*assessmentv1.Reason {
	out := make([]*assessmentv1.Reason, len(reasons))
	for i, r := range reasons {
		out[i] = &assessmentv1.Reason{
			Code: r.Code, Effect: effects[r.Effect], Texts: Texts(r.Texts), Source: r.Source, Mark: string(r.Mark),
		}
	}
	return out
}

// Figures returns the amounts that an assessment counted with.
func Figures(amounts []catalogue.Amount) []*assessmentv1.Figure {
	out := make([]*assessmentv1.Figure, len(amounts))
	for i, a := range amounts {
		out[i] = &assessmentv1.Figure{
			Id: a.ID, Value: a.Value, Unit: a.Unit, Source: a.Source, Mark: string(a.Mark),
			ValidFrom: string(a.ValidFrom), ValidTo: string(a.ValidTo),
		}
	}
	return out
}

// Deadlines returns the dates to keep, in their order.
func Deadlines(deadlines []rule.Deadline) []*assessmentv1.Deadline {
	out := make([]*assessmentv1.Deadline, len(deadlines))
	for i, d := range deadlines {
		out[i] = &assessmentv1.Deadline{
			Code: d.Code, Date: string(d.On), Label: Texts(d.Texts), Source: d.Source, Mark: string(d.Mark),
		}
	}
	return out
}
