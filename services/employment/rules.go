// Package employment is the Espoo and Kauniainen employment area in the hub.
//
// The rules here tell what grant or subsidy a start or a hiring could get, and
// why not. They inform and decide nothing: grants are discretionary, and the
// employment authority decides them in its official service.
package employment

import (
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/rule"
)

// The services of this provider that the rules assess, by their catalogue ids.
const (
	ServiceStartupGrant = "startup-grant"
	ServicePaySubsidy   = "pay-subsidy"
	ServiceEmployment55 = "employment-55"
)

// Assessment is what can be said in advance about one grant or subsidy.
type Assessment struct {
	// Service is the catalogue id of what was assessed.
	Service string
	// On is the date of the assessment; the figures are those of that date.
	On catalogue.Date
	// Verdict follows from the reasons.
	Verdict rule.Verdict
	// Reasons in the order in which a reader wants them, met ones too.
	Reasons []rule.Reason
	// Support is what it could be; zero when it cannot be had or a figure is not known.
	Support Support
	// Deadlines in the order of their dates; none when it cannot be had or the
	// first day is not known.
	Deadlines []rule.Deadline
	// Figures are the amounts that were counted with, each with its source.
	Figures []catalogue.Amount
}

// Support is the money that a grant or subsidy could give, before tax.
type Support struct {
	// PerDay in euros and DaysPerWeek at most, of a grant paid by the day.
	PerDay      rule.Decimal
	DaysPerWeek int
	// Percent of the wage costs, of a subsidy.
	Percent rule.Decimal
	// PerMonthMin and PerMonthMax in euros. For a grant by the day, a month of
	// four weeks and an average month; for a subsidy both are the same.
	PerMonthMin, PerMonthMax rule.Decimal
	// MonthsMin and MonthsMax for which it is granted. The authority decides
	// within them. Zero MonthsMax means the whole training of an apprentice.
	MonthsMin, MonthsMax int
}

// draft collects the parts of an Assessment and draws the verdict.
type draft struct {
	Assessment
	amounts *rule.Amounts
}

func assess(service string, amounts []catalogue.Amount, on catalogue.Date) *draft {
	return &draft{
		Assessment: Assessment{Service: service, On: on},
		amounts:    rule.AmountsOn(amounts, on),
	}
}

func (a *draft) check(c rule.Condition, holds rule.Answer) {
	a.Reasons = append(a.Reasons, c.Check(holds))
}

func (a *draft) add(reasons ...rule.Reason) { a.Reasons = append(a.Reasons, reasons...) }

// conclude draws the verdict. What cannot be had is not shown with an amount.
func (a *draft) conclude() Assessment {
	if unknown, ok := a.amounts.Unknown(); ok {
		a.add(unknown)
	}
	a.Figures = a.amounts.Used()
	a.Verdict = rule.Judge(a.Reasons)
	if a.Verdict == rule.NotPossible {
		a.Support, a.Deadlines = Support{}, nil
	}
	return a.Assessment
}
