package web

import (
	"net/http"
	"net/url"
	"strings"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// behalfView opens a case for a company that called or came by: first the
// services, then what they ask and the rest.
type behalfView struct {
	*frame
	ProviderName string
	Own, Others  []catalogueGroup
	Chosen       map[string]bool
	Services     []checkService
	Register     registerView
	Form         form
}

// catalogueView is some services to tick.
type catalogueView struct {
	Groups []catalogueGroup
	Chosen map[string]bool
}

// Catalogue shows some services to tick.
func (v behalfView) Catalogue(groups []catalogueGroup) catalogueView {
	return catalogueView{Groups: groups, Chosen: v.Chosen}
}

// ChangeLink leads back to the choice of services.
func (v behalfView) ChangeLink() string { return v.path }

func (s *server) behalfPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	return s.showBehalf(w, r, f, http.StatusOK, &sent{form: "behalf", values: f.query})
}

func (s *server) showBehalf(w http.ResponseWriter, r *http.Request, f *frame, code int, was *sent) error {
	if f.Session == nil {
		return errSignIn()
	}
	if f.dirError != nil {
		return f.dirError
	}
	provider := "providers/" + r.PathValue("provider")
	switch {
	case f.dir.provider[provider] == nil:
		return errNoPage()
	case !f.Session.Desk():
		return problem.New(problem.Denied, "ROLE_NOT_ALLOWED", "only those who work for a provider open a case on behalf of a company")
	case f.Session.Provider != r.PathValue("provider"):
		return problem.New(problem.Denied, "OTHER_PROVIDER", "you belong to %s", f.Session.Provider)
	}
	f.Title = f.T("behalf.title")
	f.sent = was
	view := behalfView{frame: f, ProviderName: f.Provider(provider), Chosen: map[string]bool{}}
	services := known(f, was.values["service"])
	view.Register = s.askRegister(r, f, was, f.path, typedCompany(was), lookupAsked(was), services)
	for _, name := range services {
		view.Chosen[name] = true
		service := checkService{serviceView: f.Service(name)}
		for _, x := range f.inputFields(name) {
			service.Fields = append(service.Fields, x.place("behalf", was))
		}
		view.Services = append(view.Services, service)
	}
	if len(view.Services) > 0 {
		f.Title = view.Services[0].Title + ": " + f.Title
	}
	view.Own = f.groups(func(s *cataloguev1.Service) bool { return askable(s) && providerOf(s.GetName()) == provider })
	view.Others = f.groups(func(s *cataloguev1.Service) bool { return askable(s) && providerOf(s.GetName()) != provider })
	if len(services) > 0 {
		f.LanguageForm, f.LanguageAction, f.Enter = "behalf", f.path, "send"
	}
	if !was.values.Has("contact_language") {
		was.values.Set("contact_language", f.Lang)
	}
	view.Form = form{F: f, ID: "behalf", Do: "send", Button: f.T("behalf.button"), Fields: f.behalfFields()}.finish(was)
	return s.render(w, "behalf", code, view)
}

func (f *frame) behalfFields() []field {
	return []field{
		f.choose("radios", "kind", f.T("act.contact_kind"), enumChoices(f, "contact", "CONTACT_KIND_", casesv1.ContactKind_name)).must(),
		f.text("company_id", f.T("company.id")).must().hinted(f.T("company.id_hint")),
		f.text("company_name", f.T("company.name")),
		f.long("need_text", f.T("behalf.need"), midText).must().hinted(f.T("behalf.need_hint")),
		f.contactField(),
	}
}

func (s *server) behalfAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	if f.dirError != nil {
		return f.dirError
	}
	v := r.PostForm
	was := &sent{form: "behalf", values: v}
	if v.Get("do") != "send" {
		return s.showBehalf(w, r, f, f.wantsLookup(was), was)
	}
	services := known(f, v["service"])
	request := &providerv1.OpenCaseOnBehalfRequest{
		Parent: "providers/" + r.PathValue("provider"), RequestId: v.Get("request_id"), NeedText: strings.TrimSpace(v.Get("need_text")),
		Language: caseLanguage(v.Get("contact_language"), f.Lang), ContactLanguage: v.Get("contact_language"),
		Kind: casesv1.ContactKind(enumValue(casesv1.ContactKind_value, "CONTACT_KIND_", v.Get("kind"))),
	}
	for _, service := range services {
		request.Services = append(request.Services, &providerv1.Choice{Service: service, Inputs: f.answers(was, service)})
	}
	f.check(was, f.behalfFields())
	if v.Get("company_id") != "" {
		request.Company = f.readCompany(was, "company_id", v.Get("company_id"))
	}
	if was.failed() {
		return s.showBehalf(w, r, f, http.StatusUnprocessableEntity, was)
	}
	answer, err := s.Provider.OpenCaseOnBehalf(f.as(r.Context()), request)
	if err != nil {
		if err := f.refused(was, err, behalfField(request)); err != nil {
			return err
		}
		return s.showBehalf(w, r, f, problem.From(err).HTTPStatus(), was)
	}
	query := url.Values{"rev": {answer.GetRevision()}, "done": {"behalf"}}
	to := "/desk/" + r.PathValue("provider")
	if answer.GetRequest() != "" {
		to = f.DeskLink(answer.GetRequest())
	}
	http.Redirect(w, r, to+"?"+query.Encode(), http.StatusSeeOther)
	return nil
}

// caseLanguage is the language of the case's own texts: the one the company is
// served in when the hub has it, else the advisor's.
func caseLanguage(contact, page string) string {
	for _, lang := range languages() {
		if lang == contact {
			return contact
		}
	}
	return page
}

func behalfField(request *providerv1.OpenCaseOnBehalfRequest) func(path string) string {
	return func(path string) string {
		switch {
		case strings.HasPrefix(path, "company"):
			return "company_id"
		case strings.HasPrefix(path, "services"):
			if i, ok := index(path); ok && i < len(request.GetServices()) {
				return inputField(request.GetServices()[i].GetService(), request.GetServices()[i].GetInputs(), path)
			}
		}
		return path
	}
}
