package web

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/grpc"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// send opens the case. Sent twice, it opens one: the form's request_id decides.
func (s *server) send(w http.ResponseWriter, r *http.Request, f *frame, was *sent) error {
	values := was.values
	request := &casesv1.OpenCaseRequest{
		RequestId: values.Get("request_id"), NeedText: strings.TrimSpace(values.Get("text")),
		Language: f.Lang, ContactLanguage: values.Get("contact_language"), Secret: values.Get("secret") == "yes",
	}
	if code := values.Get("need"); code != "" {
		request.NeedCodes = []string{code}
	}
	stages := f.stages(values["service"])
	for _, one := range stages {
		f.checkStage(was, one)
	}
	for _, service := range values["service"] {
		request.Services = append(request.Services, &casesv1.ServiceChoice{Service: service, Inputs: f.answers(&sent{values: values}, service)})
	}
	nameless := f.chooseCompany(&sent{values: values}, request)
	request.Consents = consents(values, providersOf(f, values["service"]))
	if was.failed() {
		values.Set("changing", "yes")
		return s.showStage(w, r, f, http.StatusUnprocessableEntity, was, f.wrongStage(stages, was))
	}

	ctx := r.Context()
	if !nameless {
		ctx = f.as(ctx)
	}
	answer, err := s.Cases.OpenCase(ctx, request)
	if err != nil {
		if err := f.refused(was, err, openCaseField(request)); err != nil {
			return err
		}
		values.Set("changing", "yes")
		return s.showStage(w, r, f, problem.From(err).HTTPStatus(), was, f.wrongStage(stages, was))
	}
	s.dropDraft(r, f, values.Get("draft"))
	return s.toOpened(w, r, answer)
}

// toOpened leads to the case that was opened. The browser of a case without a name
// holds its secret from now on.
func (s *server) toOpened(w http.ResponseWriter, r *http.Request, answer *casesv1.OpenCaseResponse) error {
	name := answer.GetCase().GetName()
	query := url.Values{"rev": {answer.GetRevision()}}
	if answer.GetSecret() != "" {
		if err := s.setHolder(w, r, &holder{Case: requestKey(name), Code: answer.GetCase().GetCode(), Secret: answer.GetSecret()}); err != nil {
			return err
		}
		setCookie(w, r, openedCookie, requestKey(name))
	} else {
		query.Set("done", "opened")
	}
	http.Redirect(w, r, caseLink(name)+"?"+query.Encode(), http.StatusSeeOther)
	return nil
}

// chooseCompany reads who the case is for into the request, and tells whether
// it is to be opened without a name.
func (f *frame) chooseCompany(was *sent, request *casesv1.OpenCaseRequest) (nameless bool) {
	fields := f.companyFields(was)
	if fields.Nameless {
		return true
	}
	value := was.values.Get("company")
	switch own, isOwn := strings.CutPrefix(value, "own:"); {
	case value == "":
		was.fail("company", fieldError{Text: f.T("company.choose")})
	case value == "nameless":
		return true
	case value == "none":
	case isOwn:
		request.Company = f.readCompany(was, "company", own)
	default:
		request.Company = f.readCompany(was, "company_id", was.values.Get("company_id"))
	}
	return false
}

func (f *frame) readCompany(was *sent, name, value string) *casesv1.Company {
	if strings.TrimSpace(value) == "" {
		was.fail(name, fieldError{Text: f.T("error.empty", "field", f.T("company.id"))})
		return nil
	}
	company, err := parseCompany(value)
	if err != nil {
		was.fail(name, f.wrongBusinessID(f.T("company.id"), value, "error.company_id"))
		return nil
	}
	company.DisplayName = strings.TrimSpace(was.values.Get("company_name"))
	if company.DisplayName == was.values.Get(filledPrefix+"company_name") && company.Id != was.values.Get("register_id") {
		company.DisplayName = "" // what was filled in is another company's
	}
	return company
}

// openCaseField finds the form's field for a field path of OpenCaseRequest.
func openCaseField(request *casesv1.OpenCaseRequest) func(path string) string {
	return func(path string) string {
		switch {
		case strings.HasPrefix(path, "company"):
			if request.GetCompany() == nil {
				return "company"
			}
			return "company_id"
		case strings.HasPrefix(path, "consents"):
			if i, ok := index(path); ok && i < len(request.GetConsents()) {
				return consentPrefix + request.GetConsents()[i].GetProvider()
			}
		case strings.HasPrefix(path, "services"):
			if i, ok := index(path); ok && i < len(request.GetServices()) {
				return inputField(request.GetServices()[i].GetService(), request.GetServices()[i].GetInputs(), path)
			}
		}
		return path
	}
}

var (
	firstIndex = regexp.MustCompile(`^[a-z_]+\[(\d+)\]`)
	inputIndex = regexp.MustCompile(`inputs\[(\d+)\]`)
	inputByID  = regexp.MustCompile(`inputs(?:\.|\["?)([a-z][a-z0-9_]*)`)
)

func index(path string) (int, bool) {
	match := firstIndex.FindStringSubmatch(path)
	if match == nil {
		return 0, false
	}
	i, err := strconv.Atoi(match[1])
	return i, err == nil
}

// inputField finds the field of an answer: the API names it by its place among
// those that were sent, or by its id.
func inputField(service string, inputs []*casesv1.Input, path string) string {
	if match := inputIndex.FindStringSubmatch(path); match != nil {
		if i, err := strconv.Atoi(match[1]); err == nil && i < len(inputs) {
			return inputName(service, inputs[i].GetId())
		}
	}
	if match := inputByID.FindStringSubmatch(path); match != nil {
		return inputName(service, match[1])
	}
	return path
}

// companyChoices are the companies that the visitor acts for.
func (f *frame) companyChoices() []choice {
	if f.Session == nil {
		return nil
	}
	choices := make([]choice, 0, len(f.Session.Companies))
	for _, id := range f.Session.Companies {
		choices = append(choices, choice{Value: id, Label: id})
	}
	return choices
}

// call runs a step of the API for its revision alone.
func call[Request, Response any](ctx context.Context, step func(context.Context, Request, ...grpc.CallOption) (Response, error), request Request) (string, error) {
	answer, err := step(ctx, request)
	if err != nil {
		return "", err
	}
	if revised, ok := any(answer).(interface{ GetRevision() string }); ok {
		return revised.GetRevision(), nil
	}
	return "", nil
}
