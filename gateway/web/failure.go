package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/businessespoo/hub/services/kit/problem"
)

// failurePage explains an error: what was wrong and what to do.
type failurePage struct {
	*frame
	Heading, Advice string
	// Reason is the API's own reason when there is a translation of it, English
	// its message when there is none.
	Reason, English string
	SignIn          bool
	Reference       string
	// Kept is the form that was sent, when somebody typed into it.
	Kept *keptForm
}

// explain answers with a page about an error. Only faults of the hub are
// logged, by the pattern of the page: addresses may tell whose matter it is.
func (s *server) explain(w http.ResponseWriter, r *http.Request, f *frame, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the visitor went away
	}
	p := problem.From(err)
	if r.Method == http.MethodGet && p.Kind == problem.Invalid && len(p.Violations) == 1 && (p.Violations[0].Field == "name" || p.Violations[0].Field == "parent") {
		// The name is part of the address, and what has no such name is not there.
		p = problem.New(problem.NotFound, "NO_SUCH_PAGE", "there is no page at this address").Because(err)
	}
	if p.Kind == problem.Internal {
		s.Log.Error("page failed", "page", r.Pattern, "error", p.Error(), "reference", p.Metadata["reference"])
	}
	f.comeAgain(p)
	f.Title = f.T("failure." + string(p.Kind))
	f.LanguageForm = ""
	page := failurePage{
		frame: f, Heading: f.Title, Advice: f.T("failure." + string(p.Kind) + "_advice"),
		SignIn:    p.Kind == problem.Unauthenticated || p.Kind == problem.Denied,
		Reference: p.Metadata["reference"],
	}
	if page.Kept = f.unsent(r, p); page.Kept != nil {
		page.SignIn = page.SignIn && !page.Kept.SignIn
		f.LanguageForm, f.LanguageAction = "kept", "/kept"
		w.Header().Set("Cache-Control", "no-store")
	}
	text := f.reason(p)
	page.Reason = text.Text
	// The advice says it all where it is about who asks or when; elsewhere the
	// API's English is better than nothing.
	if f.Lang == "en" || p.Kind == problem.Invalid || p.Kind == problem.State || p.Kind == problem.Exists {
		page.English = text.English
	}
	if err := s.render(w, "failure", p.HTTPStatus(), page); err != nil {
		s.Log.Error("page failed", "page", "failure", "error", err.Error())
		http.Error(w, page.Heading, http.StatusInternalServerError)
	}
}

// reason says why the API refused: translated when the reason is known here,
// else in the API's English.
func (f *frame) reason(p *problem.Problem) fieldError {
	key := "reason." + strings.ToLower(p.Reason)
	pairs := make([]any, 0, 2*len(p.Metadata))
	for name, value := range p.Metadata {
		pairs = append(pairs, name, f.Person(value))
	}
	if n, err := strconv.Atoi(p.Metadata["seconds"]); err == nil && f.texts.has(f.Lang, key+"_other") {
		return fieldError{Text: f.N(key, n, pairs...)}
	}
	if f.texts.has(f.Lang, key) {
		return fieldError{Text: f.T(key, pairs...)}
	}
	if p.Kind == problem.Internal {
		return fieldError{}
	}
	return fieldError{English: p.Message}
}

// refused turns the API's error into what is wrong with the form that was sent.
// It returns the error itself when the page cannot be shown again because of it.
// names maps a field path of the API to the name of the form's field.
func (f *frame) refused(was *sent, err error, names func(path string) string) error {
	p := problem.From(err)
	switch p.Kind {
	case problem.Invalid:
		for _, v := range p.Violations {
			name := v.Field
			if names != nil {
				name = names(v.Field)
			}
			text := f.violation(v)
			if told := f.reason(p); len(p.Violations) == 1 && told.Text != "" {
				text = told // the reason says it in the page's language
			}
			was.fail(name, text)
		}
		if len(p.Violations) == 0 {
			was.fail("", f.reason(p))
		}
	case problem.State, problem.Exists, problem.Denied, problem.NotFound, problem.Unauthenticated:
		was.used = p.Kind == problem.Exists
		was.title = f.T("failure." + string(p.Kind))
		was.fail("", f.reason(p))
	case problem.Conflict:
		was.title = f.T("failure.conflict")
		was.fail("", fieldError{Text: f.T("failure.conflict_advice")})
	case problem.Exhausted:
		// Refused before anything was done.
		f.comeAgain(p)
		was.title = f.T("failure.exhausted")
		was.fail("", f.reason(p))
	case problem.Unavailable, problem.Deadline:
		// The step may have been taken: the same request_id makes trying again harmless.
		was.title = f.T("failure." + string(p.Kind))
		was.fail("", fieldError{Text: f.T("failure.send_again")})
	default:
		return err
	}
	return nil
}

func (f *frame) violation(v problem.Violation) fieldError {
	if f.Lang == "en" {
		return fieldError{Text: v.Description}
	}
	return fieldError{Text: f.T("error.refused"), English: v.Description}
}
