package employment_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/testing/protocmp"

	assessmentv1 "github.com/businessespoo/hub/proto/businessespoo/assessment/v1"
	employmentv1 "github.com/businessespoo/hub/proto/businessespoo/employment/v1"
	"github.com/businessespoo/hub/services/employment"
	"github.com/businessespoo/hub/services/kit/assessment/assessmenttest"
	"github.com/businessespoo/hub/services/provider"
)

const (
	yes = assessmentv1.Answer_ANSWER_YES
	no  = assessmentv1.Answer_ANSWER_NO

	possible    = assessmentv1.Verdict_VERDICT_POSSIBLE
	uncertain   = assessmentv1.Verdict_VERDICT_UNCERTAIN
	notPossible = assessmentv1.Verdict_VERDICT_NOT_POSSIBLE

	met     = assessmentv1.Effect_EFFECT_MET
	note    = assessmentv1.Effect_EFFECT_NOTE
	missing = assessmentv1.Effect_EFFECT_MISSING
	warns   = assessmentv1.Effect_EFFECT_WARNS
	blocks  = assessmentv1.Effect_EFFECT_BLOCKS
)

// dial serves the employment area's own service as its definition registers it,
// on 10 March 2026.
func dial(t *testing.T) employmentv1.SupportServiceClient {
	t.Helper()
	definition := employment.Definition()
	access := provider.Access{Catalogue: load(t), Clock: func() time.Time { return time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC) }}
	return employmentv1.NewSupportServiceClient(assessmenttest.Dial(t, func(r grpc.ServiceRegistrar) { definition.Register(r, access) }))
}

// starter meets every condition and starts on 1 April 2026.
func starter() *employmentv1.Founder {
	return &employmentv1.Founder{
		Municipality: employmentv1.Municipality_MUNICIPALITY_ESPOO, Situation: employmentv1.Situation_SITUATION_UNEMPLOYED,
		FullTime: yes, PlanReady: yes, Prerequisites: yes, OtherIncome: no, LivesFromBusiness: no, TaxDebt: no,
		PaymentDefault: no, ContinuesExisting: no, Applied: "2026-03-02", Start: "2026-04-01",
	}
}

// Each fact reaches the rule it is meant for.
func TestAssessStartupGrant(t *testing.T) {
	client := dial(t)
	for _, test := range []struct {
		name    string
		change  func(*employmentv1.Founder)
		verdict assessmentv1.Verdict
		code    string
		effect  assessmentv1.Effect
	}{
		{"all in order", func(*employmentv1.Founder) {}, possible, "discretion", note},
		{"Kauniainen", func(f *employmentv1.Founder) { f.Municipality = employmentv1.Municipality_MUNICIPALITY_KAUNIAINEN }, possible, "home_municipality", met},
		{"another municipality", func(f *employmentv1.Founder) { f.Municipality = employmentv1.Municipality_MUNICIPALITY_OTHER }, notPossible, "home_municipality", blocks},
		{"home not known", func(f *employmentv1.Founder) { f.Municipality = 0 }, uncertain, "home_municipality", missing},
		{"part-time", func(f *employmentv1.Founder) { f.FullTime = no }, notPossible, "full_time", blocks},
		{"from paid work", func(f *employmentv1.Founder) { f.Situation = employmentv1.Situation_SITUATION_EMPLOYEE }, possible, "not_already_entrepreneur", met},
		{"from home", func(f *employmentv1.Founder) { f.Situation = employmentv1.Situation_SITUATION_AT_HOME }, possible, "not_already_entrepreneur", met},
		{"from part-time business, with a Business ID", func(f *employmentv1.Founder) {
			f.Situation, f.BusinessIdGiven = employmentv1.Situation_SITUATION_PART_TIME_ENTREPRENEUR, "2024-05-02"
		}, possible, "not_already_entrepreneur", met},
		{"entrepreneur already", func(f *employmentv1.Founder) {
			f.Situation = employmentv1.Situation_SITUATION_FULL_TIME_ENTREPRENEUR
		}, notPossible, "not_already_entrepreneur", blocks},
		{"student with studies left", func(f *employmentv1.Founder) {
			f.Situation, f.StudiesNearlyDone = employmentv1.Situation_SITUATION_STUDENT, no
		}, notPossible, "studies", blocks},
		{"no plan", func(f *employmentv1.Founder) { f.PlanReady = no }, uncertain, "plan", warns},
		{"no permits", func(f *employmentv1.Founder) { f.Prerequisites = no }, uncertain, "prerequisites", warns},
		{"salary at the same time", func(f *employmentv1.Founder) { f.OtherIncome = yes }, notPossible, "other_income", blocks},
		{"a living from the start", func(f *employmentv1.Founder) { f.LivesFromBusiness = yes }, notPossible, "reasonable_living", blocks},
		{"tax debt", func(f *employmentv1.Founder) { f.TaxDebt = yes }, uncertain, "tax_debt", warns},
		{"payment default", func(f *employmentv1.Founder) { f.PaymentDefault = yes }, uncertain, "payment_default", warns},
		{"carries on a business", func(f *employmentv1.Founder) { f.ContinuesExisting = yes }, uncertain, "new_business", warns},
		{"started before applying", func(f *employmentv1.Founder) { f.Start = "2026-03-01" }, notPossible, "apply_before_start", blocks},
		{"not applied yet", func(f *employmentv1.Founder) { f.Applied = "" }, possible, "apply_before_start", note},
		{"means to apply after the start", func(f *employmentv1.Founder) { f.Applied = "2026-04-02" }, notPossible, "apply_before_start", blocks},
		{"started, undecided", func(f *employmentv1.Founder) { f.Start = "2026-03-05" }, possible, "started_at_own_risk", note},
		{"decided", func(f *employmentv1.Founder) { f.Start, f.Decided = "2026-03-05", "2026-03-09" }, possible, "apply_before_start", met},
		{"started before the decision in 2024", func(f *employmentv1.Founder) {
			f.Applied, f.Start, f.Decided = "2024-09-02", "2024-10-01", "2024-10-10"
		}, notPossible, "decision_before_start", blocks},
		{"Business ID too early", func(f *employmentv1.Founder) { f.BusinessIdGiven = "2026-02-20" }, uncertain, "business_id_before_application", warns},
		{"Business ID with permission", func(f *employmentv1.Founder) { f.BusinessIdGiven, f.EarlyBusinessIdAllowed = "2026-02-20", yes }, possible, "business_id_before_application", met},
		{"nothing known", func(f *employmentv1.Founder) { f.Reset() }, uncertain, "plan", missing},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := starter()
			test.change(f)
			response, err := client.AssessStartupGrant(t.Context(), &employmentv1.AssessStartupGrantRequest{Founder: f})
			if err != nil {
				t.Fatal(err)
			}
			got := response.GetAssessment()
			assessmenttest.Complete(t, got)
			if got.GetVerdict() != test.verdict || !assessmenttest.Has(got.GetReasons(), test.code, test.effect) {
				t.Errorf("%s with %v, want %s with %s %s", got.GetVerdict(), got.GetReasons(), test.verdict, test.code, test.effect)
			}
			if cannot := got.GetVerdict() == notPossible; cannot != (got.GetSupport() == nil) || cannot && len(got.GetDeadlines()) > 0 {
				t.Errorf("%s with support %v and %d dates", got.GetVerdict(), got.GetSupport(), len(got.GetDeadlines()))
			}
		})
	}
}

// The example of the sources: 37.21 euros on five days a week at the most, for
// six months and twelve at the most; the first month is claimed within two.
func TestAssessStartupGrantSupport(t *testing.T) {
	response, err := dial(t).AssessStartupGrant(t.Context(), &employmentv1.AssessStartupGrantRequest{Date: "2026-03-11", Founder: starter()})
	if err != nil {
		t.Fatal(err)
	}
	got := response.GetAssessment()
	want := &employmentv1.Support{PerDay: "37.21", DaysPerWeek: 5, PerMonthMin: "744.20", PerMonthMax: "806.22", MonthsMin: 6, MonthsMax: 12}
	if diff := cmp.Diff(want, got.GetSupport(), protocmp.Transform()); diff != "" {
		t.Errorf("support (-want +got):\n%s", diff)
	}
	if got.GetService() != "providers/employment/services/startup-grant" || got.GetDate() != "2026-03-11" {
		t.Errorf("%s on %s", got.GetService(), got.GetDate())
	}
	var lines []string
	for _, d := range got.GetDeadlines() {
		lines = append(lines, d.GetCode()+" "+d.GetDate())
	}
	deadlines := []string{
		"claim_payment 2026-06-30", "claim_payment 2026-07-31", "apply_for_extension 2026-08-30", "claim_payment 2026-08-30",
		"claim_payment 2026-09-30", "claim_payment 2026-10-31", "claim_payment 2026-11-30", "last_day_with_extension 2027-03-31",
	}
	if diff := cmp.Diff(deadlines, lines); diff != "" {
		t.Errorf("deadlines (-want +got):\n%s", diff)
	}
}

// employee is hired for 1 800 euros a month, and nothing speaks against a subsidy.
func employee() *employmentv1.Hiring {
	return &employmentv1.Hiring{
		Employer: employmentv1.EmployerKind_EMPLOYER_KIND_COMPANY, Contract: employmentv1.ContractKind_CONTRACT_KIND_AGREED_HOURS,
		WeeklyHours: "30", FullTimeHours: "40", MonthlyPay: "1800",
		Jobseeker: yes, NeedAssessed: yes, ReducedWorkAbility: no, Age: 40, UnemployedMonths: new(int32(8)), WorkStart: "2026-05-04",
	}
}

func TestAssessPaySubsidy(t *testing.T) {
	client := dial(t)
	half := &employmentv1.Support{Percent: "50", PerMonthMin: "900", PerMonthMax: "900", MonthsMin: 5, MonthsMax: 10}
	for _, test := range []struct {
		name    string
		change  func(*employmentv1.Hiring)
		verdict assessmentv1.Verdict
		code    string
		effect  assessmentv1.Effect
		support *employmentv1.Support
	}{
		{"half of the pay", func(*employmentv1.Hiring) {}, possible, "discretion", note, half},
		{
			"at most 1 260", func(h *employmentv1.Hiring) { h.MonthlyPay = "3000" }, possible, "need_assessed", met,
			&employmentv1.Support{Percent: "50", PerMonthMin: "1260", PerMonthMax: "1260", MonthsMin: 5, MonthsMax: 10},
		},
		{
			"reduced work ability", func(h *employmentv1.Hiring) { h.ReducedWorkAbility = yes }, possible, "need_assessed", met,
			&employmentv1.Support{Percent: "70", PerMonthMin: "1260", PerMonthMax: "1260", MonthsMin: 5, MonthsMax: 24},
		},
		{"association, long unemployed", func(h *employmentv1.Hiring) {
			h.Employer, h.UnemployedMonths, h.WeeklyHours, h.MonthlyPay = employmentv1.EmployerKind_EMPLOYER_KIND_ASSOCIATION, new(int32(26)), "26", "1500"
		}, possible, "need_assessed", met, &employmentv1.Support{Percent: "100", PerMonthMin: "1845", PerMonthMax: "1845", MonthsMin: 5, MonthsMax: 10}},
		{"association, unemployment not known", func(h *employmentv1.Hiring) {
			h.Employer, h.UnemployedMonths = employmentv1.EmployerKind_EMPLOYER_KIND_ASSOCIATION, nil
		}, possible, "need_assessed", met, half},
		{"municipality, age 40", func(h *employmentv1.Hiring) { h.Employer = employmentv1.EmployerKind_EMPLOYER_KIND_MUNICIPALITY }, notPossible, "municipality_ground", blocks, nil},
		{"zero hours", func(h *employmentv1.Hiring) { h.Contract = employmentv1.ContractKind_CONTRACT_KIND_ZERO_HOURS }, notPossible, "contract_kind", blocks, nil},
		{"commission", func(h *employmentv1.Hiring) { h.Contract = employmentv1.ContractKind_CONTRACT_KIND_COMMISSION }, notPossible, "contract_kind", blocks, nil},
		{"contract not known", func(h *employmentv1.Hiring) { h.Contract = 0 }, uncertain, "contract_kind", missing, half},
		{"not a jobseeker", func(h *employmentv1.Hiring) { h.Jobseeker = no }, notPossible, "unemployed_jobseeker", blocks, nil},
		{"no need", func(h *employmentv1.Hiring) { h.NeedAssessed = no }, notPossible, "need_assessed", blocks, nil},
		{"work began without a decision", func(h *employmentv1.Hiring) { h.WorkStart = "2026-03-02" }, notPossible, "decision_before_work", blocks, nil},
		{"decided in time", func(h *employmentv1.Hiring) { h.WorkStart, h.Decided = "2026-03-09", "2026-03-09" }, possible, "decision_before_work", met, half},
		{"pay not known", func(h *employmentv1.Hiring) { h.MonthlyPay = "" }, uncertain, "monthly_pay", missing, &employmentv1.Support{Percent: "50", MonthsMin: 5, MonthsMax: 10}},
		{
			"an apprenticeship with compensation", func(h *employmentv1.Hiring) { h.Apprenticeship, h.OtherCompensation = yes, "120" }, possible, "cumulation", met,
			&employmentv1.Support{Percent: "50", PerMonthMin: "900", PerMonthMax: "900", MonthsMin: 5, WholeTraining: true},
		},
		{
			"more than the pay together", func(h *employmentv1.Hiring) { h.OtherCompensation = "1000.50" }, uncertain, "cumulation", warns,
			&employmentv1.Support{Percent: "50", PerMonthMin: "799.50", PerMonthMax: "799.50", MonthsMin: 5, MonthsMax: 10},
		},
		{"within the payroll cost", func(h *employmentv1.Hiring) { h.OtherCompensation, h.PayrollCost = "1000", "2200" }, possible, "cumulation", met, half},
		{
			"no room at all", func(h *employmentv1.Hiring) { h.OtherCompensation = "1800" }, uncertain, "cumulation", warns,
			&employmentv1.Support{Percent: "50", PerMonthMin: "0", PerMonthMax: "0", MonthsMin: 5, MonthsMax: 10},
		},
		{"de minimis used up", func(h *employmentv1.Hiring) { h.DeMinimis, h.DeMinimisReceived = yes, "300000" }, notPossible, "de_minimis", blocks, nil},
		{"de minimis nearly used up", func(h *employmentv1.Hiring) { h.DeMinimis, h.DeMinimisReceived = yes, "295000" }, uncertain, "de_minimis", warns, half},
		{
			"nothing known", func(h *employmentv1.Hiring) { h.Reset() }, uncertain, "unemployed_jobseeker", missing,
			&employmentv1.Support{Percent: "50", MonthsMin: 5, MonthsMax: 10},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := employee()
			test.change(h)
			response, err := client.AssessPaySubsidy(t.Context(), &employmentv1.AssessPaySubsidyRequest{Hiring: h})
			if err != nil {
				t.Fatal(err)
			}
			got := response.GetAssessment()
			assessmenttest.Complete(t, got)
			if got.GetVerdict() != test.verdict || !assessmenttest.Has(got.GetReasons(), test.code, test.effect) {
				t.Errorf("%s with %v, want %s with %s %s", got.GetVerdict(), got.GetReasons(), test.verdict, test.code, test.effect)
			}
			if diff := cmp.Diff(test.support, got.GetSupport(), protocmp.Transform()); diff != "" {
				t.Errorf("support (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAssessEmployment55(t *testing.T) {
	client := dial(t)
	for _, test := range []struct {
		name    string
		change  func(*employmentv1.Hiring)
		verdict assessmentv1.Verdict
		code    string
		effect  assessmentv1.Effect
		month   string
	}{
		{"all in order", func(*employmentv1.Hiring) {}, possible, "long_unemployed", met, "1400"},
		{"at most 1 770", func(h *employmentv1.Hiring) { h.MonthlyPay = "2600" }, possible, "discretion", note, "1770"},
		{"54 years", func(h *employmentv1.Hiring) { h.Age = 54 }, notPossible, "age", blocks, ""},
		{"age not known", func(h *employmentv1.Hiring) { h.Age = 0 }, uncertain, "age", missing, "1400"},
		{"23 months", func(h *employmentv1.Hiring) { h.UnemployedMonths = new(int32(23)) }, notPossible, "long_unemployed", blocks, ""},
		{"not unemployed", func(h *employmentv1.Hiring) { h.UnemployedMonths = new(int32(0)) }, notPossible, "long_unemployed", blocks, ""},
		{"unemployment not known", func(h *employmentv1.Hiring) { h.UnemployedMonths = nil }, uncertain, "long_unemployed", missing, "1400"},
		{"24.99 hours", func(h *employmentv1.Hiring) { h.WeeklyHours = "24.99" }, notPossible, "weekly_hours", blocks, ""},
		{"short hours in the sector", func(h *employmentv1.Hiring) { h.WeeklyHours, h.FullTimeHours = "24", "36" }, possible, "weekly_hours", met, "1400"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := employee()
			h.Age, h.UnemployedMonths, h.WeeklyHours, h.MonthlyPay = 55, new(int32(24)), "25", "2000"
			test.change(h)
			response, err := client.AssessEmployment55(t.Context(), &employmentv1.AssessEmployment55Request{Hiring: h})
			if err != nil {
				t.Fatal(err)
			}
			got := response.GetAssessment()
			assessmenttest.Complete(t, got)
			if got.GetVerdict() != test.verdict || !assessmenttest.Has(got.GetReasons(), test.code, test.effect) {
				t.Errorf("%s with %v, want %s with %s %s", got.GetVerdict(), got.GetReasons(), test.verdict, test.code, test.effect)
			}
			if got.GetSupport().GetPerMonthMax() != test.month {
				t.Errorf("%q a month, want %q", got.GetSupport().GetPerMonthMax(), test.month)
			}
			if d := got.GetDeadlines(); got.GetVerdict() != notPossible && (len(d) != 1 || d[0].GetDate() != "2027-06-30") {
				t.Errorf("deadlines %v; the period ends on 3 March 2027, so the claim is due on 30 June", d)
			}
		})
	}
}
