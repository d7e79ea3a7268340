package catalogue

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testChecks knows one Business ID and one foreign company.
var testChecks = Checks{
	BusinessID: func(value string) (string, error) {
		if value != "9000001-1" {
			return "", errors.New("is not a Business ID")
		}
		return value, nil
	},
	CompanyID: func(value string) (string, error) { return strings.ToUpper(value), nil },
}

func TestCheckInputs(t *testing.T) {
	service, ok := load(t).Service("apprenticeship")
	if !ok {
		t.Fatal("apprenticeship is not there")
	}
	for _, c := range []struct {
		name, field, value string
		want               string // canonical value, when there is no reason
		reason             string
	}{
		{"number", "weekly_hours", " 25 ", "25", ""},
		{"comma", "weekly_hours", "37,5", "37.5", ""},
		{"least", "weekly_hours", "0", "0", ""},
		{"most", "weekly_hours", "60", "60", ""},
		{"too small", "weekly_hours", "-0.5", "", ReasonTooSmall},
		{"true minus", "weekly_hours", "−1", "", ReasonTooSmall},
		{"too large", "weekly_hours", "60.000001", "", ReasonTooLarge},
		{"words", "weekly_hours", "about 25", "", ReasonFormat},
		{"not a finite number", "weekly_hours", "NaN", "", ReasonFormat},
		{"exponent", "weekly_hours", "1e1", "", ReasonFormat},
		{"Arabic digits", "weekly_hours", "٢٥", "", ReasonFormat},
		{"blank", "weekly_hours", " \n", "", ReasonRequired},
		{"whole number", "places", "12", "12", ""},
		{"part of a person", "places", "37,5", "", ReasonFormat},
		{"nobody", "places", "0", "", ReasonTooSmall},
		{"as long as allowed", "tasks", strings.Repeat("ä", 20), strings.Repeat("ä", 20), ""},
		{"one more", "tasks", strings.Repeat("ä", 21), "", ReasonTooLong},
		{"lines", "tasks", "baking\r\nselling", "baking\nselling", ""},
		{"control character", "tasks", "bak\x00ing", "", ReasonFormat},
		{"not UTF-8", "tasks", "bak\xffing", "", ReasonFormat},
		{"one line", "title", "baker\nand more", "", ReasonFormat},
		{"one line too long", "title", strings.Repeat("x", 201), "", ReasonTooLong},
		{"money", "pay", "2 150,50", "2150.50", ""},
		{"no-break space", "pay", "2\u00a0150", "2150", ""},
		{"tenths of a cent", "pay", "2150.505", "", ReasonFormat},
		{"negative money", "pay", "-1", "", ReasonTooSmall},
		{"date", "start", "2026-03-31", "2026-03-31", ""},
		{"no such date", "start", "2026-02-29", "", ReasonFormat},
		{"Finnish date", "start", "31.3.2026", "", ReasonFormat},
		{"choice", "level", "basic", "basic", ""},
		{"no such choice", "level", "Basic", "", ReasonNotAllowed},
		{"yes", "new", "yes", "yes", ""},
		{"perhaps", "new", "perhaps", "", ReasonNotAllowed},
		{"Business ID", "employer", "9000001-1", "9000001-1", ""},
		{"wrong Business ID", "employer", "9000001-2", "", ReasonFormat},
		{"company", "parent", "fi90000011", "FI90000011", ""},
		{"address", "site", "https://www.example.com/a", "https://www.example.com/a", ""},
		{"script", "site", "javascript:alert(1)", "", ReasonFormat},
		{"host only", "site", "www.example.com", "", ReasonFormat},
		{"note", "papers", "A draft of the contract.", "A draft of the contract.", ""},
		{"unknown input", "colour", "red", "", ReasonUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			values := map[string]string{"weekly_hours": "25", c.field: c.value}
			clean, problems := service.CheckInputs(values, testChecks)
			if c.reason == "" {
				if len(problems) > 0 {
					t.Fatalf("problems are %+v, want none", problems)
				}
				if clean[c.field] != c.want {
					t.Errorf("value is %q, want %q", clean[c.field], c.want)
				}
				return
			}
			if len(problems) != 1 || problems[0].Field != c.field || problems[0].Reason != c.reason {
				t.Fatalf("problems are %+v, want one of %s for %s", problems, c.reason, c.field)
			}
			if problems[0].What == "" || problems[0].Right == "" {
				t.Errorf("problem %+v does not say what is wrong and what would be right", problems[0])
			}
			if _, ok := clean[c.field]; ok {
				t.Error("the wrong value is among the canonical ones")
			}
		})
	}
}

func TestCheckInputsTellsAllInOrder(t *testing.T) {
	service, _ := load(t).Service("apprenticeship")
	_, problems := service.CheckInputs(map[string]string{
		"zebra": "1", "colour": "red", "pay": "my secret", "level": strings.Repeat("å", 150),
	}, testChecks)
	want := []Problem{
		{Field: "weekly_hours", Reason: ReasonRequired},
		{Field: "pay", Reason: ReasonFormat},
		{Field: "level", Reason: ReasonNotAllowed, Value: strings.Repeat("å", 100) + "…"},
		{Field: "colour", Reason: ReasonUnknown},
		{Field: "zebra", Reason: ReasonUnknown},
	}
	for i := range problems {
		problems[i].What, problems[i].Right = "", ""
	}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestCheckInputsRefusesWhatNobodyCanCheck(t *testing.T) {
	service, _ := load(t).Service("apprenticeship")
	_, problems := service.CheckInputs(map[string]string{"weekly_hours": "25", "employer": "9000001-1"}, Checks{})
	if len(problems) != 1 || problems[0].Field != "employer" {
		t.Errorf("problems are %+v, want one for employer", problems)
	}
}

func FuzzCheckInputs(f *testing.F) {
	for _, value := range []string{"25", "37,5", "2026-03-31", "basic", "yes", "https://a", "\xff", "−1", "1e9"} {
		f.Add(value)
	}
	data, err := os.ReadFile("testdata/catalogue.yaml")
	if err != nil {
		f.Fatal(err)
	}
	p, err := Load("school/catalogue.yaml", data, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, value string) {
		service, _ := p.Service("apprenticeship")
		for _, in := range service.Inputs {
			clean, problems := service.CheckInputs(map[string]string{"weekly_hours": "25", in.ID: value}, testChecks)
			if len(problems) > 0 {
				continue
			}
			again, problems := service.CheckInputs(clean, testChecks)
			if diff := cmp.Diff(clean, again); diff != "" || len(problems) > 0 {
				t.Errorf("%s: canonical values are not accepted as they are: %v\n%s", in.ID, problems, diff)
			}
		}
	})
}
