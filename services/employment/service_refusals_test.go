package employment_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	employmentv1 "github.com/businessespoo/hub/proto/businessespoo/employment/v1"
	"github.com/businessespoo/hub/services/kit/assessment/assessmenttest"
)

func TestAssessStartupGrantRefuses(t *testing.T) {
	client := dial(t)
	for _, test := range []struct {
		name   string
		change func(*employmentv1.AssessStartupGrantRequest)
		want   []string
	}{
		{"no founder", func(r *employmentv1.AssessStartupGrantRequest) { r.Founder = nil }, []string{"founder"}},
		{"not a date", func(r *employmentv1.AssessStartupGrantRequest) { r.Date, r.Founder.Start = "2026-13-01", "soon" }, []string{"date", "founder.start"}},
		{"a date out of range", func(r *employmentv1.AssessStartupGrantRequest) { r.Founder.Start = "9999-12-31" }, []string{"founder.start"}},
		{"decided before it was applied for", func(r *employmentv1.AssessStartupGrantRequest) { r.Founder.Decided = "2026-03-01" }, []string{"founder.decided"}},
		{"decided without an application", func(r *employmentv1.AssessStartupGrantRequest) {
			r.Founder.Applied, r.Founder.Decided = "", "2026-03-01"
		}, []string{"founder.applied"}},
		{"decided tomorrow", func(r *employmentv1.AssessStartupGrantRequest) { r.Founder.Decided = "2026-03-11" }, []string{"founder.decided"}},
		{"studies of one who is unemployed", func(r *employmentv1.AssessStartupGrantRequest) { r.Founder.StudiesNearlyDone = yes }, []string{"founder.studies_nearly_done"}},
		{"values that do not exist", func(r *employmentv1.AssessStartupGrantRequest) {
			r.Founder.Municipality, r.Founder.Situation, r.Founder.TaxDebt = 4, -1, 7
		}, []string{"founder.municipality", "founder.situation", "founder.tax_debt"}},
	} {
		request := &employmentv1.AssessStartupGrantRequest{Founder: starter()}
		test.change(request)
		_, err := client.AssessStartupGrant(t.Context(), request)
		if diff := cmp.Diff(test.want, assessmenttest.WrongFields(t, err)); diff != "" {
			t.Errorf("%s: wrong fields (-want +got):\n%s", test.name, diff)
		}
	}
}

// Both subsidies read the same facts, so they refuse the same ones.
func TestAssessHiringRefuses(t *testing.T) {
	client := dial(t)
	for _, test := range []struct {
		name   string
		change func(*employmentv1.Hiring)
		want   []string
	}{
		{
			"negative sums", func(h *employmentv1.Hiring) {
				h.MonthlyPay, h.OtherCompensation, h.DeMinimisReceived = "-1800", "-1", "-0.01"
			},
			[]string{"hiring.monthly_pay", "hiring.other_compensation", "hiring.de_minimis_received"},
		},
		{"no pay", func(h *employmentv1.Hiring) { h.MonthlyPay = "0" }, []string{"hiring.monthly_pay"}},
		{"a pay with a currency", func(h *employmentv1.Hiring) { h.MonthlyPay = "1800 €" }, []string{"hiring.monthly_pay"}},
		{"a pay of two million", func(h *employmentv1.Hiring) { h.MonthlyPay = "2000000" }, []string{"hiring.monthly_pay"}},
		{"more hours than full-time", func(h *employmentv1.Hiring) { h.WeeklyHours = "40.01" }, []string{"hiring.weekly_hours"}},
		{"more hours than a week has", func(h *employmentv1.Hiring) { h.WeeklyHours, h.FullTimeHours = "169", "170" }, []string{"hiring.weekly_hours", "hiring.full_time_hours"}},
		{"a cost below the pay", func(h *employmentv1.Hiring) { h.PayrollCost = "1799.99" }, []string{"hiring.payroll_cost"}},
		{"a negative age", func(h *employmentv1.Hiring) { h.Age = -40 }, []string{"hiring.age"}},
		{"29 of 28 months", func(h *employmentv1.Hiring) { h.UnemployedMonths = new(int32(29)) }, []string{"hiring.unemployed_months"}},
		{"negative months", func(h *employmentv1.Hiring) { h.UnemployedMonths = new(int32(-1)) }, []string{"hiring.unemployed_months"}},
		{"decided tomorrow", func(h *employmentv1.Hiring) { h.Decided = "2026-03-11" }, []string{"hiring.decided"}},
		{
			"values that do not exist", func(h *employmentv1.Hiring) { h.Employer, h.Contract, h.Jobseeker = 4, 4, 3 },
			[]string{"hiring.employer", "hiring.contract", "hiring.jobseeker"},
		},
	} {
		h := employee()
		test.change(h)
		_, err := client.AssessPaySubsidy(t.Context(), &employmentv1.AssessPaySubsidyRequest{Hiring: h})
		if diff := cmp.Diff(test.want, assessmenttest.WrongFields(t, err)); diff != "" {
			t.Errorf("%s: wrong fields (-want +got):\n%s", test.name, diff)
		}
		_, err = client.AssessEmployment55(t.Context(), &employmentv1.AssessEmployment55Request{Hiring: h})
		if diff := cmp.Diff(test.want, assessmenttest.WrongFields(t, err)); diff != "" {
			t.Errorf("%s, aged 55: wrong fields (-want +got):\n%s", test.name, diff)
		}
	}
}
