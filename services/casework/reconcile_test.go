package casework

import (
	"testing"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
)

// A title that the hub took from a secret service is told to that service's
// provider alone, also to those that are asked later.
func TestATitleDoesNotNameASecretService(t *testing.T) {
	for _, c := range []struct {
		title, secret, other string
	}{
		{"ownership", "ownership", "apprenticeship"},
		{"Sukupolvenvaihdos", "Sukupolvenvaihdos", "Sukupolvenvaihdos"}, // the company's own words to all whom it asks
	} {
		w := newWorld(t, "2026-03-02")
		secret := planned("espoon-yrittajat", "ownership", "advice", "2026-03-20")
		secret.Terms.Secret = true
		must(w.onCase(company(), OpenCase{&eventsv1.CaseOpened{
			Title: c.title, Language: "fi", Consents: consents("espoon-yrittajat", "omnia"),
			Requests: []*eventsv1.PlannedRequest{secret, planned("omnia", "apprenticeship", "advice", "2026-03-20")},
		}}))
		w.route()
		must(w.onCase(company(), AddRequest{Request: planned("chamber", "training", "advice", "2026-03-20"), Consents: consents("chamber")}))
		w.route()
		for key, want := range map[string]string{"espoon-yrittajat": c.secret, "omnia": c.other} {
			if got := w.requests[RequestKey{key, 1}].Request; got.CaseTitle != want || got.Secret != (key == "espoon-yrittajat") {
				t.Errorf("%s is told of a case %q, secret %t; want %q", key, got.CaseTitle, got.Secret, want)
			}
		}
		if late := w.requests[RequestKey{"chamber", 1}].Request.CaseTitle; late == "ownership" {
			t.Errorf("who is asked later is told of a case %q", late)
		}
		if w.c.Case.Title != c.title {
			t.Errorf("the company sees the title %q", w.c.Case.Title)
		}
	}
}
