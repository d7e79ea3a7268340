package employment_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/services/kit/catalogue"
)

func load(t *testing.T) *catalogue.Provider {
	t.Helper()
	data, err := os.ReadFile("catalogue.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := catalogue.Load("catalogue.yaml", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestServices(t *testing.T) {
	p := load(t)
	if p.Key != "employment" {
		t.Errorf("provider is %q", p.Key)
	}
	var got []string
	for _, s := range p.ServicesOn("2026-03-31") {
		got = append(got, s.ID)
	}
	want := []string{
		"startup-grant", "pay-subsidy", "employment-55", "vacancy", "work-trial",
		"recruit-training", "change-security", "work-conditions",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
}

// The provider passed from the State to the City without a gap.
func TestLegalEntityChanges(t *testing.T) {
	p := load(t)
	for on, want := range map[catalogue.Date]string{
		"2024-12-31": "Uudenmaan työ- ja elinkeinotoimisto",
		"2025-01-01": "Espoon kaupunki",
	} {
		e, ok := p.LegalEntityOn(on)
		if !ok || e.Name != want || !e.Authority {
			t.Errorf("on %s: %q, authority %t; want %q", on, e.Name, e.Authority, want)
		}
	}
}

func TestGrantsAreDecidedOfficially(t *testing.T) {
	official := map[string]bool{"startup-grant": true, "pay-subsidy": true, "employment-55": true, "work-conditions": true}
	for _, s := range load(t).Services {
		if (s.Decided.Where == catalogue.DecidedOfficially) != official[s.ID] {
			t.Errorf("%s is decided in %s", s.ID, s.Decided.Where)
		}
	}
}

func TestAmounts(t *testing.T) {
	p := load(t)
	for _, test := range []struct {
		id   string
		on   catalogue.Date
		want string
	}{
		{"startup_grant.daily", "2026-03-31", "37.21"},
		{"startup_grant.daily", "2022-10-01", "34.50"},
		{"startup_grant.daily", "2023-06-01", ""}, // not confirmed: no figure rather than a wrong one
		{"pay_subsidy.max", "2026-03-31", "1260"},
		{"pay_subsidy.max", "2023-06-30", ""},
		{"employment_55.max", "2026-03-31", "1770"},
		{"de_minimis.max", "2026-03-31", "300000"},
	} {
		a, ok := p.AmountOn(test.id, test.on)
		if ok != (test.want != "") || a.Value != test.want {
			t.Errorf("%s on %s is %q, want %q", test.id, test.on, a.Value, test.want)
		}
	}
}

func TestRecruitTrainingIsJoint(t *testing.T) {
	s, ok := load(t).Service("recruit-training")
	if !ok || s.Joint == nil {
		t.Fatal("recruit-training is not a joint service")
	}
	if want := (catalogue.Joint{With: "omnia", Role: catalogue.JointInvited}); *s.Joint != want {
		t.Errorf("joint with %+v, want %+v", *s.Joint, want)
	}
}
