package espoocity_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/services/kit/catalogue"
)

func TestCatalogue(t *testing.T) {
	data, err := os.ReadFile("catalogue.yaml")
	if err != nil {
		t.Fatal(err)
	}
	words, err := os.ReadFile("words.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := catalogue.Load("espoocity/catalogue.yaml", data, words)
	if err != nil {
		t.Fatal(err)
	}
	if p.Key != "espoo-city" {
		t.Errorf("provider is %q, want espoo-city", p.Key)
	}
	ids := make([]string, len(p.Services))
	for i, s := range p.Services {
		ids[i] = s.ID
	}
	want := []string{"plot", "premises", "permit-advice", "land-short", "procurement", "pilot", "mayor-competition", "micro-mobility", "growth", "feedback"}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
	// Plots, permits and licences are decided by the city's own bodies, and the
	// duty to license micro-mobility began in 2026.
	for id, where := range map[string]catalogue.DecidedWhere{
		"plot": catalogue.DecidedOfficially, "permit-advice": catalogue.DecidedOfficially,
		"land-short": catalogue.DecidedOfficially, "micro-mobility": catalogue.DecidedOfficially,
		"premises": catalogue.DecidedInHub, "pilot": catalogue.DecidedInHub,
	} {
		s, ok := p.Service(id)
		if !ok || s.Decided.Where != where {
			t.Errorf("%s is decided in %q, want %q", id, s.Decided.Where, where)
		}
	}
	if s, _ := p.Service("micro-mobility"); s.ValidOn("2025-12-31") || !s.ValidOn("2026-01-01") {
		t.Error("micro-mobility permits are not valid from the start of 2026")
	}
	entity, ok := p.LegalEntityOn("2026-06-01")
	if !ok || entity.BusinessID != "0101263-6" || !entity.Authority {
		t.Errorf("legal entity is %+v, want the City of Espoo, an authority", entity)
	}
	if years, ok := p.AmountOn("plot.lease_years", "2026-06-01"); !ok || years.Value != "30" {
		t.Errorf("plots are leased for %q years, want 30", years.Value)
	}
}
