package employment

import (
	"cmp"
	"slices"

	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/rule"
)

// EmployerKind is what kind of employer hires.
type EmployerKind string

// The kinds; the ids are those of the input "employer_kind" of pay-subsidy.
const (
	Company      EmployerKind = "company"
	Association  EmployerKind = "association"
	Municipality EmployerKind = "municipality"
)

// ContractKind is how the working time or the pay is agreed on.
type ContractKind string

// The kinds; the ids are those of the input "contract_kind" of pay-subsidy.
const (
	AgreedHours ContractKind = "fixed_hours"
	ZeroHours   ContractKind = "zero_hours"
	Commission  ContractKind = "commission"
)

// Hiring is what the rules want to know about an employment that is to be
// subsidised. No field names the employee. A number that is zero and a date that
// is empty are not known.
type Hiring struct {
	Employer EmployerKind
	Contract ContractKind
	// WeeklyHours of the employment and FullTimeHours of the sector, per week.
	WeeklyHours, FullTimeHours rule.Decimal
	// MonthlyPay in euros: the pay subject to withholding tax.
	MonthlyPay rule.Decimal
	// PayrollCost per month in euros: the pay with the employer's contributions.
	// When it is not known, the pay stands for it, which is on the safe side.
	PayrollCost rule.Decimal
	// OtherCompensation per month in euros for the same employment, such as the
	// training compensation of an apprenticeship.
	OtherCompensation rule.Decimal
	// Apprenticeship tells that the employment is to be one.
	Apprenticeship rule.Answer

	// Jobseeker tells that the person is registered as an unemployed jobseeker.
	Jobseeker rule.Answer
	// NeedAssessed tells that the authority finds that the person needs the subsidy.
	NeedAssessed rule.Answer
	// ReducedWorkAbility as the authority has found it. The hub does not ask why.
	ReducedWorkAbility rule.Answer
	// Age in full years.
	Age int
	// UnemployedMonths within the last 28 months; nil is not known, since none is an answer.
	UnemployedMonths *int

	// WorkStart is the first day of work, planned or past. Decided is the day of the decision.
	WorkStart, Decided catalogue.Date

	// DeMinimis tells that the subsidy is to be given as de minimis aid, and
	// DeMinimisReceived what the undertaking got as such in the last three years, in euros.
	DeMinimis         rule.Answer
	DeMinimisReceived rule.Decimal
}

// PaySubsidy tells whether the hiring could get the pay subsidy, how much and
// for how long. The date is the day of the assessment; amounts are the
// provider's reference data.
func PaySubsidy(h Hiring, amounts []catalogue.Amount, on catalogue.Date) Assessment {
	a := assess(ServicePaySubsidy, amounts, on)
	a.check(unemployedJobseeker, h.Jobseeker)
	a.check(needAssessed, h.NeedAssessed)
	a.check(realHours, paidByHours(h.Contract))
	a.add(HireOrder(h, on)...)
	if h.Employer == Municipality && h.ReducedWorkAbility != rule.Yes {
		a.municipality(h)
	}
	a.add(subsidyDiscretion.Note())
	a.paySubsidy(h)
	a.limits(h)
	return a.conclude()
}

// Employment55 tells whether the hiring could get the employment subsidy for
// people aged 55 or over.
func Employment55(h Hiring, amounts []catalogue.Amount, on catalogue.Date) Assessment {
	a := assess(ServiceEmployment55, amounts, on)
	a.check(unemployedJobseeker, h.Jobseeker)
	if age, ok := a.amounts.Int("employment_55.age_min"); ok {
		a.check(oldEnough.Fill("age", rule.Whole(age).Number()), atLeast(h.Age, age))
	}
	months, ok := a.amounts.Int("employment_55.unemployed_months_min")
	window, okWindow := a.amounts.Int("employment_55.window_months")
	if ok && okWindow {
		c := longUnemployed.Fill("months", rule.Whole(months).Number()).Fill("window", rule.Whole(window).Number())
		a.check(c, unemployedFor(h.UnemployedMonths, months))
	}
	if hours, ok := a.hours55(h); ok {
		a.check(enoughHours.Fill("hours", hours.Number()), atLeast(h.WeeklyHours, hours))
	}
	a.check(realHours, paidByHours(h.Contract))
	a.add(HireOrder(h, on)...)
	a.add(subsidyDiscretion.Note())
	a.subsidise(h, h.MonthlyPay, "employment_55.percent", "employment_55.max")
	if most, ok := a.amounts.Int("employment_55.months_max"); ok {
		a.Support.MonthsMin, a.Support.MonthsMax = most, most
		a.claim55(h, most)
	}
	a.limits(h)
	return a.conclude()
}

// hours55 returns the least weekly hours: a fixed number, or a part of the
// sector's full-time hours where those are short.
func (a *draft) hours55(h Hiring) (rule.Decimal, bool) {
	least, ok := a.amounts.Get("employment_55.hours_min")
	full, okFull := a.amounts.Get("employment_55.short_sector_hours")
	part, okPart := a.amounts.Get("employment_55.short_sector_percent")
	if !ok || !okFull || !okPart {
		return 0, false
	}
	if h.FullTimeHours > 0 && h.FullTimeHours < full {
		return h.FullTimeHours.Percent(part), true
	}
	return least, true
}

// claim55 counts the last day to claim: some months after the calendar month in
// which the subsidy period ends.
func (a *draft) claim55(h Hiring, months int) {
	claim, ok := a.amounts.Int("employment_55.claim_months")
	if !ok || h.WorkStart == "" {
		return
	}
	end := h.WorkStart.AddMonths(months).AddDays(-1)
	d := claimSubsidy
	d.On = (end[:8] + "01").AddMonths(claim + 1).AddDays(-1)
	d.Texts = rule.Fill(d.Texts, "end", rule.DateTexts(end))
	a.Deadlines = append(a.Deadlines, d)
}

// HireOrder checks the order of steps: no employment before the subsidy
// decision. It is one of the two rules that need the whole case, because the
// contract is often made with another provider's help.
func HireOrder(h Hiring, on catalogue.Date) []rule.Reason {
	switch {
	case h.WorkStart != "" && h.Decided != "":
		return []rule.Reason{decisionBeforeWork.Check(rule.AnswerOf(h.Decided <= h.WorkStart))}
	case h.WorkStart != "" && h.WorkStart <= on:
		return []rule.Reason{decisionBeforeWork.Check(rule.No)}
	default:
		return []rule.Reason{decisionBeforeWork.Note()}
	}
}

// municipality checks the narrower ground on which a municipality can be
// subsidised: without reduced work ability, only a senior who has been
// unemployed for long, which the authority finds.
func (a *draft) municipality(h Hiring) {
	age, ok := a.amounts.Int("pay_subsidy.senior_age_min")
	if !ok {
		return
	}
	c := municipalityGround.Fill("age", rule.Whole(age).Number())
	switch {
	case h.ReducedWorkAbility == rule.Unknown || h.Age == 0 || h.Age >= age:
		a.check(c, rule.Unknown)
	default:
		a.check(c, rule.No)
	}
}

// paySubsidy picks the highest subsidy whose conditions are known to hold.
func (a *draft) paySubsidy(h Hiring) {
	short, okShort := a.amounts.Int("pay_subsidy.months_short")
	long, okLong := a.amounts.Int("pay_subsidy.months_long")
	if okShort && okLong {
		a.Support.MonthsMin, a.Support.MonthsMax = short, long
	}
	switch {
	case a.wholeCost(h):
	case h.ReducedWorkAbility == rule.Yes:
		a.subsidise(h, h.MonthlyPay, "pay_subsidy.reduced_percent", "pay_subsidy.reduced_max")
		if most, ok := a.amounts.Int("pay_subsidy.months_reduced_max"); ok {
			a.Support.MonthsMax = most
		}
	default:
		a.subsidise(h, h.MonthlyPay, "pay_subsidy.percent", "pay_subsidy.max")
	}
	if h.Apprenticeship == rule.Yes {
		a.Support.MonthsMax = 0
	}
}

// wholeCost is the subsidy of an association that hires somebody who has been
// unemployed for long: all of the cost, of at most a part of full-time hours.
func (a *draft) wholeCost(h Hiring) bool {
	if h.Employer != Association {
		return false
	}
	months, ok := a.amounts.Int("pay_subsidy.association_unemployed_months_min")
	part, okPart := a.amounts.Get("pay_subsidy.association_hours_percent_max")
	factor, okFactor := a.amounts.Get("pay_subsidy.association_cost_factor")
	if !ok || !okPart || !okFactor || unemployedFor(h.UnemployedMonths, months) != rule.Yes || h.WeeklyHours <= 0 || h.FullTimeHours <= 0 {
		return false
	}
	pay := h.MonthlyPay
	if most := h.FullTimeHours.Percent(part); h.WeeklyHours > most {
		pay = pay.Scale(most, h.WeeklyHours)
	}
	a.subsidise(h, pay.Scale(factor, rule.Whole(1)), "pay_subsidy.association_percent", "pay_subsidy.association_max")
	return true
}

// subsidise counts a percentage of the cost up to a maximum, and takes off what
// would make subsidy and other compensation exceed the payroll cost.
func (a *draft) subsidise(h Hiring, cost rule.Decimal, percentID, maxID string) {
	percent, ok := a.amounts.Get(percentID)
	most, okMost := a.amounts.Get(maxID)
	ceiling, okCeiling := a.amounts.Get("cumulation.payroll_percent_max")
	if !ok || !okMost || !okCeiling {
		return
	}
	a.Support.Percent = percent
	if h.MonthlyPay <= 0 {
		a.check(payKnown, rule.Unknown)
		return
	}
	month := min(cost.Percent(percent), most)
	payroll := h.PayrollCost
	if payroll == 0 {
		payroll = h.MonthlyPay
	}
	room := max(payroll.Percent(ceiling)-h.OtherCompensation, 0)
	switch c := cumulation.Fill("room", room.Euros()); {
	case h.OtherCompensation > 0:
		a.check(c, rule.AnswerOf(month <= room))
		month = min(month, room)
	case h.Apprenticeship == rule.Yes:
		a.add(c.Note())
	}
	a.Support.PerMonthMin, a.Support.PerMonthMax = month, month
}

// limits checks the ceiling of de minimis aid against the whole subsidy that
// could be granted.
func (a *draft) limits(h Hiring) {
	if h.DeMinimis != rule.Yes {
		return
	}
	most, ok := a.amounts.Get("de_minimis.max")
	years, okYears := a.amounts.Int("de_minimis.years")
	if !ok || !okYears {
		return
	}
	c := deMinimisLimit.Fill("max", most.Euros()).Fill("years", rule.Whole(years).Number())
	whole := a.Support.PerMonthMax * rule.Decimal(max(a.Support.MonthsMax, a.Support.MonthsMin))
	switch {
	case h.DeMinimisReceived >= most:
		c.OnFail = rule.Blocks
		a.check(c, rule.No)
	default:
		a.check(c, rule.AnswerOf(h.DeMinimisReceived+whole <= most))
	}
}

func paidByHours(c ContractKind) rule.Answer {
	switch c {
	case "":
		return rule.Unknown
	case AgreedHours:
		return rule.Yes
	default:
		return rule.No
	}
}

func unemployedFor(months *int, least int) rule.Answer {
	if months == nil {
		return rule.Unknown
	}
	return rule.AnswerOf(*months >= least)
}

// atLeast compares a number of which zero is not known.
func atLeast[N cmp.Ordered](n, least N) rule.Answer {
	var unknown N
	if n == unknown {
		return rule.Unknown
	}
	return rule.AnswerOf(n >= least)
}

func sortDeadlines(d []rule.Deadline) []rule.Deadline {
	slices.SortStableFunc(d, func(a, b rule.Deadline) int { return cmp.Compare(a.On, b.On) })
	return d
}
