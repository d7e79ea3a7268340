package employment

import (
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/rule"
)

// Situation is what a founder comes from.
type Situation string

// The situations; the ids are those of the input "situation" of startup-grant.
const (
	Unemployed           Situation = "unemployed"
	Employee             Situation = "employee"
	Student              Situation = "student"
	AtHome               Situation = "home"
	PartTimeEntrepreneur Situation = "part_time_entrepreneur"
	FullTimeEntrepreneur Situation = "full_time_entrepreneur"
)

// Founder is what the rules want to know about a person who starts a business.
// No field names the person. Dates are empty when it has not happened.
type Founder struct {
	// Municipality is the home municipality: "espoo", "kauniainen" or "other".
	Municipality string
	Situation    Situation
	// StudiesNearlyDone matters to a student only.
	StudiesNearlyDone rule.Answer
	// FullTime tells that the business is to be continuous and the person's full-time work.
	FullTime rule.Answer
	// Plan tells that business plan, profitability and financing calculations are ready.
	Plan rule.Answer
	// Prerequisites tells that financing, premises and permits are in place.
	Prerequisites rule.Answer
	// OtherIncome tells of a salary or benefit for the same time.
	OtherIncome rule.Answer
	// LivesFromBusiness tells that the business gives a reasonable living from the start.
	LivesFromBusiness rule.Answer
	TaxDebt           rule.Answer
	PaymentDefault    rule.Answer
	// ContinuesExisting tells that an existing business is merely carried on.
	ContinuesExisting rule.Answer

	// Applied is the day on which the application arrived, Decided the day of the decision.
	Applied, Decided catalogue.Date
	// Start is the first day of full-time business: planned, or past when it has begun.
	Start catalogue.Date
	// BusinessID is the day on which a Business ID was given for the new business,
	// and EarlyIDAllowed the authority's permission to get it before applying.
	BusinessID     catalogue.Date
	EarlyIDAllowed rule.Answer
}

// StartupGrant tells whether the founder could get the start-up grant, how much
// and for how long, and by when to claim it. The date is the day of the
// assessment; amounts are the provider's reference data.
func StartupGrant(f Founder, amounts []catalogue.Amount, on catalogue.Date) Assessment {
	a := assess(ServiceStartupGrant, amounts, on)
	a.check(homeInArea, livesInArea(f.Municipality))
	a.check(fullTimeBusiness, f.FullTime)
	a.check(notYetFullTime, comesFrom(f.Situation))
	if f.Situation == Student {
		a.check(studiesDone, f.StudiesNearlyDone)
	}
	a.check(planReady, f.Plan)
	a.check(prerequisites, f.Prerequisites)
	a.check(noOtherIncome, f.OtherIncome.Not())
	a.check(grantNeeded, f.LivesFromBusiness.Not())
	a.check(noTaxDebt, f.TaxDebt.Not())
	a.check(noPaymentDefault, f.PaymentDefault.Not())
	if f.ContinuesExisting == rule.Yes {
		a.check(newBusiness, rule.No)
	}
	a.add(StartOrder(f, amounts, on)...)
	a.add(grantDiscretion.Note())
	a.grant(f.Start)
	return a.conclude()
}

// StartOrder checks the order of steps: the application before full-time
// business, where the law of the time so wants the decision too, and before the
// Business ID of a new business. It is one of the two rules that need the whole
// case, because the start is often registered by another provider.
func StartOrder(f Founder, amounts []catalogue.Amount, on catalogue.Date) []rule.Reason {
	begun := f.Start != "" && f.Start <= on
	var reasons []rule.Reason
	switch {
	case f.Applied == "" && begun:
		reasons = append(reasons, applyFirst.Check(rule.No))
	case f.Applied == "":
		reasons = append(reasons, applyFirst.Note())
	case f.Start == "":
		reasons = append(reasons, applyFirst.Check(rule.Yes))
	default:
		reasons = append(reasons, applyFirst.Check(rule.AnswerOf(f.Applied <= f.Start)))
	}
	if r, ok := decisionFirst(f, amounts, on); ok {
		reasons = append(reasons, r)
	}
	early := f.BusinessID != "" && (f.Applied == "" || f.BusinessID < f.Applied)
	if early && f.Situation != PartTimeEntrepreneur {
		reasons = append(reasons, businessIDAfter.Check(rule.AnswerOf(f.EarlyIDAllowed == rule.Yes)))
	}
	return reasons
}

// decisionFirst applies only where the law in force on the day of application
// wants the decision before the start; since 2025 that is a risk of one's own.
func decisionFirst(f Founder, amounts []catalogue.Amount, on catalogue.Date) (rule.Reason, bool) {
	day := f.Applied
	if day == "" {
		day = on
	}
	allowed, known := rule.AmountsOn(amounts, day).Int("startup_grant.start_before_decision")
	before := f.Start != "" && (f.Decided == "" && f.Start <= on || f.Decided != "" && f.Start < f.Decided)
	switch {
	case !known || !before:
		return rule.Reason{}, false
	case allowed == 0:
		return startAfterDecision.Check(rule.No), true
	case f.Decided != "":
		return rule.Reason{}, false
	default:
		return atOwnRisk.Check(rule.No), true
	}
}

// grant fills in amount, length and deadlines, each as far as the figures go.
func (a *draft) grant(start catalogue.Date) {
	daily, ok := a.amounts.Get("startup_grant.daily")
	days, okDays := a.amounts.Int("startup_grant.days_per_week")
	if ok && okDays {
		week := daily * rule.Decimal(days)
		a.Support.PerDay, a.Support.DaysPerWeek = daily, days
		a.Support.PerMonthMin, a.Support.PerMonthMax = week*4, week.Scale(52, 12)
	}
	first, okFirst := a.amounts.Int("startup_grant.first_months")
	most, okMost := a.amounts.Int("startup_grant.months_max")
	if okFirst && okMost {
		a.Support.MonthsMin, a.Support.MonthsMax = first, most
	}
	claim, okClaim := a.amounts.Int("startup_grant.claim_months")
	notice, okNotice := a.amounts.Int("startup_grant.extension_before_end_months")
	if start == "" || !okFirst || !okMost || !okClaim || !okNotice {
		return
	}
	a.Deadlines = grantDeadlines(start, first, most, claim, notice)
}

// grantDeadlines counts from the first day of the grant: a claim for every month,
// in arrears; the application for an extension; the last day there can be.
func grantDeadlines(start catalogue.Date, first, most, claim, notice int) []rule.Deadline {
	end := start.AddMonths(first).AddDays(-1)
	extension := extensionDeadline
	extension.On = end.AddMonths(-notice)
	extension.Texts = rule.Fill(extension.Texts, "end", rule.DateTexts(end))
	deadlines := []rule.Deadline{extension}
	for month := range first {
		last := start.AddMonths(month + 1).AddDays(-1)
		d := claimDeadline
		d.On = last.AddMonths(claim)
		d.Texts = rule.Fill(d.Texts, "from", rule.DateTexts(start.AddMonths(month)))
		d.Texts = rule.Fill(d.Texts, "to", rule.DateTexts(last))
		deadlines = append(deadlines, d)
	}
	final := lastDay
	final.On = start.AddMonths(most).AddDays(-1)
	return sortDeadlines(append(deadlines, final))
}

func livesInArea(municipality string) rule.Answer {
	switch municipality {
	case "":
		return rule.Unknown
	case "espoo", "kauniainen":
		return rule.Yes
	default:
		return rule.No
	}
}

func comesFrom(s Situation) rule.Answer {
	switch s {
	case "":
		return rule.Unknown
	case FullTimeEntrepreneur:
		return rule.No
	default:
		return rule.Yes
	}
}
