package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	consentv1 "github.com/businessespoo/hub/proto/businessespoo/consent/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// caseAction takes one step on a case and shows the case after it.
func (s *server) caseAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	if f.Session == nil && (f.Holder == nil || f.Holder.Case != r.PathValue("case")) {
		return errSignIn() // with what was written
	}
	was := sentForm(r.PostForm)
	do := was.values.Get("do")
	if do == "unrated" {
		f.setUnrated(w, r)
		return nil
	}
	fields := f.caseFields(do)
	if do == "confirm" {
		fields = f.consentFields(strings.Fields(was.values.Get("providers")))
	}
	f.check(was, fields)
	if was.failed() {
		return s.showCase(w, r, f, http.StatusUnprocessableEntity, was)
	}
	id := r.PathValue("case")
	revision, err := s.caseStep(f.holding(r.Context(), id), f, do, "cases/"+id, was)
	if err != nil {
		if err := f.refused(was, err, func(path string) string { return caseField(do, path) }); err != nil {
			return err
		}
		return s.showCase(w, r, f, problem.From(err).HTTPStatus(), was)
	}
	if was.failed() {
		return s.showCase(w, r, f, http.StatusUnprocessableEntity, was)
	}
	if do == "link" {
		dropCookie(w, r, holderCookie) // the signed-in company sees it now
	}
	query := url.Values{"rev": {revision}, "done": {do}}
	http.Redirect(w, r, "/cases/"+id+"?"+query.Encode(), http.StatusSeeOther)
	return nil
}

// caseStep calls the API for one step; it answers the revision to read next.
func (s *server) caseStep(ctx context.Context, f *frame, do, name string, was *sent) (string, error) {
	v := was.values
	requestID, etag := v.Get("request_id"), v.Get("etag")
	request := name + "/requests/" + v.Get("request")
	switch do {
	case "message":
		return call(ctx, s.Cases.PostMessage, &casesv1.PostMessageRequest{Name: request, RequestId: requestID, Text: v.Get("text")})
	case "report":
		return call(ctx, s.Cases.PostMessage, &casesv1.PostMessageRequest{Name: request, RequestId: requestID, Text: f.reported(was)})
	case "answer":
		return call(ctx, s.Cases.AnswerSupplement, &casesv1.AnswerSupplementRequest{
			Name: request, RequestId: requestID, Number: atoi(v.Get("number")), Text: v.Get("text"),
		})
	case "withdraw":
		return call(ctx, s.Cases.WithdrawRequest, &casesv1.WithdrawRequestRequest{
			Name: request, RequestId: requestID, Reason: v.Get("reason"), Etag: etag,
		})
	case "rate":
		return call(ctx, s.Cases.RateRequest, &casesv1.RateRequestRequest{
			Name: request, RequestId: requestID, Stars: atoi(v.Get("stars")), Comment: v.Get("comment"),
		})
	case "close":
		return call(ctx, s.Cases.CloseCase, &casesv1.CloseCaseRequest{Name: name, RequestId: requestID, Reason: v.Get("reason"), Etag: etag})
	case "reopen":
		return call(ctx, s.Cases.ReopenCase, &casesv1.ReopenCaseRequest{Name: name, RequestId: requestID, Reason: v.Get("reason"), Etag: etag})
	case "confirm":
		return call(ctx, s.Cases.ConfirmCase, &casesv1.ConfirmCaseRequest{
			Name: name, RequestId: requestID, Etag: etag, Consents: consents(v, strings.Fields(v.Get("providers"))),
		})
	case "share":
		return call(ctx, s.Consents.GrantConsent, share(name, was, f.Lang))
	case "unshare":
		return call(ctx, s.Consents.WithdrawConsent, &consentv1.WithdrawConsentRequest{Name: v.Get("consent"), RequestId: requestID, Etag: etag})
	case "correct":
		return call(ctx, s.Rights.CorrectText, &rightsv1.CorrectTextRequest{
			Case: name, RequestId: requestID, Revision: v.Get("revision"), Field: v.Get("field"), Text: v.Get("text"), Reason: v.Get("reason"),
			RemoveOld: v.Get("remove_old") == "yes",
		})
	case "remove":
		return call(ctx, s.Rights.RedactFact, &rightsv1.RedactFactRequest{Case: name, RequestId: requestID, Revision: v.Get("revision")})
	case "link":
		return s.link(ctx, f, name, was)
	}
	return "", problem.New(problem.Invalid, "UNKNOWN_STEP", "the page has no step %.40q", do)
}

// link links a case to the visitor's company. It is the company's own step, so
// it is called with the token and not with code and secret, which go along.
func (s *server) link(ctx context.Context, f *frame, name string, was *sent) (string, error) {
	company := f.readCompany(was, "company_id", was.values.Get("company_id"))
	if company == nil {
		return "", nil // told beside the field
	}
	request := &casesv1.LinkCompanyRequest{Name: name, RequestId: was.values.Get("request_id"), Company: company, Etag: was.values.Get("etag")}
	if f.Holder != nil && "cases/"+f.Holder.Case == name {
		request.Code, request.Secret = f.Holder.Code, f.Holder.Secret
	}
	return call(f.only(ctx), s.Cases.LinkCompany, request)
}

// caseField finds the form's field for a field path of the API.
func caseField(do, path string) string {
	if do == "link" && strings.HasPrefix(path, "company") {
		return "company_id"
	}
	if do == "share" {
		return map[string]string{"provider": "provider", "data_classes": "see_application"}[strings.TrimPrefix(path, "consent.")]
	}
	return path
}
