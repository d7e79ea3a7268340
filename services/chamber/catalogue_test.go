package chamber_test

import (
	"os"
	"strconv"
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
	if p.Key != "chamber" {
		t.Errorf("provider is %q", p.Key)
	}
	var got []string
	for _, s := range p.ServicesOn("2026-03-31") {
		got = append(got, s.ID)
	}
	want := []string{"co", "doc-verify", "ata", "force-majeure", "legal-advice", "training", "trade-advice"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
}

// Certificates, verified documents and carnets come from services elsewhere; a
// force majeure certificate and all advice come from the chamber itself.
func TestWhereDecided(t *testing.T) {
	official := map[string]string{
		"co":         "https://vientiasiakirjat.fi",
		"doc-verify": "https://vientiasiakirjat.fi",
		"ata":        "https://www.atacarnet.fi",
	}
	for _, s := range load(t).Services {
		if (s.Decided.Where == catalogue.DecidedOfficially) != (official[s.ID] != "") || s.Decided.URL != official[s.ID] {
			t.Errorf("%s is decided in %s at %q", s.ID, s.Decided.Where, s.Decided.URL)
		}
	}
}

// The expected time of a document and the figure that the rules count with are
// the same fact and may not drift apart.
func TestExpectedTimes(t *testing.T) {
	p := load(t)
	for id, amount := range map[string]string{"co": "co.working_days", "ata": "ata.working_days"} {
		s, _ := p.Service(id)
		a, ok := p.AmountOn(amount, "2026-03-31")
		if !ok {
			t.Fatalf("no amount %s", amount)
		}
		if s.ExpectedTime.Unit != catalogue.UnitWorkingDays || strconv.Itoa(s.ExpectedTime.Max) != a.Value {
			t.Errorf("%s: the service says %d %s, the amount says %s", id, s.ExpectedTime.Max, s.ExpectedTime.Unit, a.Value)
		}
	}
}

func TestLegalEntity(t *testing.T) {
	e, ok := load(t).LegalEntityOn("2026-03-31")
	if !ok || e.BusinessID != "0201253-1" {
		t.Errorf("acts through %s %s", e.Name, e.BusinessID)
	}
}
