package rule_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/rule"
)

func TestParseDecimal(t *testing.T) {
	for _, test := range []struct {
		in   string
		want rule.Decimal
		ok   bool
	}{
		{"37.21", 3721, true},
		{"37,2", 3720, true},
		{"1260", 126000, true},
		{" 25 ", 2500, true},
		{"-3.05", -305, true},
		{"0.05", 5, true},
		{"", 0, false},
		{"-", 0, false},
		{".5", 0, false},
		{"1.234", 0, false},
		{"1.2.3", 0, false},
		{"1e3", 0, false},
		{"٣", 0, false},
		{strings.Repeat("9", 15), 0, false},
	} {
		got, err := rule.ParseDecimal(test.in)
		if got != test.want || (err == nil) != test.ok {
			t.Errorf("ParseDecimal(%q) = %d, %v; want %d", test.in, got, err, test.want)
		}
	}
}

func TestDecimal(t *testing.T) {
	for _, test := range []struct{ got, want rule.Decimal }{
		{rule.Whole(1800).Percent(rule.Whole(50)), rule.Whole(900)},
		{rule.Decimal(3721).Scale(rule.Whole(5*52), rule.Whole(12)), 80622}, // 806.2166…
		{rule.Decimal(5).Scale(1, 2), 3},
		{rule.Decimal(-5).Scale(1, 2), -3},
		{rule.Decimal(5).Scale(1, -2), -3},
		{rule.Decimal(1<<60).Scale(4, 8), 1 << 59}, // no overflow on the way
	} {
		if test.got != test.want {
			t.Errorf("got %d, want %d", test.got, test.want)
		}
	}
	want := catalogue.Texts{FI: "1\u00a0260,50\u00a0€", SV: "1\u00a0260,50\u00a0€", EN: "EUR\u00a01,260.50"}
	if diff := cmp.Diff(want, rule.Decimal(126050).Euros()); diff != "" {
		t.Errorf("euros (-want +got):\n%s", diff)
	}
	if got := rule.Decimal(-12345678900).Number().EN; got != "-123,456,789" {
		t.Errorf("number is %q", got)
	}
}

func TestCheckAndJudge(t *testing.T) {
	condition := rule.Condition{
		Code: "hours", OnFail: rule.Blocks,
		Requires: catalogue.Texts{FI: "vähintään {n}", SV: "minst {n}", EN: "at least {n}"},
		Fails:    catalogue.Texts{FI: "alle {n}", SV: "under {n}", EN: "less than {n}"},
	}.Fill("n", rule.Whole(25).Number())
	met, missing, fails := condition.Check(rule.Yes), condition.Check(rule.Unknown), condition.Check(rule.No)
	if met.Texts.FI != "vähintään 25" || missing.Texts.SV != "minst 25" || fails.Texts.EN != "less than 25" {
		t.Errorf("texts: %q, %q, %q", met.Texts.FI, missing.Texts.SV, fails.Texts.EN)
	}
	warns := fails
	warns.Effect = rule.Warns
	note := condition.Note()
	if note.Effect != rule.Notes || note.Texts.EN != "at least 25" {
		t.Errorf("note: %+v", note)
	}
	for _, test := range []struct {
		name    string
		reasons []rule.Reason
		want    rule.Verdict
	}{
		{"nothing examined", nil, rule.Uncertain},
		{"all met", []rule.Reason{met, met}, rule.Possible},
		{"a note changes nothing", []rule.Reason{met, note}, rule.Possible},
		{"one missing", []rule.Reason{met, missing}, rule.Uncertain},
		{"one warns", []rule.Reason{warns, met}, rule.Uncertain},
		{"one blocks", []rule.Reason{met, missing, fails, met}, rule.NotPossible},
	} {
		if got := rule.Judge(test.reasons); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestNot(t *testing.T) {
	for in, want := range map[rule.Answer]rule.Answer{rule.Yes: rule.No, rule.No: rule.Yes, rule.Unknown: rule.Unknown} {
		if got := in.Not(); got != want {
			t.Errorf("not %s is %s, want %s", in, got, want)
		}
	}
}

func TestAmounts(t *testing.T) {
	all := []catalogue.Amount{
		{ID: "grant.daily", Value: "34.50", Validity: catalogue.Validity{ValidFrom: "2022-01-01", ValidTo: "2022-12-31"}},
		{ID: "grant.daily", Value: "37.21", Validity: catalogue.Validity{ValidFrom: "2024-01-01"}},
		{ID: "grant.months", Value: "6", Validity: catalogue.Validity{ValidFrom: "2022-01-01"}},
		{ID: "grant.ratio", Value: "0.333", Validity: catalogue.Validity{ValidFrom: "2022-01-01"}},
	}
	now := rule.AmountsOn(all, "2026-03-31")
	if daily, ok := now.Get("grant.daily"); !ok || daily != 3721 {
		t.Errorf("daily is %d, %t", daily, ok)
	}
	if months, ok := now.Int("grant.months"); !ok || months != 6 {
		t.Errorf("months is %d, %t", months, ok)
	}
	if _, unknown := now.Unknown(); unknown {
		t.Error("all figures are known, but Unknown says otherwise")
	}
	if diff := cmp.Diff([]catalogue.Amount{all[1], all[2]}, now.Used()); diff != "" {
		t.Errorf("used (-want +got):\n%s", diff)
	}

	// In 2023 no figure is confirmed; the neighbours are not used instead. A
	// value that would have to be rounded is not used either.
	gap := rule.AmountsOn(all, "2023-06-01")
	if _, ok := gap.Get("grant.daily"); ok {
		t.Error("found a daily amount in the gap")
	}
	if _, ok := gap.Get("grant.ratio"); ok {
		t.Error("took a value with three decimals")
	}
	reason, unknown := gap.Unknown()
	if !unknown || reason.Effect != rule.Missing || !strings.Contains(reason.Texts.EN, "grant.daily, grant.ratio") ||
		!strings.Contains(reason.Texts.FI, "1.6.2023") {
		t.Errorf("unknown: %+v", reason)
	}
}
