package employment

import (
	employmentv1 "github.com/businessespoo/hub/proto/businessespoo/employment/v1"
	"github.com/businessespoo/hub/services/kit/assessment"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/rule"
)

// The limits of what is read. They keep sums far from overflow; none of them is
// a term of a grant.
const (
	mostHours    = rule.Decimal(7 * 24 * 100)
	mostPerMonth = rule.Decimal(1_000_000 * 100)
	mostAid      = rule.Decimal(1_000_000_000 * 100)
)

// The contract's numbering of the choices.
var (
	municipalities = map[employmentv1.Municipality]string{
		employmentv1.Municipality_MUNICIPALITY_UNSPECIFIED: "",
		employmentv1.Municipality_MUNICIPALITY_ESPOO:       "espoo",
		employmentv1.Municipality_MUNICIPALITY_KAUNIAINEN:  "kauniainen",
		employmentv1.Municipality_MUNICIPALITY_OTHER:       "other",
	}
	situations = map[employmentv1.Situation]Situation{
		employmentv1.Situation_SITUATION_UNSPECIFIED:            "",
		employmentv1.Situation_SITUATION_UNEMPLOYED:             Unemployed,
		employmentv1.Situation_SITUATION_EMPLOYEE:               Employee,
		employmentv1.Situation_SITUATION_STUDENT:                Student,
		employmentv1.Situation_SITUATION_AT_HOME:                AtHome,
		employmentv1.Situation_SITUATION_PART_TIME_ENTREPRENEUR: PartTimeEntrepreneur,
		employmentv1.Situation_SITUATION_FULL_TIME_ENTREPRENEUR: FullTimeEntrepreneur,
	}
	employers = map[employmentv1.EmployerKind]EmployerKind{
		employmentv1.EmployerKind_EMPLOYER_KIND_UNSPECIFIED:  "",
		employmentv1.EmployerKind_EMPLOYER_KIND_COMPANY:      Company,
		employmentv1.EmployerKind_EMPLOYER_KIND_ASSOCIATION:  Association,
		employmentv1.EmployerKind_EMPLOYER_KIND_MUNICIPALITY: Municipality,
	}
	contracts = map[employmentv1.ContractKind]ContractKind{
		employmentv1.ContractKind_CONTRACT_KIND_UNSPECIFIED:  "",
		employmentv1.ContractKind_CONTRACT_KIND_AGREED_HOURS: AgreedHours,
		employmentv1.ContractKind_CONTRACT_KIND_ZERO_HOURS:   ZeroHours,
		employmentv1.ContractKind_CONTRACT_KIND_COMMISSION:   Commission,
	}
)

// founderOf reads the person who starts, and refuses what cannot be: a decision
// on no application, or one that is made tomorrow.
func founderOf(r *assessment.Reader, w *employmentv1.Founder, on catalogue.Date) Founder {
	f := Founder{
		Municipality:      assessment.Choice(r, "founder.municipality", w.GetMunicipality(), municipalities),
		Situation:         assessment.Choice(r, "founder.situation", w.GetSituation(), situations),
		StudiesNearlyDone: r.Answer("founder.studies_nearly_done", w.GetStudiesNearlyDone()),
		FullTime:          r.Answer("founder.full_time", w.GetFullTime()),
		Plan:              r.Answer("founder.plan_ready", w.GetPlanReady()),
		Prerequisites:     r.Answer("founder.prerequisites", w.GetPrerequisites()),
		OtherIncome:       r.Answer("founder.other_income", w.GetOtherIncome()),
		LivesFromBusiness: r.Answer("founder.lives_from_business", w.GetLivesFromBusiness()),
		TaxDebt:           r.Answer("founder.tax_debt", w.GetTaxDebt()),
		PaymentDefault:    r.Answer("founder.payment_default", w.GetPaymentDefault()),
		ContinuesExisting: r.Answer("founder.continues_existing", w.GetContinuesExisting()),
		Applied:           r.Date("founder.applied", w.GetApplied()),
		Decided:           r.Date("founder.decided", w.GetDecided()),
		Start:             r.Date("founder.start", w.GetStart()),
		BusinessID:        r.Date("founder.business_id_given", w.GetBusinessIdGiven()),
		EarlyIDAllowed:    r.Answer("founder.early_business_id_allowed", w.GetEarlyBusinessIdAllowed()),
	}
	if w.GetDecided() != "" && w.GetApplied() == "" {
		r.Wrong("founder.applied", "is required beside decided: the day on which the application arrived")
	}
	r.Order("founder.decided", f.Decided, "the day of the application", f.Applied)
	r.NotAfter("founder.decided", f.Decided, on)
	if f.StudiesNearlyDone != rule.Unknown && f.Situation != Student && f.Situation != "" {
		r.Wrong("founder.studies_nearly_done", "is answered, but the situation is %s: leave it out, or make the situation SITUATION_STUDENT", w.GetSituation())
	}
	return f
}

// hiringOf reads the employment, and refuses numbers that contradict each other.
func hiringOf(r *assessment.Reader, w *employmentv1.Hiring, amounts []catalogue.Amount, on catalogue.Date) Hiring {
	h := Hiring{
		Employer:           assessment.Choice(r, "hiring.employer", w.GetEmployer(), employers),
		Contract:           assessment.Choice(r, "hiring.contract", w.GetContract(), contracts),
		WeeklyHours:        r.Decimal("hiring.weekly_hours", w.GetWeeklyHours(), 1, mostHours),
		FullTimeHours:      r.Decimal("hiring.full_time_hours", w.GetFullTimeHours(), 1, mostHours),
		MonthlyPay:         r.Decimal("hiring.monthly_pay", w.GetMonthlyPay(), 1, mostPerMonth),
		PayrollCost:        r.Decimal("hiring.payroll_cost", w.GetPayrollCost(), 1, mostPerMonth),
		OtherCompensation:  r.Decimal("hiring.other_compensation", w.GetOtherCompensation(), 0, mostPerMonth),
		Apprenticeship:     r.Answer("hiring.apprenticeship", w.GetApprenticeship()),
		Jobseeker:          r.Answer("hiring.jobseeker", w.GetJobseeker()),
		NeedAssessed:       r.Answer("hiring.need_assessed", w.GetNeedAssessed()),
		ReducedWorkAbility: r.Answer("hiring.reduced_work_ability", w.GetReducedWorkAbility()),
		Age:                r.Number("hiring.age", w.GetAge(), 1, 100),
		UnemployedMonths:   unemployedMonths(r, w, amounts, on),
		WorkStart:          r.Date("hiring.work_start", w.GetWorkStart()),
		Decided:            r.Date("hiring.decided", w.GetDecided()),
		DeMinimis:          r.Answer("hiring.de_minimis", w.GetDeMinimis()),
		DeMinimisReceived:  r.Decimal("hiring.de_minimis_received", w.GetDeMinimisReceived(), 0, mostAid),
	}
	r.NotAfter("hiring.decided", h.Decided, on)
	if h.FullTimeHours > 0 && h.WeeklyHours > h.FullTimeHours {
		r.Wrong("hiring.weekly_hours", "is %s, more than full-time work in the sector, %s", h.WeeklyHours, h.FullTimeHours)
	}
	if h.PayrollCost > 0 && h.PayrollCost < h.MonthlyPay {
		r.Wrong("hiring.payroll_cost", "is %s, less than the pay, %s: it is the pay with the employer's contributions", h.PayrollCost, h.MonthlyPay)
	}
	return h
}

// unemployedMonths reads the months within a window, so there are no more of
// them than the window has; its length is reference data.
func unemployedMonths(r *assessment.Reader, w *employmentv1.Hiring, amounts []catalogue.Amount, on catalogue.Date) *int {
	if w == nil || w.UnemployedMonths == nil {
		return nil
	}
	const field = "hiring.unemployed_months"
	months := int(w.GetUnemployedMonths())
	window, known := rule.AmountsOn(amounts, on).Int("employment_55.window_months")
	switch {
	case months < 0:
		r.Wrong(field, "is %d; it must be 0 or more, or unset when it is not known", months)
	case known && months > window:
		r.Wrong(field, "is %d; it counts within the last %d months, so it must be from 0 to %d", months, window, window)
	}
	return &months
}
