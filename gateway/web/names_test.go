package web

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

func TestCents(t *testing.T) {
	for _, test := range []struct {
		in   string
		want int64
		ok   bool
	}{
		{"1260,50", 126050, true},
		{"1 260.5", 126050, true},
		{"1\u00a0260 €", 126000, true},
		{"0", 0, true},
		{"92233720368547758,07", 9223372036854775807, true},
		{"-1", 0, false},
		{"1,234", 0, false},
		{"abc", 0, false},
		{"", 0, false},
		{"1e3", 0, false},
		{"1/2", 0, false},
		{"0x10", 0, false},
		{"92233720368547758,08", 0, false},
	} {
		got, err := cents(test.in)
		if got != test.want || (err == nil) != test.ok {
			t.Errorf("cents(%q) = %d, %v", test.in, got, err)
		}
	}
}

// FuzzCents: no text makes an amount below zero.
func FuzzCents(f *testing.F) {
	for _, seed := range []string{"1260,50", "-1", "1e999999999", "９", "..", "1 2 3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if got, err := cents(value); err == nil && got < 0 {
			t.Errorf("cents(%q) = %d", value, got)
		}
	})
}

func TestParseCompany(t *testing.T) {
	for _, test := range []struct {
		in, id string
		scheme casesv1.CompanyScheme
	}{
		{" 0101263-6 ", "0101263-6", casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID},
		{"FI01012636", "FI01012636", casesv1.CompanyScheme_COMPANY_SCHEME_VAT},
		{"vat:FI01012636", "FI01012636", casesv1.CompanyScheme_COMPANY_SCHEME_VAT},
		{"0101263-7", "", 0},
		{"vat:0101263-6", "", 0},
		{"", "", 0},
		{"kahvila", "", 0},
	} {
		got, err := parseCompany(test.in)
		if (err == nil) != (test.id != "") || err == nil && (got.GetId() != test.id || got.GetScheme() != test.scheme) {
			t.Errorf("parseCompany(%q) = %v, %v", test.in, got, err)
		}
	}
}

func TestDates(t *testing.T) {
	// Summer time ended in the night: one hour exists twice, and both are three or two hours ahead.
	summer, winter := time.Date(2026, 10, 24, 21, 30, 0, 0, time.UTC), time.Date(2026, 10, 25, 21, 30, 0, 0, time.UTC)
	for lang, want := range map[string][3]string{
		"fi": {"1.2.2027", "25.10.2026 klo 0.30", "25.10.2026 klo 23.30"},
		"sv": {"1.2.2027", "25.10.2026 kl. 0.30", "25.10.2026 kl. 23.30"},
		"en": {"1 February 2027", "25 October 2026, 00:30", "25 October 2026, 23:30"},
	} {
		f := &frame{Lang: lang}
		got := [3]string{f.Date("2027-02-01"), f.Time(timestamppb.New(summer)), f.Time(timestamppb.New(winter))}
		if got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
		if f.Date("nonsense") != "nonsense" || f.Time(nil) != "" || f.Day(nil) != "" {
			t.Errorf("%s: what is no date did not come out as it is", lang)
		}
	}
	if got := isoDate(" 1.2.2027 "); got != "2027-02-01" {
		t.Errorf("isoDate = %q", got)
	}
	if got := isoDate("31.2.2027"); got != "31.2.2027" {
		t.Errorf("a day that does not exist became %q", got)
	}
}

func TestInputField(t *testing.T) {
	sent := []*casesv1.Input{{Id: "tasks"}, {Id: "hours"}}
	for path, want := range map[string]string{
		"services[0].inputs[1].value": "in:s:hours", "services[0].inputs[1]": "in:s:hours", "services[0].inputs.level": "in:s:level",
		`services[0].inputs["level"]`: "in:s:level", "referral.inputs[level]": "in:s:level", "services[0].inputs[9].value": "services[0].inputs[9].value", "service.service": "service.service",
	} {
		if got := inputField("s", sent, path); got != want {
			t.Errorf("inputField(%s) = %s, want %s", path, got, want)
		}
	}
}

func TestDeskLink(t *testing.T) {
	f := &frame{}
	if got, want := f.DeskLink("cases/abc/requests/espoo-city-12"), "/desk/espoo-city/requests/abc/espoo-city-12"; got != want {
		t.Errorf("DeskLink = %s, want %s", got, want)
	}
	if got := f.DeskLink("nonsense"); got != "/desk" {
		t.Errorf("DeskLink of nonsense = %s", got)
	}
}

func TestEuros(t *testing.T) {
	for lang, want := range map[string]string{"fi": "1\u00a0234\u00a0567,05\u00a0€", "en": "€1,234,567.05"} {
		if got := (&frame{Lang: lang}).Euros(123456705); got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
}

// TestNumber: a number of the catalogue is written as in the page's language.
func TestNumber(t *testing.T) {
	for _, test := range []struct{ lang, in, want string }{
		{"fi", "37.5", "37,5"},
		{"sv", "37.5", "37,5"},
		{"en", "37.5", "37.5"},
		{"fi", "1000000", "1\u00a0000\u00a0000"},
		{"en", "1000000", "1,000,000"},
		{"fi", "90", "90"},
		{"fi", "", ""},
		{"sv", "about 90", "about 90"},
		{"fi", "2026-11-22", "2026-11-22"},
	} {
		if got := (&frame{Lang: test.lang}).Number(test.in); got != test.want {
			t.Errorf("%s: %q is written %q, not %q", test.lang, test.in, got, test.want)
		}
	}
}
