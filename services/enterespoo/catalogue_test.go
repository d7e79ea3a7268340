package enterespoo_test

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
	p, err := catalogue.Load("enterespoo/catalogue.yaml", data, words)
	if err != nil {
		t.Fatal(err)
	}
	if p.Key != "enter-espoo" {
		t.Errorf("provider is %q, want enter-espoo", p.Key)
	}
	ids := make([]string, len(p.Services))
	for i, s := range p.Services {
		ids[i] = s.ID
	}
	want := []string{"invest-in", "soft-landing", "talent", "congress", "delegation", "visibility"}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
	for _, s := range p.Services {
		if s.Mark.Confirmed() || s.Decided.Where != catalogue.DecidedInHub {
			t.Errorf("%s has mark %s and is decided in %q; no source confirms these services, and none is an act of an authority",
				s.ID, s.Mark, s.Decided.Where)
		}
	}
	if entity, ok := p.LegalEntityOn("2026-06-01"); !ok || entity.Authority {
		t.Errorf("legal entity is %+v, want a company that is no authority", entity)
	}
}
