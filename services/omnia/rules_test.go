package omnia_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/rule"
	"github.com/businessespoo/hub/services/omnia"
)

func reference(t *testing.T) []catalogue.Amount {
	t.Helper()
	data, err := os.ReadFile("catalogue.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := catalogue.Load("catalogue.yaml", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p.Amounts
}

// cook is an employment that may become an apprenticeship.
func cook() omnia.Employment {
	return omnia.Employment{
		WeeklyHours: rule.Whole(30), Age: 19, Contract: rule.Yes, Instructor: rule.Yes,
		TasksMatch: rule.Yes, PayByAgreement: rule.Yes, OnLeave: rule.No,
	}
}

func TestApprenticeship(t *testing.T) {
	amounts := reference(t)
	for _, test := range []struct {
		name    string
		change  func(*omnia.Employment)
		want    rule.Verdict
		blocks  []string
		missing []string
	}{
		{"all in order", func(*omnia.Employment) {}, rule.Possible, nil, nil},
		{"25 hours", func(e *omnia.Employment) { e.WeeklyHours = rule.Whole(25) }, rule.Possible, nil, nil},
		{"24.99 hours", func(e *omnia.Employment) { e.WeeklyHours = 2499 }, rule.NotPossible, []string{"weekly_hours"}, nil},
		{"hours not known", func(e *omnia.Employment) { e.WeeklyHours = 0 }, rule.Uncertain, nil, []string{"weekly_hours"}},
		{"15 years", func(e *omnia.Employment) { e.Age = 15 }, rule.Possible, nil, nil},
		{"14 years", func(e *omnia.Employment) { e.Age = 14 }, rule.NotPossible, []string{"age"}, nil},
		{"no instructor yet", func(e *omnia.Employment) { e.Instructor = rule.No }, rule.Uncertain, nil, []string{"workplace_instructor"}},
		{"no contract yet", func(e *omnia.Employment) { e.Contract = rule.No }, rule.Uncertain, nil, []string{"employment_contract"}},
		{"other tasks", func(e *omnia.Employment) { e.TasksMatch = rule.No }, rule.NotPossible, []string{"tasks"}, nil},
		{"pay below the agreement", func(e *omnia.Employment) { e.PayByAgreement = rule.No }, rule.NotPossible, []string{"pay"}, nil},
		{"on leave", func(e *omnia.Employment) { e.OnLeave = rule.Yes }, rule.NotPossible, []string{"leave"}, nil},
		{
			"two reasons at once", func(e *omnia.Employment) { e.WeeklyHours, e.Age, e.Instructor = rule.Whole(20), 14, rule.No },
			rule.NotPossible,
			[]string{"weekly_hours", "age"},
			[]string{"workplace_instructor"},
		},
		{"the entrepreneur, with a mentor", func(e *omnia.Employment) {
			*e = omnia.Employment{Entrepreneur: true, WeeklyHours: rule.Whole(40), Age: 45, TasksMatch: rule.Yes, Instructor: rule.Yes}
		}, rule.Possible, nil, nil},
		{"the entrepreneur, without a mentor", func(e *omnia.Employment) {
			*e = omnia.Employment{Entrepreneur: true, WeeklyHours: rule.Whole(40), Age: 45, TasksMatch: rule.Yes, Instructor: rule.No}
		}, rule.Uncertain, nil, []string{"mentor"}},
		{
			"nothing known", func(e *omnia.Employment) { *e = omnia.Employment{} }, rule.Uncertain, nil,
			[]string{"weekly_hours", "age", "tasks", "employment_contract", "workplace_instructor", "pay", "leave"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := cook()
			test.change(&e)
			got := omnia.Apprenticeship(e, amounts, "2026-03-31")
			if got.Verdict != test.want {
				t.Errorf("verdict is %s, want %s", got.Verdict, test.want)
			}
			if diff := cmp.Diff(test.blocks, rule.Codes(got.Reasons, rule.Blocks)); diff != "" {
				t.Errorf("blocks (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.missing, got.Missing); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
			for _, r := range got.Reasons {
				for _, text := range []string{r.Texts.FI, r.Texts.SV, r.Texts.EN} {
					if text == "" || strings.ContainsAny(text, "{}") || r.Source == "" {
						t.Errorf("%s reads %q, source %q", r.Code, text, r.Source)
					}
				}
			}
		})
	}
}

// The competence plan is made with Omnia; until then it is only mentioned.
func TestCompetencePlanIsNotTheEmployersLack(t *testing.T) {
	e := cook()
	for answer, want := range map[rule.Answer]rule.Effect{rule.Unknown: rule.Notes, rule.No: rule.Notes, rule.Yes: rule.Met} {
		e.CompetencePlan = answer
		got := omnia.Apprenticeship(e, reference(t), "2026-03-31")
		if got.Verdict != rule.Possible || !rule.Has(got.Reasons, "competence_plan", want) {
			t.Errorf("plan %s: %s, %+v", answer, got.Verdict, got.Reasons)
		}
	}
}

// The limit comes from the reference data of the date, not from the code.
func TestHoursComeFromTheReferenceData(t *testing.T) {
	amounts := []catalogue.Amount{
		{ID: "apprenticeship.hours_min", Value: "25", Validity: catalogue.Validity{ValidFrom: "2018-01-01", ValidTo: "2026-12-31"}},
		{ID: "apprenticeship.hours_min", Value: "20", Validity: catalogue.Validity{ValidFrom: "2027-01-01"}},
		{ID: "apprenticeship.age_min", Value: "15", Validity: catalogue.Validity{ValidFrom: "2018-01-01"}},
	}
	e := cook()
	e.WeeklyHours = rule.Whole(22)
	for on, want := range map[catalogue.Date]rule.Verdict{
		"2026-12-31": rule.NotPossible, "2027-01-01": rule.Possible, "2017-12-31": rule.Uncertain,
	} {
		if got := omnia.Apprenticeship(e, amounts, on); got.Verdict != want {
			t.Errorf("on %s: %s, want %s", on, got.Verdict, want)
		}
	}
}
