package identifier_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/businessespoo/hub/services/kit/identifier"
)

func TestSuggestBusinessID(t *testing.T) {
	for given, want := range map[string]string{
		"0101263-7": "0101263-6", " 0101263-7 ": "0101263-6", "0101263-": "0101263-6", "01012636": "0101263-6", "0101263–6": "0101263-6",
		"201253-2": "0201253-1", "0101263-6": "0101263-6",
		"9000002-0": "", "01012637": "", "0101263": "", "0101263-X": "", "0101263-66": "", "": "", "-": "", "٠١٠١٢٦٣-٦": "", "0101263-٦": "", "FI01012636": "",
	} {
		if got := identifier.SuggestBusinessID(given); got != want {
			t.Errorf("for %q it suggests %q, want %q", given, got, want)
		}
		if want != "" {
			if _, err := identifier.ParseBusinessID(want); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestParseCompany(t *testing.T) {
	tests := []struct {
		scheme, value string
		want          string
		wrong         string // a part of the error, when want is empty
	}{
		{"business-id", "0112038-9", "0112038-9", ""},
		{"business-id", "0101263-6", "0101263-6", ""},
		{"business-id", "0201256-6", "0201256-6", ""},
		{"business-id", "1572860-0", "1572860-0", ""}, // remainder 0
		{"business-id", "1102711-0", "1102711-0", ""},
		{"business-id", "2170029-2", "2170029-2", ""},
		{"business-id", "0502454-6", "0502454-6", ""},
		{"business-id", "9000001-1", "9000001-1", ""},
		{"business-id", "9000003-8", "9000003-8", ""},
		{"business-id", "9000004-6", "9000004-6", ""},
		{"business-id", "9000005-4", "9000005-4", ""},
		{"business-id", "9000006-2", "9000006-2", ""},
		{"business-id", "9000007-0", "9000007-0", ""},
		{"business-id", "201253-1", "0201253-1", ""}, // the old form, as the chamber prints its own
		{"business-id", "\t 0101263-6\u00a0\n", "0101263-6", ""},
		{"business-id", "0112038-8", "", "it would be 9, as in 0112038-9"},
		{"business-id", "1234567-8", "", "it would be 1, as in 1234567-1"},
		{"business-id", "9000002-0", "", "9000002 is never issued"}, // remainder 1 is not 10 is not 0
		{"business-id", "9000096-0", "", "never issued"},
		{"business-id", "01012636", "", "write 0101263-6"},
		{"business-id", "0101263–6", "", "write 0101263-6"},
		{"business-id", "0101263 - 6", "", "must be seven digits"},
		{"business-id", "0101263-X", "", "must be one digit"},
		{"business-id", "0101263-66", "", "must be one digit"},
		{"business-id", "0101263-", "", "must be one digit"},
		{"business-id", "٠١٠١٢٦٣-٦", "", "must be seven digits 0-9"},
		{"business-id", "0101263-٦", "", "must be one digit"},
		{"business-id", "01263-6", "", "must be seven digits"},
		{"business-id", "-0101263-6", "", "must be seven digits"},
		{"business-id", "", "", "is not a Business ID"},
		{"business-id", strings.Repeat("ä", 5000), "", "is not a Business ID"},

		{"vat", "FI01012636", "FI01012636", ""},
		{"vat", "fi 0112 0389", "FI01120389", ""},
		{"vat", "DE123456789", "DE123456789", ""},
		{"vat", "ATU12345678", "ATU12345678", ""},
		{"vat", "EL123456789", "EL123456789", ""},
		{"vat", "NL123456789B01", "NL123456789B01", ""},
		{"vat", "SE123456789001", "SE123456789001", ""},
		{"vat", "ESX1234567L", "ESX1234567L", ""},
		{"vat", "XIGD123", "XIGD123", ""},
		{"vat", "FI01012637", "", "it would be FI01012636"},
		{"vat", "FI90000020", "", "never issued"},
		{"vat", "FI0101263-6", "", "write it like FI01012636"},
		{"vat", "GR123456789", "", "write EL123456789"},
		{"vat", "EE12345678", "", "not in the form of EE"},
		{"vat", "ES123456789", "", "not in the form of ES"},
		{"vat", "US123456789", "", "has no EU VAT numbers"},
		{"vat", "01012636", "", "does not start with a country"},
		{"vat", "fı01012636", "", "does not start with a country"}, // dotless i
		{"vat", "F", "", "does not start with a country"},

		{"lei", "549300A0JPRWG1KI7U06", "549300A0JPRWG1KI7U06", ""},
		{"lei", " 549300a0jprwg1ki7u06 ", "549300A0JPRWG1KI7U06", ""},
		{"lei", "743700ESPOODEMO00140", "743700ESPOODEMO00140", ""},
		{"lei", "549300A0JPRWG1KI7U07", "", "they would be 06"},
		{"lei", "0000000000000000009801", "", "has 22 characters"},
		{"lei", "00000000000000000001", "", "they would be 98"}, // 1 modulo 97 all the same
		{"lei", "549300A0JPRWG1KI7U0", "", "has 19 characters"},
		{"lei", "549300A0JPRWG1KI7UAA", "", "place 19"},
		{"lei", "549300A0JPRWG1KI7-06", "", "place 18"},
		{"lei", "٠٠٠٠٠٠٠٠٠٠", "", "place 1"},

		{"euid", "FIFPRO.0101263-6", "FIFPRO.0101263-6", ""},
		{"euid", "fifpro.112038-9", "FIFPRO.0112038-9", ""},
		{"euid", "DEK1101R.HRB116737", "DEK1101R.HRB116737", ""},
		{"euid", "NLNHR.12345678", "NLNHR.12345678", ""},
		{"euid", "GRGEMI.1234", "ELGEMI.1234", ""},
		{"euid", "FIFPRO.0101263-5", "", "it would be 6"},
		{"euid", "FIFPRO", "", "no full stop"},
		{"euid", "FI.0101263-6", "", "no country and register"},
		{"euid", "USDEL.123", "", "European Economic Area"},
		{"euid", "DEK-1.123", "", "the register must be"},
		{"euid", "DEK1101R.", "", "the number must be"},
		{"euid", "DEK1101R.1\n2", "", "the number must be"},

		{"duns", "123", "", "use one of business-id, vat, lei, euid"},
	}
	for _, test := range tests {
		t.Run(test.scheme+" "+test.value[:min(len(test.value), 30)], func(t *testing.T) {
			got, err := identifier.ParseCompany(test.scheme, test.value)
			if got != test.want || (err != nil) != (test.want == "") {
				t.Fatalf("ParseCompany(%q, %q) = %q, %v; want %q", test.scheme, test.value, got, err, test.want)
			}
			if err == nil {
				return
			}
			if !strings.Contains(err.Error(), test.wrong) {
				t.Errorf("error %q does not say %q", err, test.wrong)
			}
			if len(err.Error()) > 400 {
				t.Errorf("error has %d bytes", len(err.Error()))
			}
			var typed *identifier.Error
			if !errors.As(err, &typed) || typed.Wrong == "" || typed.Right == "" {
				t.Errorf("error %v does not say what is wrong and what would be right", err)
			}
		})
	}
}

func TestNewTestBusinessID(t *testing.T) {
	seen := map[string]int{}
	for n := range 900_000 {
		if n > 20_000 && n < 880_000 {
			continue
		}
		id := identifier.NewTestBusinessID(n)
		if earlier, twice := seen[id]; twice {
			t.Fatalf("%d and %d are both %s", earlier, n, id)
		}
		seen[id] = n
		if got, err := identifier.ParseBusinessID(id); err != nil || got != id || id[0] != '9' {
			t.Fatalf("NewTestBusinessID(%d) = %s: %v", n, id, err)
		}
	}
	if got := identifier.NewTestBusinessID(1); got != "9000001-1" {
		t.Errorf("NewTestBusinessID(1) = %s, want 9000001-1", got)
	}
	if got := identifier.NewTestBusinessID(2); got != "9000003-8" {
		t.Errorf("NewTestBusinessID(2) = %s, want 9000003-8", got)
	}
	for _, n := range []int{-1, 900_000} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("NewTestBusinessID(%d) did not panic", n)
				}
			}()
			identifier.NewTestBusinessID(n)
		}()
	}
}

// fuzz checks what holds for every parser: no panic, a canonical form that
// parses to itself, and plain ASCII.
func fuzz(f *testing.F, parse func(string) (string, error), canonical string, seeds ...string) {
	form := regexp.MustCompile(canonical)
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := parse(s)
		if err != nil {
			if got != "" || err.Error() == "" {
				t.Fatalf("parse(%q) = %q, %v", s, got, err)
			}
			return
		}
		if !form.MatchString(got) {
			t.Fatalf("parse(%q) = %q, which is not canonical", s, got)
		}
		if again, err := parse(got); err != nil || again != got {
			t.Fatalf("parse(%q) = %q, and parse of that = %q, %v", s, got, again, err)
		}
	})
}

func FuzzParseBusinessID(f *testing.F) {
	fuzz(f, identifier.ParseBusinessID, `^[0-9]{7}-[0-9]$`, "0101263-6", "112038-9", "9000002-0", "0101263–6", "٠١٠١٢٦٣-٦")
}

func FuzzParseVAT(f *testing.F) {
	fuzz(f, identifier.ParseVAT, `^[A-Z]{2}[A-Z0-9+*]{2,12}$`, "FI01012636", "de 123456789", "IE1+23456A")
}

func FuzzParseLEI(f *testing.F) {
	fuzz(f, identifier.ParseLEI, `^[0-9A-Z]{18}[0-9]{2}$`, "549300A0JPRWG1KI7U06", "743700ESPOODEMO00140")
}

func FuzzParseEUID(f *testing.F) {
	fuzz(f, identifier.ParseEUID, `^[A-Z]{2}[A-Z0-9]{1,20}\.[A-Z0-9 /._-]{1,50}$`, "FIFPRO.0101263-6", "DEK1101R.HRB 116737", "GRX.1")
}

func BenchmarkParseBusinessID(b *testing.B) {
	for b.Loop() {
		if _, err := identifier.ParseBusinessID("0101263-6"); err != nil {
			b.Fatal(err)
		}
	}
}
