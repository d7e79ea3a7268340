package web

import (
	"fmt"
	"net/http"
	"net/url"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// referralView asks the company whether to go on with another provider.
type referralView struct {
	*frame
	Case     *casesv1.Case
	Request  *casesv1.Request
	From     string
	Referral *casesv1.Referral
	Service  serviceView
	Agree    form
	Refuse   form
	Consent  string
}

func (s *server) referralPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	return s.showReferral(w, r, f, http.StatusOK, f.query, nil)
}

func (s *server) showReferral(w http.ResponseWriter, r *http.Request, f *frame, code int, which url.Values, was *sent) error {
	if f.dirError != nil {
		return f.dirError
	}
	c, err := s.readCase(r.Context(), f, r.PathValue("case"))
	if err != nil {
		return err
	}
	request, referral := findReferral(c, which)
	if referral == nil {
		return problem.New(problem.NotFound, "NO_SUCH_REFERRAL", "the case has no such proposal")
	}
	if referral.GetAnsweredAt() != nil && was == nil {
		http.Redirect(w, r, caseLink(c.GetName()), http.StatusSeeOther)
		return nil
	}
	f.Title = f.T("referral_page.title")
	f.sent = was
	view := referralView{frame: f, Case: c, Request: request, From: f.Provider(request.GetProvider()), Referral: referral, Service: f.Service(referral.GetService())}
	hiddens := []hidden{{"request", requestKey(request.GetName())}, {"number", fmt.Sprint(referral.GetNumber())}, {"etag", c.GetEtag()}}
	consent, err := s.consent(r, f, was, "agree", missingConsents(f, c, referral.GetService()), "", referral.GetService())
	if err != nil {
		return err
	}
	view.Consent = consent.Text
	view.Agree = form{
		F: f, ID: "agree", Do: "agree", Button: f.T("referral_page.agree"), Open: true, Main: true,
		Hidden: append(hiddens, hidden{"consent_version", consent.Version}), Fields: f.inputFields(referral.GetService()),
	}.finish(was)
	view.Agree.Fields = append(view.Agree.Fields, consent.Fields...)
	view.Refuse = form{F: f, ID: "refuse", Do: "refuse", Button: f.T("referral_page.refuse"), Open: true, Hidden: hiddens}.finish(was)
	return s.render(w, "referral", code, view)
}

func findReferral(c *casesv1.Case, which url.Values) (*casesv1.Request, *casesv1.Referral) {
	request := requestOf(c, c.GetName()+"/requests/"+which.Get("request"))
	for _, referral := range request.GetReferrals() {
		if referral.GetNumber() == atoi(which.Get("number")) {
			return request, referral
		}
	}
	return nil, nil
}

func (s *server) referralAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	was := sentForm(r.PostForm)
	v, id := was.values, r.PathValue("case")
	request := &casesv1.AnswerReferralRequest{
		Name: "cases/" + id + "/requests/" + v.Get("request"), RequestId: v.Get("request_id"),
		Number: atoi(v.Get("number")), Agree: v.Get("do") == "agree", Etag: v.Get("etag"),
	}
	service := ""
	if request.GetAgree() {
		c, err := s.readCase(r.Context(), f, id)
		if err != nil {
			return err
		}
		if _, referral := findReferral(c, v); referral != nil {
			service = referral.GetService()
			providers := missingConsents(f, c, service)
			request.Inputs = f.answers(was, service)
			f.check(was, f.consentFields(providers))
			request.Consents = consents(v, providers)
		}
		if was.failed() {
			return s.showReferral(w, r, f, http.StatusUnprocessableEntity, v, was)
		}
	}
	answer, err := s.Cases.AnswerReferral(f.holding(r.Context(), id), request)
	if err != nil {
		names := func(path string) string { return inputField(service, request.GetInputs(), path) }
		if err := f.refused(was, err, names); err != nil {
			return err
		}
		return s.showReferral(w, r, f, problem.From(err).HTTPStatus(), v, was)
	}
	query := url.Values{"rev": {answer.GetRevision()}, "done": {v.Get("do")}}
	http.Redirect(w, r, "/cases/"+id+"?"+query.Encode(), http.StatusSeeOther)
	return nil
}
