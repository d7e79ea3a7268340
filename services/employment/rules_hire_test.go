package employment_test

import (
	"strings"
	"testing"

	"github.com/businessespoo/hub/services/employment"
	"github.com/businessespoo/hub/services/kit/rule"
)

// hiring is a company that hires for 1 800 euros a month and has not decided on
// anything that speaks against a subsidy.
func hiring() employment.Hiring {
	return employment.Hiring{
		Employer: employment.Company, Contract: employment.AgreedHours,
		WeeklyHours: rule.Whole(30), FullTimeHours: rule.Whole(40), MonthlyPay: rule.Whole(1800),
		Jobseeker: rule.Yes, NeedAssessed: rule.Yes, ReducedWorkAbility: rule.No,
		Age: 40, UnemployedMonths: new(8), WorkStart: "2026-05-04",
	}
}

func TestPaySubsidy(t *testing.T) {
	amounts := load(t).Amounts
	for _, test := range []struct {
		name   string
		change func(*employment.Hiring)
		want   rule.Verdict
		code   string
		effect rule.Effect
		month  rule.Decimal
		most   int
	}{
		{"half of the pay", func(*employment.Hiring) {}, rule.Possible, "discretion", rule.Notes, 90000, 10},
		{"at most 1 260", func(h *employment.Hiring) { h.MonthlyPay = rule.Whole(3000) }, rule.Possible, "need_assessed", rule.Met, 126000, 10},
		{"reduced work ability", func(h *employment.Hiring) { h.ReducedWorkAbility = rule.Yes }, rule.Possible, "need_assessed", rule.Met, 126000, 24},
		{"reduced, at most 1 770", func(h *employment.Hiring) { h.ReducedWorkAbility, h.MonthlyPay = rule.Yes, rule.Whole(3000) }, rule.Possible, "need_assessed", rule.Met, 177000, 24},
		{"association, long unemployed", func(h *employment.Hiring) {
			h.Employer, h.UnemployedMonths, h.WeeklyHours, h.MonthlyPay = employment.Association, new(26), rule.Whole(26), rule.Whole(1500)
		}, rule.Possible, "need_assessed", rule.Met, 184500, 10},
		{"association, more than 65 % of hours", func(h *employment.Hiring) {
			h.Employer, h.UnemployedMonths, h.WeeklyHours, h.MonthlyPay = employment.Association, new(26), rule.Whole(40), rule.Whole(2000)
		}, rule.Possible, "need_assessed", rule.Met, 159900, 10}, // 2000 x 26/40 x 1.23
		{"association, at most 2 020", func(h *employment.Hiring) {
			h.Employer, h.UnemployedMonths, h.WeeklyHours, h.MonthlyPay = employment.Association, new(26), rule.Whole(26), rule.Whole(2400)
		}, rule.Possible, "need_assessed", rule.Met, 202000, 10},
		{"association, not long unemployed", func(h *employment.Hiring) { h.Employer = employment.Association }, rule.Possible, "need_assessed", rule.Met, 90000, 10},
		{"municipality, age 40", func(h *employment.Hiring) { h.Employer = employment.Municipality }, rule.NotPossible, "municipality_ground", rule.Blocks, 0, 0},
		{"municipality, age 61", func(h *employment.Hiring) { h.Employer, h.Age = employment.Municipality, 61 }, rule.Uncertain, "municipality_ground", rule.Missing, 90000, 10},
		{"zero-hours contract", func(h *employment.Hiring) { h.Contract = employment.ZeroHours }, rule.NotPossible, "contract_kind", rule.Blocks, 0, 0},
		{"commission", func(h *employment.Hiring) { h.Contract = employment.Commission }, rule.NotPossible, "contract_kind", rule.Blocks, 0, 0},
		{"not a jobseeker", func(h *employment.Hiring) { h.Jobseeker = rule.No }, rule.NotPossible, "unemployed_jobseeker", rule.Blocks, 0, 0},
		{"need not assessed yet", func(h *employment.Hiring) { h.NeedAssessed = rule.Unknown }, rule.Uncertain, "need_assessed", rule.Missing, 90000, 10},
		{"work began without a decision", func(h *employment.Hiring) { h.WorkStart = "2026-03-02" }, rule.NotPossible, "decision_before_work", rule.Blocks, 0, 0},
		{"work begins today without a decision", func(h *employment.Hiring) { h.WorkStart = "2026-03-10" }, rule.NotPossible, "decision_before_work", rule.Blocks, 0, 0},
		{"decision after the start", func(h *employment.Hiring) { h.Decided = "2026-05-05" }, rule.NotPossible, "decision_before_work", rule.Blocks, 0, 0},
		{"decision before the start", func(h *employment.Hiring) { h.Decided = "2026-04-20" }, rule.Possible, "decision_before_work", rule.Met, 90000, 10},
		{"pay not known", func(h *employment.Hiring) { h.MonthlyPay = 0 }, rule.Uncertain, "monthly_pay", rule.Missing, 0, 10},
		{"with training compensation", func(h *employment.Hiring) { h.Apprenticeship, h.OtherCompensation = rule.Yes, rule.Whole(120) }, rule.Possible, "cumulation", rule.Met, 90000, 0},
		{"compensation not known", func(h *employment.Hiring) { h.Apprenticeship = rule.Yes }, rule.Possible, "cumulation", rule.Notes, 90000, 0},
		{"more than the pay together", func(h *employment.Hiring) { h.OtherCompensation = rule.Whole(1000) }, rule.Uncertain, "cumulation", rule.Warns, 80000, 10},
		{"within the payroll cost", func(h *employment.Hiring) { h.OtherCompensation, h.PayrollCost = rule.Whole(1000), rule.Whole(2200) }, rule.Possible, "cumulation", rule.Met, 90000, 10},
		{"de minimis within the limit", func(h *employment.Hiring) { h.DeMinimis, h.DeMinimisReceived = rule.Yes, rule.Whole(291000) }, rule.Possible, "de_minimis", rule.Met, 90000, 10},
		{"de minimis would exceed", func(h *employment.Hiring) { h.DeMinimis, h.DeMinimisReceived = rule.Yes, rule.Whole(291001) }, rule.Uncertain, "de_minimis", rule.Warns, 90000, 10},
		{"de minimis used up", func(h *employment.Hiring) { h.DeMinimis, h.DeMinimisReceived = rule.Yes, rule.Whole(300000) }, rule.NotPossible, "de_minimis", rule.Blocks, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := hiring()
			test.change(&h)
			got := employment.PaySubsidy(h, amounts, "2026-03-10")
			if got.Verdict != test.want {
				t.Errorf("verdict is %s, want %s", got.Verdict, test.want)
			}
			if !rule.Has(got.Reasons, test.code, test.effect) {
				t.Errorf("no reason %s (%s) among %+v", test.code, test.effect, got.Reasons)
			}
			if got.Support.PerMonthMax != test.month || got.Support.MonthsMax != test.most {
				t.Errorf("support is %+v, want %s a month for at most %d", got.Support, test.month, test.most)
			}
		})
	}
}

func TestEmployment55(t *testing.T) {
	amounts := load(t).Amounts
	senior := hiring()
	senior.Age, senior.UnemployedMonths, senior.WeeklyHours, senior.MonthlyPay = 55, new(24), rule.Whole(25), rule.Whole(2000)
	for _, test := range []struct {
		name   string
		change func(*employment.Hiring)
		want   rule.Verdict
		code   string
		effect rule.Effect
		month  rule.Decimal
	}{
		{"55, 24 months, 25 hours", func(*employment.Hiring) {}, rule.Possible, "long_unemployed", rule.Met, 140000},
		{"at most 1 770", func(h *employment.Hiring) { h.MonthlyPay = rule.Whole(2600) }, rule.Possible, "age", rule.Met, 177000},
		{"54 years", func(h *employment.Hiring) { h.Age = 54 }, rule.NotPossible, "age", rule.Blocks, 0},
		{"23 months", func(h *employment.Hiring) { h.UnemployedMonths = new(23) }, rule.NotPossible, "long_unemployed", rule.Blocks, 0},
		{"not unemployed at all", func(h *employment.Hiring) { h.UnemployedMonths = new(0) }, rule.NotPossible, "long_unemployed", rule.Blocks, 0},
		{"unemployment not known", func(h *employment.Hiring) { h.UnemployedMonths = nil }, rule.Uncertain, "long_unemployed", rule.Missing, 140000},
		{"24.99 hours", func(h *employment.Hiring) { h.WeeklyHours = 2499 }, rule.NotPossible, "weekly_hours", rule.Blocks, 0},
		{"short hours in the sector", func(h *employment.Hiring) { h.WeeklyHours, h.FullTimeHours = rule.Whole(24), rule.Whole(36) }, rule.Possible, "weekly_hours", rule.Met, 140000},
		{"age not known", func(h *employment.Hiring) { h.Age = 0 }, rule.Uncertain, "age", rule.Missing, 140000},
		{"work began without a decision", func(h *employment.Hiring) { h.WorkStart = "2026-03-02" }, rule.NotPossible, "decision_before_work", rule.Blocks, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := senior
			test.change(&h)
			got := employment.Employment55(h, amounts, "2026-03-10")
			if got.Verdict != test.want || got.Support.PerMonthMax != test.month {
				t.Errorf("%s with %s a month, want %s with %s", got.Verdict, got.Support.PerMonthMax, test.want, test.month)
			}
			if !rule.Has(got.Reasons, test.code, test.effect) {
				t.Errorf("no reason %s (%s) among %+v", test.code, test.effect, got.Reasons)
			}
		})
	}

	got := employment.Employment55(senior, amounts, "2026-03-10")
	if len(got.Deadlines) != 1 || got.Deadlines[0].On != "2027-06-30" {
		t.Errorf("deadlines %+v; the period ends on 3 March 2027, so the claim is due on 30 June", got.Deadlines)
	}
}

// Before the reform of July 2023 none of these figures held.
func TestPaySubsidyBeforeTheReform(t *testing.T) {
	h := hiring()
	h.WorkStart = "2023-06-30"
	got := employment.PaySubsidy(h, load(t).Amounts, "2023-06-01")
	if got.Verdict != rule.Uncertain || got.Support.PerMonthMax != 0 || !rule.Has(got.Reasons, "figure_unknown", rule.Missing) {
		t.Errorf("%s with %+v", got.Verdict, got.Support)
	}
}

func TestEveryReasonHasTextsAndSource(t *testing.T) {
	amounts := load(t).Amounts
	worst := hiring()
	worst.Employer, worst.Contract, worst.Jobseeker, worst.NeedAssessed = employment.Municipality, employment.ZeroHours, rule.No, rule.No
	worst.WorkStart, worst.OtherCompensation, worst.DeMinimis, worst.DeMinimisReceived = "2026-01-01", rule.Whole(5000), rule.Yes, rule.Whole(400000)
	reasons := employment.PaySubsidy(worst, amounts, "2026-03-10").Reasons
	reasons = append(reasons, employment.Employment55(worst, amounts, "2026-03-10").Reasons...)
	reasons = append(reasons, employment.PaySubsidy(employment.Hiring{}, amounts, "2026-03-10").Reasons...)
	seen := map[string]bool{}
	for _, r := range reasons {
		seen[r.Code] = true
		for lang, text := range map[string]string{"fi": r.Texts.FI, "sv": r.Texts.SV, "en": r.Texts.EN} {
			if text == "" || strings.ContainsAny(text, "{}") {
				t.Errorf("%s in %s reads %q", r.Code, lang, text)
			}
		}
		if r.Source == "" || r.Mark == "" {
			t.Errorf("%s has no source", r.Code)
		}
	}
	if len(seen) != 12 {
		t.Errorf("%d codes seen, want all 12: %v", len(seen), seen)
	}
}
