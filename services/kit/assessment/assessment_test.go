package assessment_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	assessmentv1 "github.com/businessespoo/hub/proto/businessespoo/assessment/v1"
	"github.com/businessespoo/hub/services/kit/assessment"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/rule"
)

func wrongFields(t *testing.T, r *assessment.Reader) []problem.Violation {
	t.Helper()
	err := r.Err()
	if err == nil {
		return nil
	}
	wrong, ok := errors.AsType[*problem.Problem](err)
	if !ok || wrong.Kind != problem.Invalid {
		t.Fatalf("is %v, want an invalid request", err)
	}
	return wrong.Violations
}

// Every verdict and effect of the rules has a number in the contract, and no two
// share one.
func TestVerdictsAndEffects(t *testing.T) {
	verdicts := map[assessmentv1.Verdict]bool{}
	for _, v := range []rule.Verdict{rule.Possible, rule.Uncertain, rule.NotPossible} {
		verdicts[assessment.Verdict(v)] = true
	}
	effects := map[assessmentv1.Effect]bool{}
	for _, r := range assessment.Reasons([]rule.Reason{
		{Effect: rule.Met}, {Effect: rule.Notes}, {Effect: rule.Missing}, {Effect: rule.Warns}, {Effect: rule.Blocks},
	}) {
		effects[r.GetEffect()] = true
	}
	if len(verdicts) != 3 || len(effects) != 5 || verdicts[0] || effects[0] {
		t.Errorf("verdicts %v, effects %v", verdicts, effects)
	}
}

func TestDates(t *testing.T) {
	// At eleven in the evening UTC it is tomorrow already in Finland.
	now := time.Date(2026, 3, 30, 23, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		text  string
		want  catalogue.Date
		wrong string
	}{
		{"", "2026-03-31", ""},
		{"2000-01-01", "2000-01-01", ""},
		{"2099-12-31", "2099-12-31", ""},
		{"1999-12-31", "", "from 2000-01-01 to 2099-12-31"},
		{"2100-01-01", "", "from 2000-01-01 to 2099-12-31"},
		{"2026-02-29", "", "is not a date"},
		{"31.3.2026", "", "is not a date"},
		{strings.Repeat("9", 5000), "", `9..." is not a date`},
	} {
		var r assessment.Reader
		got := r.Today("date", test.text, now)
		wrong := wrongFields(t, &r)
		if got != test.want || (test.wrong == "") != (len(wrong) == 0) {
			t.Errorf("%q reads %q with %v", test.text, got, wrong)
		}
		if test.wrong != "" && (wrong[0].Field != "date" || !strings.Contains(wrong[0].Description, test.wrong) || len(wrong[0].Description) > 200) {
			t.Errorf("%q: %+v", test.text, wrong)
		}
	}
}

func TestDecimals(t *testing.T) {
	for text, want := range map[string]rule.Decimal{
		"": 0, "0.01": 1, "37.5": 3750, "37,5": 3750, "168": 16800,
		"0": -1, "-0.01": -1, "168.01": -1, "1e2": -1, "lots": -1, "1.234": -1, "NaN": -1,
	} {
		var r assessment.Reader
		got := r.Decimal("hours", text, 1, rule.Whole(168))
		if wrong := wrongFields(t, &r); (want == -1) != (len(wrong) == 1) || want != -1 && got != want {
			t.Errorf("%q reads %s with %v, want %s", text, got, wrong, want)
		}
	}
}

// Everything that is wrong is told at once, in the order in which it was read.
func TestReaderCollects(t *testing.T) {
	var r assessment.Reader
	if r.Err() != nil {
		t.Errorf("nothing read: %v", r.Err())
	}
	r.Number("age", 101, 15, 100)
	r.Number("age", -1, 15, 100)
	r.Answer("jobseeker", 3)
	r.Order("end", "2026-03-30", "the first day", "2026-03-31")
	r.Order("end", "2026-03-31", "the first day", "2026-03-31")
	r.Order("end", "", "the first day", "2026-03-31")
	r.NotAfter("decided", "2026-04-01", "2026-03-31")
	r.NotAfter("decided", "2026-03-31", "2026-03-31")
	assessment.Choice(&r, "use", assessmentv1.Verdict(9), map[assessmentv1.Verdict]string{})
	var fields []string
	for _, v := range wrongFields(t, &r) {
		fields = append(fields, v.Field)
	}
	if diff := cmp.Diff([]string{"age", "age", "jobseeker", "end", "decided", "use"}, fields); diff != "" {
		t.Errorf("wrong fields (-want +got):\n%s", diff)
	}
	if want := "age: is 101; it must be from 15 to 100, or 0 when it is not known (and 5 more, see the field violations)"; r.Err().Error() != want {
		t.Errorf("message is %q, want %q", r.Err(), want)
	}
	if r.Number("age", 0, 15, 100) != 0 || r.Answer("jobseeker", assessmentv1.Answer_ANSWER_NO) != rule.No {
		t.Error("what is right reads as something else")
	}
}
