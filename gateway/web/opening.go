package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
)

// stage is one page of opening a case, after the need and the services.
type stage struct {
	// Kind is service, company, consent or answers.
	Kind string
	// Service is the service that a page of kind service asks about.
	Service string
}

// stages are the pages that some services take: one for each that has questions of its
// own, and those about the company, the consent, and all answers together.
func (f *frame) stages(services []string) []stage {
	var all []stage
	for _, service := range services {
		if len(f.asked(services, service)) > 0 {
			all = append(all, stage{Kind: "service", Service: service})
		}
	}
	return append(all, stage{Kind: "company"}, stage{Kind: "consent"}, stage{Kind: "answers"})
}

// same tells whether two services ask the same: all but hint and duty is alike.
func same(one, other *cataloguev1.InputField) bool {
	if one.GetId() != other.GetId() {
		return false
	}
	plain := func(q *cataloguev1.InputField) *cataloguev1.InputField {
		q = proto.CloneOf(q)
		q.Required, q.Hint = false, nil
		return q
	}
	return proto.Equal(plain(one), plain(other))
}

// askedWith is the service with which a service's question is asked: the first of those
// chosen that asks it.
func (f *frame) askedWith(services []string, service string, q *cataloguev1.InputField) string {
	for _, first := range services {
		if slices.ContainsFunc(f.dir.service[first].GetInputs(), func(other *cataloguev1.InputField) bool { return same(q, other) }) {
			return first
		}
	}
	return service
}

// asked are the questions that the page of a service asks: its own without those that
// an earlier page asks. What any service must know must be answered.
func (f *frame) asked(services []string, service string) []field {
	var fields []field
	for i, x := range f.inputFields(service) {
		q := f.dir.service[service].GetInputs()[i]
		if f.askedWith(services, service, q) != service {
			continue
		}
		for _, other := range services {
			x.Required = x.Required || slices.ContainsFunc(f.dir.service[other].GetInputs(), func(theirs *cataloguev1.InputField) bool { return theirs.GetRequired() && same(q, theirs) })
		}
		fields = append(fields, x)
	}
	return fields
}

// spread gives what was answered once to all services that ask it.
func (f *frame) spread(values url.Values) {
	services := values["service"]
	for _, service := range services {
		for _, q := range f.dir.service[service].GetInputs() {
			own, first := inputName(service, q.GetId()), inputName(f.askedWith(services, service, q), q.GetId())
			switch {
			case values.Has(first):
				values.Set(own, values.Get(first))
			case values.Has(own):
				values.Set(first, values.Get(own))
			}
		}
	}
}

// owns tells whether a field stands on the page of a stage.
func (f *frame) owns(services []string, one stage, name string) bool {
	switch one.Kind {
	case "service":
		return slices.ContainsFunc(f.asked(services, one.Service), func(x field) bool { return x.Name == name })
	case "company":
		return name == "contact_language" || registerKeeps(name) || name == "secret" || strings.HasPrefix(name, "company")
	case "consent":
		return strings.HasPrefix(name, consentPrefix) || name == "consent_version"
	}
	return false
}

// opens tells whether a value is one of those that make up the case that is opened:
// they go along from page to page, and are what a draft keeps.
func opens(name string) bool {
	return slices.Contains([]string{"text", "need", "service", "request_id", "draft", "contact_language", "secret", "consent_version", "changing"}, name) ||
		strings.HasPrefix(name, "in:") || registerKeeps(name) || strings.HasPrefix(name, "company") || strings.HasPrefix(name, consentPrefix)
}

func without(keep func(string) bool, names ...string) func(string) bool {
	return func(name string) bool { return keep(name) && !slices.Contains(names, name) }
}

// posted is what was sent, with what the draft has of all that the page which was sent
// does not ask: it may have been changed in another tab. What is sent off at last is
// what its page showed.
func (s *server) posted(r *http.Request, f *frame) (url.Values, error) {
	if f.dirError != nil {
		return nil, f.dirError
	}
	values := r.PostForm
	if f.Session == nil && values.Get("signed_in") == "yes" {
		return nil, errSignIn() // the session has ended meanwhile; nothing goes on without a name by itself
	}
	values["service"] = known(f, values["service"])
	s.mergeDraft(r, f, values)
	return values, nil
}

// mergeDraft takes in what the draft has of all that the page which was sent does not ask.
func (s *server) mergeDraft(r *http.Request, f *frame, values url.Values) {
	draft := s.draft(r, f, values.Get("draft"))
	if draft == nil || values.Get("do") == "send" {
		return
	}
	own := func(name string) bool { return name == "text" || name == "need" }
	switch values.Get("form") {
	case "choose":
		own = func(name string) bool { return name == "service" }
	case "check":
		stages := f.stages(values["service"])
		one := stages[place(values.Get("at"), len(stages))]
		own = func(name string) bool { return f.owns(values["service"], one, name) }
	}
	for name, kept := range draft {
		if opens(name) && !own(name) && name != "changing" {
			values[name] = kept
		}
	}
}

// place reads which of some stages a page is.
func place(at string, stages int) int {
	n, err := strconv.Atoi(at)
	if err != nil {
		return 0
	}
	return min(max(n, 0), stages-1)
}

// checkPage takes what a page of the opening asked, and goes where its button leads.
func (s *server) checkPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	values, err := s.posted(r, f)
	if err != nil {
		return err
	}
	if values.Get("do") == "to:need" {
		return s.goTo(w, r, f, values, "need") // also with nothing chosen
	}
	if len(values["service"]) == 0 {
		f.sent = &sent{form: "choose"}
		f.sent.fail("service", fieldError{Text: f.T("choose.none")})
		f.sent.show("service", "services")
		return s.showChoose(w, r, f, http.StatusUnprocessableEntity, values)
	}
	f.spread(values)
	stages := f.stages(values["service"])
	at := place(values.Get("at"), len(stages))
	if values.Get("form") == "choose" {
		at = 0
		if values.Get("changing") == "yes" {
			return s.goTo(w, r, f, values, strconv.Itoa(f.unanswered(values, stages)))
		}
	}
	was := &sent{form: "check", values: values}
	do := values.Get("do")
	switch to, goes := strings.CutPrefix(do, "to:"); {
	case goes:
		values.Set("changing", "yes")
		return s.goTo(w, r, f, values, to)
	case do == "send":
		return s.send(w, r, f, was)
	case lookupAsked(was):
		return s.showStage(w, r, f, f.wantsLookup(was), was, at)
	case do == "back" && at == 0:
		return s.goTo(w, r, f, values, "choose")
	case do == "back":
		return s.goTo(w, r, f, values, strconv.Itoa(at-1))
	case do == "next" && values.Get("form") == "check":
		f.checkStage(was, stages[at])
		if was.failed() {
			return s.showStage(w, r, f, http.StatusUnprocessableEntity, was, at)
		}
		at++
		if values.Get("changing") == "yes" {
			at = f.unanswered(values, stages)
		}
	}
	return s.goTo(w, r, f, values, strconv.Itoa(at))
}

// unanswered is the first stage on which something is missing.
func (f *frame) unanswered(values url.Values, stages []stage) int {
	was := &sent{form: "check", values: values}
	for _, one := range stages {
		f.checkStage(was, one)
	}
	return f.wrongStage(stages, was)
}

// checkStage looks at what one page asks.
func (f *frame) checkStage(was *sent, one stage) {
	services := was.values["service"]
	switch one.Kind {
	case "service":
		found := &sent{values: was.values}
		for _, service := range services {
			f.answers(found, service)
		}
		for _, x := range f.asked(services, one.Service) {
			for _, service := range services {
				name := inputName(service, strings.TrimPrefix(x.Name, inputName(one.Service, "")))
				if wrong := found.errors[name]; wrong != nil && f.firstName(services, name) == x.Name {
					was.fail(x.Name, *wrong)
				}
			}
		}
	case "company":
		f.check(was, []field{f.contactField()})
		f.chooseCompany(was, &casesv1.OpenCaseRequest{})
	case "consent":
		f.check(was, f.consentFields(providersOf(f, services)))
	}
}

// firstName is the name under which the pages ask an answer that a service wants.
func (f *frame) firstName(services []string, name string) string {
	for _, service := range services {
		for _, q := range f.dir.service[service].GetInputs() {
			if inputName(service, q.GetId()) == name {
				return inputName(f.askedWith(services, service, q), q.GetId())
			}
		}
	}
	return name
}

// wrongStage is the first page with something that was refused; that with all answers
// when it is nothing that a page asks.
func (f *frame) wrongStage(stages []stage, was *sent) int {
	services := was.values["service"]
	for i, one := range stages {
		for _, name := range was.order {
			if f.owns(services, one, f.firstName(services, name)) {
				return i
			}
		}
	}
	return len(stages) - 1
}
