package yritysespoo_test

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
	if p.Key != "yritysespoo" {
		t.Errorf("provider is %q", p.Key)
	}
	var got []string
	for _, s := range p.ServicesOn("2026-03-31") {
		got = append(got, s.ID)
	}
	want := []string{"start-advice", "plan-review", "grant-statement", "company-advice", "start-course", "expert-referral"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
}

// All advice of the enterprise agency is free of charge and given in the hub,
// and it can be had in all three languages.
func TestFreeInThreeLanguages(t *testing.T) {
	for _, s := range load(t).Services {
		if s.Price != catalogue.PriceFree || s.MembersOnly || s.Decided.Where != catalogue.DecidedInHub {
			t.Errorf("%s: price %s, members only %t, decided in %s", s.ID, s.Price, s.MembersOnly, s.Decided.Where)
		}
		if diff := cmp.Diff([]string{"fi", "sv", "en"}, s.Languages); diff != "" {
			t.Errorf("%s: languages (-want +got):\n%s", s.ID, diff)
		}
	}
}

// The statement is what a start-up grant application may lean on.
func TestGrantStatement(t *testing.T) {
	s, ok := load(t).Service("grant-statement")
	if !ok || s.Outcome.Type != catalogue.OutcomeStatement {
		t.Fatalf("grant-statement ends in %q", s.Outcome.Type)
	}
	if s.ExpectedTime.Mark.Confirmed() {
		t.Error("the handling time is shown as a confirmed fact")
	}
}
