package casework

import (
	"slices"
	"testing"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
)

// sharing is a consent to see the others' parts of the case.
func sharing(provider string) *casesv1.Consent {
	return &casesv1.Consent{
		Provider: "providers/" + provider, Purpose: toShared, TextVersion: "2026-01", ValidTo: "2027-03-01",
		DataClasses: []policyv1.DataClass{policyv1.DataClass_DATA_CLASS_APPLICATION},
	}
}

func disclosure(provider string) *casesv1.Disclosure {
	return &casesv1.Disclosure{
		Provider: "providers/" + provider, Act: "621/1999", Section: "29", Reason: "An appeal is being heard", ValidTo: "2026-04-30",
		DataClasses: []policyv1.DataClass{policyv1.DataClass_DATA_CLASS_DECISION},
	}
}

// twoProviders is an open case with a request to Omnia and one to the chamber.
func twoProviders(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, "2026-03-02")
	must(w.onCase(company(), OpenCase{&eventsv1.CaseOpened{
		Title: "First employee", NeedText: "We hire", Language: "fi", Consents: consents("omnia", "chamber"),
		Requests: []*eventsv1.PlannedRequest{planned("omnia", "apprenticeship", "contract", "2026-03-20"), planned("chamber", "training", "advice", "2026-03-20")},
	}}))
	w.route()
	return w
}

// A consent is an object of its own: who gave it, for what, until when. A newer one
// for the same provider and purpose takes its place, and another purpose does not.
func TestConsentsAreObjects(t *testing.T) {
	w := twoProviders(t)
	must(w.onCase(company(), GrantConsent{sharing("omnia")}))
	less := sharing("omnia")
	less.DataClasses = nil
	must(w.onCase(company(), GrantConsent{less}))
	var names []string
	for _, c := range w.c.Case.Consents {
		names = append(names, c.Name)
		if c.GrantedBy != "p-7" || c.GivenAt == nil {
			t.Errorf("%s was given by %q at %v", c.Name, c.GrantedBy, c.GivenAt)
		}
	}
	if want := []string{caseName + "/consents/1", caseName + "/consents/2", caseName + "/consents/3", caseName + "/consents/4"}; !slices.Equal(names, want) {
		t.Errorf("the consents are %v, want %v", names, want)
	}
	if serve := Effective(w.c.Case.Consents, "providers/omnia", toServe, w.now); serve.GetName() != names[0] {
		t.Errorf("to serve holds %v", serve)
	}
	if shared := Effective(w.c.Case.Consents, "providers/omnia", toShared, w.now); shared.GetName() != names[3] {
		t.Errorf("to see the others' parts holds %v", shared)
	}
	if got := Effective(w.c.Case.Consents, "providers/chamber", toShared, w.now); got != nil {
		t.Errorf("nobody gave the chamber %v", got)
	}
	if _, err := w.onCase(company(), WithdrawConsent{Consent: names[2]}); reasonOf(err) != "CONSENT_REPLACED" {
		t.Errorf("withdrawing the replaced one: %v", err)
	}
}

// A consent holds to the end of its last local date, and counts no more after it.
func TestAConsentExpires(t *testing.T) {
	w := twoProviders(t)
	must(w.onCase(company(), GrantConsent{sharing("omnia")}))
	for date, holds := range map[string]bool{"2027-03-01": true, "2027-03-02": false} {
		if got := Effective(w.c.Case.Consents, "providers/omnia", toShared, at(t, date)); (got != nil) != holds {
			t.Errorf("on %s it holds: %t", date, got != nil)
		}
	}
	w.c.Case.Consents[0].ValidTo = "2026-03-01"
	if _, err := w.onCase(company(), AddRequest{Request: planned("omnia", "staff-training", "certificate", "")}); reasonOf(err) != "CONSENT_MISSING" {
		t.Errorf("asking more under an expired consent: %v", err)
	}
}

// Withdrawing the consent to serve ends the provider's open requests, tells each of
// its requests, also those that ended before, and later ones need a new consent.
// Other providers' requests go on.
func TestWithdrawingTheConsentToServe(t *testing.T) {
	w := twoProviders(t)
	must(w.onCase(company(), WithdrawConsent{Consent: caseName + "/consents/1", KeptByLaw: true}))
	w.route()
	omnia, chamber := w.requests[RequestKey{"omnia", 1}].Request, w.requests[RequestKey{"chamber", 1}].Request
	if omnia.Status != withdrawn || omnia.ConsentEndedAt == nil || !omnia.KeptByLaw {
		t.Errorf("the request is %v", omnia)
	}
	if chamber.Status != fresh || chamber.ConsentEndedAt != nil {
		t.Errorf("the other provider's request is %v", chamber)
	}
	if _, err := w.onCase(company(), WithdrawConsent{Consent: caseName + "/consents/1"}); reasonOf(err) != "CONSENT_WITHDRAWN" {
		t.Errorf("withdrawing it twice: %v", err)
	}
	again := AddRequest{Request: planned("omnia", "staff-training", "certificate", "")}
	if _, err := w.onCase(company(), again); reasonOf(err) != "CONSENT_MISSING" {
		t.Errorf("asking again without a consent: %v", err)
	}
	again.Consents = consents("omnia")
	must(w.onCase(company(), again))
	w.route()
	if second := w.requests[RequestKey{"omnia", 2}].Request; second.Status != fresh || second.ConsentEndedAt != nil {
		t.Errorf("the request under a new consent is %v", second)
	}
	steps, finish := Reconcile(w.c, w.requests, nil)
	if len(steps) > 0 || finish {
		t.Errorf("the hub still owes %v, %t", steps, finish)
	}
}

// A request that was not made before its consent was withdrawn tells its provider
// nothing, and ends at once.
func TestWhatWasNotMadeTellsNothing(t *testing.T) {
	w := newWorld(t, "2026-03-02")
	p := planned("omnia", "apprenticeship", "contract", "2026-03-20")
	p.Inputs = []*casesv1.Input{{Id: "question", Value: "Zanzibar"}}
	must(w.onCase(company(), OpenCase{&eventsv1.CaseOpened{
		Company: aCompany, Title: "Zanzibar", NeedText: "Zanzibar", Consents: consents("omnia"), Requests: []*eventsv1.PlannedRequest{p},
	}}))
	must(w.onCase(company(), WithdrawConsent{Consent: caseName + "/consents/1"}))
	w.route()
	r := w.requests[RequestKey{"omnia", 1}].Request
	if r.Status != withdrawn || r.Company != nil || r.CaseTitle != "" || r.NeedText != "" || len(r.Inputs) > 0 {
		t.Errorf("its provider is told %v", r)
	}
}

// A disclosure is no consent, whatever it is recorded beside.
func TestADisclosureIsNoConsent(t *testing.T) {
	w := twoProviders(t)
	must(w.onCase(advisor("employment", "kai"), RecordDisclosure{disclosure("employment")}))
	if n := len(w.c.Case.Consents); n != 2 {
		t.Errorf("there are %d consents", n)
	}
	if d := w.c.Case.Disclosures; len(d) != 1 || d[0].Name != caseName+"/disclosures/1" || d[0].RecordedBy != "providers/employment/advisors/kai" {
		t.Errorf("the disclosures are %v", d)
	}
	if _, err := w.onCase(advisor("employment", "kai"), RecordDisclosure{&casesv1.Disclosure{Provider: "providers/employment"}}); reasonOf(err) != "GROUND_MISSING" {
		t.Errorf("without a law: %v", err)
	}
}
