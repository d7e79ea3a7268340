package web

import (
	"slices"
	"strings"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	consentv1 "github.com/businessespoo/hub/proto/businessespoo/consent/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// seenView is who may see a case: by the company's consent, and apart from that by law.
type seenView struct {
	Consents    []givenView
	Disclosures []*casesv1.Disclosure
	// Share lets a provider see more; nil where nothing can be shared.
	Share *form
}

// givenView is one consent, with the form that withdraws it while it holds.
type givenView struct {
	*casesv1.Consent
	Purpose, What string
	Expired       bool
	Withdraw      *form
}

// sharedClasses are what a consent can open beside the header and the steps, each with
// its field of the form.
func sharedClasses() map[string]policyv1.DataClass {
	return map[string]policyv1.DataClass{
		"see_application": policyv1.DataClass_DATA_CLASS_APPLICATION, "see_decision": policyv1.DataClass_DATA_CLASS_DECISION,
		"see_conversation": policyv1.DataClass_DATA_CLASS_CONVERSATION,
	}
}

// What says in words what classes of data are.
func (f *frame) What(classes []policyv1.DataClass) string {
	var words []string
	for _, class := range classes {
		if class == policyv1.DataClass_DATA_CLASS_PUBLIC {
			continue
		}
		// A result comes with its decision, and is not told twice.
		if class != policyv1.DataClass_DATA_CLASS_RESULT || !slices.Contains(classes, policyv1.DataClass_DATA_CLASS_DECISION) {
			words = append(words, f.Enum("class", class, "DATA_CLASS_"))
		}
	}
	return strings.Join(words, ", ")
}

// seen shows who may see a case, to somebody who may change that.
func (f *frame) seen(b *besideCase, c *casesv1.Case, was *sent) (*seenView, error) {
	answer, err := b.consents, b.consentsErr
	if isKind(err, problem.Denied) {
		return nil, nil // an integrator's
	}
	if err != nil {
		return nil, err
	}
	view := &seenView{Disclosures: c.GetDisclosures()}
	for _, given := range c.GetConsents() {
		if given.GetReplacedAt() != nil {
			continue
		}
		v := givenView{Consent: given, Purpose: f.Enum("purpose", given.GetPurpose(), "CONSENT_PURPOSE_"), What: f.What(given.GetDataClasses())}
		v.Expired = given.GetValidTo() != "" && given.GetValidTo() < f.today()
		if given.GetWithdrawnAt() == nil && !v.Expired {
			fm := f.caseForm("unshare", nil, c)
			fm.ID += "-" + given.GetName()[strings.LastIndexByte(given.GetName(), '/')+1:]
			fm.Hidden = append(fm.Hidden, hidden{"consent", given.GetName()})
			fm.Warning = answer.GetWithdrawalText()
			fm = fm.asked(was)
			v.Withdraw = &fm
		}
		view.Consents = append(view.Consents, v)
	}
	if status := c.GetStatus(); status == casesv1.CaseStatus_CASE_STATUS_OPEN || status == casesv1.CaseStatus_CASE_STATUS_CLOSED {
		fm := f.caseForm("share", nil, c)
		fm.Intro = answer.GetText()
		fm.Hidden = append(fm.Hidden, hidden{"text_version", answer.GetTextVersion()})
		fm = fm.finish(was)
		view.Share = &fm
	}
	return view, nil
}

// shareFields ask which provider may see more, and what.
func (f *frame) shareFields() []field {
	var providers []choice
	for _, p := range f.dir.Providers {
		providers = append(providers, choice{Value: p.GetName(), Label: f.Provider(p.GetName())})
	}
	return []field{
		f.choose("select", "provider", f.T("act.share_with"), providers).must(),
		f.text("see_application", f.T("act.share_application")).as("check"),
		f.text("see_decision", f.T("act.share_decision")).as("check"),
		f.text("see_conversation", f.T("act.share_conversation")).as("check"),
	}
}

// share is the call that lets a provider see more.
func share(name string, was *sent, language string) *consentv1.GrantConsentRequest {
	v := was.values
	given := &casesv1.Consent{
		Provider: v.Get("provider"), Purpose: casesv1.ConsentPurpose_CONSENT_PURPOSE_SHARED_CASE, TextVersion: v.Get("text_version"), Language: language, Channel: "pages",
	}
	for field, class := range sharedClasses() {
		if v.Get(field) == "yes" {
			given.DataClasses = append(given.DataClasses, class)
		}
	}
	slices.Sort(given.DataClasses)
	return &consentv1.GrantConsentRequest{Parent: name, RequestId: v.Get("request_id"), Consent: given}
}
