package employment_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/services/employment"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/rule"
)

// founder is somebody who meets every condition and starts on 1 April 2026.
func founder() employment.Founder {
	return employment.Founder{
		Municipality: "espoo", Situation: employment.Unemployed,
		FullTime: rule.Yes, Plan: rule.Yes, Prerequisites: rule.Yes,
		OtherIncome: rule.No, LivesFromBusiness: rule.No, TaxDebt: rule.No, PaymentDefault: rule.No,
		Applied: "2026-03-02", Start: "2026-04-01",
	}
}

func TestStartupGrant(t *testing.T) {
	amounts := load(t).Amounts
	for _, test := range []struct {
		name    string
		change  func(*employment.Founder)
		want    rule.Verdict
		code    string
		effect  rule.Effect
		support bool
	}{
		{"all in order", func(*employment.Founder) {}, rule.Possible, "discretion", rule.Notes, true},
		{"Kauniainen", func(f *employment.Founder) { f.Municipality = "kauniainen" }, rule.Possible, "home_municipality", rule.Met, true},
		{"another municipality", func(f *employment.Founder) { f.Municipality = "other" }, rule.NotPossible, "home_municipality", rule.Blocks, false},
		{"not full-time", func(f *employment.Founder) { f.FullTime = rule.No }, rule.NotPossible, "full_time", rule.Blocks, false},
		{"from part-time business", func(f *employment.Founder) { f.Situation = employment.PartTimeEntrepreneur }, rule.Possible, "not_already_entrepreneur", rule.Met, true},
		{"already an entrepreneur", func(f *employment.Founder) { f.Situation = employment.FullTimeEntrepreneur }, rule.NotPossible, "not_already_entrepreneur", rule.Blocks, false},
		{"student with most studies left", func(f *employment.Founder) { f.Situation, f.StudiesNearlyDone = employment.Student, rule.No }, rule.NotPossible, "studies", rule.Blocks, false},
		{"student about to graduate", func(f *employment.Founder) { f.Situation, f.StudiesNearlyDone = employment.Student, rule.Yes }, rule.Possible, "studies", rule.Met, true},
		{"student, not known", func(f *employment.Founder) { f.Situation = employment.Student }, rule.Uncertain, "studies", rule.Missing, true},
		{"tax debt", func(f *employment.Founder) { f.TaxDebt = rule.Yes }, rule.Uncertain, "tax_debt", rule.Warns, true},
		{"payment default", func(f *employment.Founder) { f.PaymentDefault = rule.Yes }, rule.Uncertain, "payment_default", rule.Warns, true},
		{"salary at the same time", func(f *employment.Founder) { f.OtherIncome = rule.Yes }, rule.NotPossible, "other_income", rule.Blocks, false},
		{"living from the start", func(f *employment.Founder) { f.LivesFromBusiness = rule.Yes }, rule.NotPossible, "reasonable_living", rule.Blocks, false},
		{"no plan", func(f *employment.Founder) { f.Plan = rule.No }, rule.Uncertain, "plan", rule.Warns, true},
		{"permits not in place", func(f *employment.Founder) { f.Prerequisites = rule.No }, rule.Uncertain, "prerequisites", rule.Warns, true},
		{"carries on a business", func(f *employment.Founder) { f.ContinuesExisting = rule.Yes }, rule.Uncertain, "new_business", rule.Warns, true},
		{"started before applying", func(f *employment.Founder) { f.Start = "2026-03-01" }, rule.NotPossible, "apply_before_start", rule.Blocks, false},
		{"started on the day of applying", func(f *employment.Founder) { f.Start = "2026-03-02" }, rule.Possible, "started_at_own_risk", rule.Notes, true},
		{"started without applying", func(f *employment.Founder) { f.Applied, f.Start = "", "2026-03-01" }, rule.NotPossible, "apply_before_start", rule.Blocks, false},
		{"not applied yet", func(f *employment.Founder) { f.Applied = "" }, rule.Possible, "apply_before_start", rule.Notes, true},
		{"Business ID without permission", func(f *employment.Founder) { f.BusinessID = "2026-02-20" }, rule.Uncertain, "business_id_before_application", rule.Warns, true},
		{"Business ID with permission", func(f *employment.Founder) { f.BusinessID, f.EarlyIDAllowed = "2026-02-20", rule.Yes }, rule.Possible, "business_id_before_application", rule.Met, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := founder()
			test.change(&f)
			got := employment.StartupGrant(f, amounts, "2026-03-10")
			if got.Verdict != test.want {
				t.Errorf("verdict is %s, want %s", got.Verdict, test.want)
			}
			if !rule.Has(got.Reasons, test.code, test.effect) {
				t.Errorf("no reason %s (%s) among %+v", test.code, test.effect, got.Reasons)
			}
			if (got.Support.PerDay > 0) != test.support || (len(got.Deadlines) > 0) != test.support {
				t.Errorf("support is %+v with %d deadlines", got.Support, len(got.Deadlines))
			}
		})
	}
}

// The example of the sources: 37.21 euros on at most five days a week, which
// makes about 745 euros in four weeks, for six months and twelve at most.
func TestStartupGrantSupport(t *testing.T) {
	got := employment.StartupGrant(founder(), load(t).Amounts, "2026-03-10")
	want := employment.Support{
		PerDay: 3721, DaysPerWeek: 5, PerMonthMin: 74420, PerMonthMax: 80622, MonthsMin: 6, MonthsMax: 12,
	}
	if diff := cmp.Diff(want, got.Support); diff != "" {
		t.Errorf("support (-want +got):\n%s", diff)
	}
	for _, figure := range got.Figures {
		if figure.Source == "" || !figure.ValidOn("2026-03-10") {
			t.Errorf("figure %s of %s from %q", figure.ID, figure.ValidFrom, figure.Source)
		}
	}
}

func TestStartupGrantDeadlines(t *testing.T) {
	got := employment.StartupGrant(founder(), load(t).Amounts, "2026-03-10")
	type line struct {
		Code string
		On   catalogue.Date
	}
	var lines []line
	for _, d := range got.Deadlines {
		lines = append(lines, line{d.Code, d.On})
	}
	want := []line{
		{"claim_payment", "2026-06-30"}, // April, claimed within two months of its end
		{"claim_payment", "2026-07-31"},
		{"apply_for_extension", "2026-08-30"}, // a month before 30 September
		{"claim_payment", "2026-08-30"},
		{"claim_payment", "2026-09-30"},
		{"claim_payment", "2026-10-31"},
		{"claim_payment", "2026-11-30"},
		{"last_day_with_extension", "2027-03-31"},
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("deadlines (-want +got):\n%s", diff)
	}
	if text := got.Deadlines[0].Texts.SV; text != "Ansök senast denna dag om utbetalning för tiden 1.4.2026–30.4.2026." {
		t.Errorf("text is %q", text)
	}
}

// A year without a confirmed figure has a verdict without an amount.
func TestStartupGrantWithoutFigure(t *testing.T) {
	f := founder()
	f.Applied, f.Start = "2023-05-02", "2023-06-01"
	got := employment.StartupGrant(f, load(t).Amounts, "2023-05-10")
	if got.Verdict != rule.Uncertain || !rule.Has(got.Reasons, "figure_unknown", rule.Missing) || got.Support.PerDay != 0 {
		t.Errorf("verdict %s with %+v", got.Verdict, got.Support)
	}
}

// Until the end of 2024 the decision had to come before the start.
func TestStartOrderFollowsTheLawOfTheTime(t *testing.T) {
	amounts := load(t).Amounts
	for _, test := range []struct {
		name                    string
		applied, decided, start catalogue.Date
		blocks, notes           []string
	}{
		{"2024, start before decision", "2024-09-02", "2024-10-10", "2024-10-01", []string{"decision_before_start"}, nil},
		{"2024, start after decision", "2024-09-02", "2024-10-10", "2024-10-11", nil, nil},
		{"2025, start before decision", "2025-09-02", "2025-10-10", "2025-10-01", nil, nil},
		{"2025, undecided", "2025-09-02", "", "2025-10-01", nil, []string{"started_at_own_risk"}},
		{"2025, start before application", "2025-09-02", "", "2025-09-01", []string{"apply_before_start"}, []string{"started_at_own_risk"}},
	} {
		f := employment.Founder{Applied: test.applied, Decided: test.decided, Start: test.start}
		got := employment.StartOrder(f, amounts, "2025-12-01")
		if diff := cmp.Diff(test.blocks, rule.Codes(got, rule.Blocks)); diff != "" {
			t.Errorf("%s: blocks (-want +got):\n%s", test.name, diff)
		}
		if diff := cmp.Diff(test.notes, rule.Codes(got, rule.Notes)); diff != "" {
			t.Errorf("%s: notes (-want +got):\n%s", test.name, diff)
		}
	}
}

// Nothing known: nothing is promised and nothing refused.
func TestStartupGrantKnowsNothing(t *testing.T) {
	got := employment.StartupGrant(employment.Founder{}, load(t).Amounts, "2026-03-10")
	if got.Verdict != rule.Uncertain || len(rule.Codes(got.Reasons, rule.Blocks)) != 0 {
		t.Errorf("verdict %s, blocks %v", got.Verdict, rule.Codes(got.Reasons, rule.Blocks))
	}
	for _, r := range got.Reasons {
		if r.Texts.FI == "" || r.Texts.SV == "" || r.Texts.EN == "" || r.Source == "" {
			t.Errorf("%s lacks a text or a source: %+v", r.Code, r)
		}
	}
}
