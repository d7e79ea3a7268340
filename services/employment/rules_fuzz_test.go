package employment_test

import (
	"os"
	"testing"

	"github.com/businessespoo/hub/services/employment"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/rule"
)

// Whatever the facts: what cannot be had shows no money and no deadline, and no
// subsidy exceeds its maximum or, with other compensation, the pay.
func FuzzPaySubsidy(f *testing.F) {
	f.Add("company", "fixed_hours", int64(3000), int64(4000), int64(180000), int64(0), 40, 8, "2026-05-04", "", byte(0))
	f.Add("association", "fixed_hours", int64(4000), int64(4000), int64(250000), int64(90000), 61, 26, "2026-05-04", "2026-04-01", byte(0x55))
	f.Add("municipality", "zero_hours", int64(-1), int64(0), int64(-5), int64(1), -3, 99, "x", "2026-13-40", byte(0xff))
	data, err := os.ReadFile("catalogue.yaml")
	if err != nil {
		f.Fatal(err)
	}
	p, err := catalogue.Load("catalogue.yaml", data, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, employer, contract string, hours, full, pay, other int64, age, months int, start, decided string, answers byte) {
		answer := func(shift int) rule.Answer { return rule.Answer(answers >> shift & 3 % 3) }
		h := employment.Hiring{
			Employer: employment.EmployerKind(employer), Contract: employment.ContractKind(contract),
			WeeklyHours: rule.Decimal(hours), FullTimeHours: rule.Decimal(full), MonthlyPay: rule.Decimal(pay % 1e12),
			OtherCompensation: rule.Decimal(other % 1e12), Age: age, UnemployedMonths: &months,
			WorkStart: catalogue.Date(start), Decided: catalogue.Date(decided),
			Jobseeker: answer(0), NeedAssessed: answer(2), ReducedWorkAbility: answer(4), Apprenticeship: answer(6),
		}
		for _, got := range []employment.Assessment{
			employment.PaySubsidy(h, p.Amounts, "2026-03-10"), employment.Employment55(h, p.Amounts, "2026-03-10"),
		} {
			month := got.Support.PerMonthMax
			if got.Verdict == rule.NotPossible && (month != 0 || len(got.Deadlines) != 0) {
				t.Errorf("%s is not possible, but gives %s", got.Service, month)
			}
			if month < 0 || month > rule.Whole(2020) {
				t.Errorf("%s gives %s a month", got.Service, month)
			}
			if h.OtherCompensation > 0 && month > max(h.MonthlyPay-h.OtherCompensation, 0) {
				t.Errorf("%s gives %s on top of %s, for a pay of %s", got.Service, month, h.OtherCompensation, h.MonthlyPay)
			}
		}
	})
}

// Whatever the dates: a start that is known to precede the application blocks.
func FuzzStartOrder(f *testing.F) {
	f.Add("2026-03-02", "", "2026-04-01", "2026-03-10")
	f.Add("", "", "2026-03-01", "2026-03-10")
	f.Add("2024-09-02", "2024-10-10", "2024-10-01", "2024-11-01")
	data, err := os.ReadFile("catalogue.yaml")
	if err != nil {
		f.Fatal(err)
	}
	p, err := catalogue.Load("catalogue.yaml", data, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, applied, decided, start, on string) {
		founder := employment.Founder{
			Applied: catalogue.Date(applied), Decided: catalogue.Date(decided), Start: catalogue.Date(start),
		}
		got := employment.StartOrder(founder, p.Amounts, catalogue.Date(on))
		tooEarly := start != "" && (applied != "" && start < applied || applied == "" && start <= on)
		if rule.Has(got, "apply_before_start", rule.Blocks) != tooEarly {
			t.Errorf("applied %q, start %q, on %q: %+v", applied, start, on, got)
		}
		employment.StartupGrant(founder, p.Amounts, catalogue.Date(on)) // must not panic on any date
	})
}
