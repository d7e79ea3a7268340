// Package yritysespoo is YritysEspoo, the enterprise agency of Espoo, in the hub.
//
// The rules here read a business plan and its calculations the way an advisor
// begins to: is everything there, does the business carry itself, is it
// financed. They give the structure of a plan review and of a start-up grant
// statement; the judgement in it is the advisor's.
package yritysespoo

import (
	"strings"

	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/rule"
)

// Calculation is the profitability and financing calculation of a plan, in euros
// without value-added tax, and never negative. A sum that is zero is not given.
type Calculation struct {
	// Per month: what the entrepreneur needs to live on, and the tax on it.
	Living, IncomeTax rule.Decimal
	// Per month: repayments and interest of the business's loans.
	LoanRepayments, Interest rule.Decimal
	// Per month: the entrepreneur's pension insurance (YEL), and all other fixed
	// costs such as rent, wages, insurance, accounting, telephone and marketing.
	PensionInsurance, FixedCosts rule.Decimal
	// Per month: planned sales, and what is bought or paid only when something is sold.
	Sales, VariableCosts rule.Decimal
	// At the start: what must be paid for, and where the money comes from.
	Investments, WorkingCapital  rule.Decimal
	OwnMoney, Loans, OtherSource rule.Decimal
}

// Profitability is what follows from a calculation, in euros per month unless
// said otherwise. It is computed only when sales and living are given.
type Profitability struct {
	// Required is the margin that pays living, tax, loans and fixed costs.
	Required rule.Decimal
	// Margin is what planned sales leave after variable costs.
	Margin rule.Decimal
	// MarginPercent of the sales.
	MarginPercent rule.Decimal
	// BreakEven is the sales at which the margin is just what is required; zero
	// when no sales can be enough.
	BreakEven rule.Decimal
	// Surplus is margin less requirement; negative when sales do not reach.
	Surplus rule.Decimal
	// FundingGap is what is not financed at the start, in euros; zero when it is.
	FundingGap rule.Decimal
}

// PlanAssessment is the structured assessment of a plan. A start-up grant
// statement speaks of profitability, readiness and competition; each has its
// own verdict, and Verdict is the whole.
type PlanAssessment struct {
	Verdict                                rule.Verdict
	Profitable, Ready, KnowsItsCompetition rule.Verdict
	Reasons                                []rule.Reason
	// Empty are the sections that an advisor needs and that hold nothing.
	Empty   []Section
	Figures Profitability
}

// AssessPlan assesses a plan, given as the texts of its sections, with its
// calculation.
func AssessPlan(plan map[Section]string, c Calculation) PlanAssessment {
	var a PlanAssessment
	profit, figures := assessCalculation(c)
	a.Figures = figures
	ready := a.sections(plan, HeadReadiness, readinessDescribed)
	competition := a.sections(plan, HeadCompetition, competitionDescribed)
	business := a.sections(plan, HeadBusiness, businessDescribed)
	a.Profitable, a.Ready, a.KnowsItsCompetition = rule.Judge(profit), rule.Judge(ready), rule.Judge(competition)
	for _, reasons := range [][]rule.Reason{business, ready, competition, profit} {
		a.Reasons = append(a.Reasons, reasons...)
	}
	a.Verdict = rule.Judge(a.Reasons)
	return a
}

// sections checks that the needed sections under one head hold something.
func (a *PlanAssessment) sections(plan map[Section]string, head Head, c rule.Condition) []rule.Reason {
	var names catalogue.Texts
	for _, s := range Sections() {
		if s.Head != head || !s.Needed || strings.TrimSpace(plan[s.ID]) != "" {
			continue
		}
		a.Empty = append(a.Empty, s.ID)
		names = listed(names, s.Names)
	}
	if names.Empty() {
		return []rule.Reason{c.Check(rule.Yes)}
	}
	return []rule.Reason{c.Fill("sections", names).Check(rule.No)}
}

// assessCalculation computes the figures and checks them. Profitability needs
// sales and living; financing is checked on its own.
func assessCalculation(c Calculation) ([]rule.Reason, Profitability) {
	if c.negative() {
		return []rule.Reason{calculationUsable.Check(rule.No)}, Profitability{}
	}
	var p Profitability
	var reasons []rule.Reason
	needs, sources := c.Investments+c.WorkingCapital, c.OwnMoney+c.Loans+c.OtherSource
	p.FundingGap = max(needs-sources, 0)
	financing := financed.Fill("gap", p.FundingGap.Euros())
	switch {
	case needs == 0 && sources == 0:
		reasons = append(reasons, financing.Check(rule.Unknown))
	default:
		reasons = append(reasons, financing.Check(rule.AnswerOf(p.FundingGap == 0)))
	}
	if c.Sales == 0 || c.Living == 0 {
		return append(reasons, coversItself.Check(rule.Unknown)), p
	}
	p.Required = c.Living + c.IncomeTax + c.LoanRepayments + c.Interest + c.PensionInsurance + c.FixedCosts
	p.Margin = c.Sales - c.VariableCosts
	p.MarginPercent = p.Margin.Scale(rule.Whole(100), c.Sales)
	p.Surplus = p.Margin - p.Required
	reasons = append(reasons, pensionCounted.Check(rule.AnswerOf(c.PensionInsurance > 0)))
	if p.Margin <= 0 {
		return append(reasons, sellsAtAProfit.Check(rule.No)), p
	}
	p.BreakEven = p.Required.Scale(c.Sales, p.Margin)
	covers := coversItself.Fill("sales", c.Sales.Euros()).Fill("needed", p.BreakEven.Euros())
	return append(reasons, covers.Check(rule.AnswerOf(p.Surplus >= 0))), p
}

func (c Calculation) negative() bool {
	return min(c.Living, c.IncomeTax, c.LoanRepayments, c.Interest, c.PensionInsurance, c.FixedCosts, c.Sales,
		c.VariableCosts, c.Investments, c.WorkingCapital, c.OwnMoney, c.Loans, c.OtherSource) < 0
}

func listed(all, one catalogue.Texts) catalogue.Texts {
	if all.Empty() {
		return one
	}
	return catalogue.Texts{FI: all.FI + ", " + one.FI, SV: all.SV + ", " + one.SV, EN: all.EN + ", " + one.EN}
}
