package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
)

// needView is the page on which somebody says what they need.
type needView struct {
	*frame
	Text  field
	Needs []choice
	Carry []hidden
	Saved savedView
}

func (s *server) needPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	return s.showNeed(w, r, f, http.StatusOK, &sent{form: "need", values: r.PostForm})
}

func (s *server) showNeed(w http.ResponseWriter, r *http.Request, f *frame, code int, was *sent) error {
	f.Title = f.T("need.title")
	f.LanguageForm, f.LanguageAction = "need", "/"
	f.sent = was
	view := needView{frame: f, Text: f.long("text", f.T("need.label"), midText).must().hinted(f.T("need.hint")).place("need", was)}
	view.Saved = f.saved(was.values)
	view.Saved.Drafts = s.drafts(r, f)
	view.Carry = carried(was.values, without(opens, "text", "need", "draft"))
	for _, need := range f.dir.Needs {
		view.Needs = append(view.Needs, choice{Value: need.GetCode(), Label: in(f.Lang, need.GetDisplayName())})
	}
	return s.render(w, "need", code, view)
}

// chooseView is the page on which the services are chosen.
type chooseView struct {
	*frame
	Text, Need  string
	NeedLabel   string
	Suggestions []suggestionView
	// Nothing is what to do when nothing was found; empty when something was.
	Nothing string
	Groups  []catalogueGroup
	Chosen  map[string]bool
	// All shows the whole catalogue open.
	All   bool
	Carry []hidden
	Saved savedView
}

type suggestionView struct {
	serviceView
	// Band is 2 for a likely service, 1 for a possible one, 0 for one that perhaps fits.
	Band       int
	Confidence string
	Reasons    []string
}

// choosePage shows the services that answer the need, and all others. Nothing
// is sent to anybody yet.
func (s *server) choosePage(w http.ResponseWriter, r *http.Request, f *frame) error {
	if r.Method == http.MethodGet {
		return s.showChoose(w, r, f, http.StatusOK, r.Form)
	}
	values, err := s.posted(r, f)
	if err != nil {
		return err
	}
	if values.Get("form") != "need" || values.Has("lang") {
		return s.goTo(w, r, f, values, "choose") // back from a later page, or in another language
	}
	was := sentForm(values)
	switch n := utf8.RuneCountInString(values.Get("text")); {
	case strings.TrimSpace(values.Get("text")) == "":
		was.fail("text", fieldError{Text: f.T("need.empty")})
	case n > midText:
		was.fail("text", fieldError{Text: f.T("error.too_long", "field", f.T("need.label"), "max", midText, "n", n)})
	}
	if was.failed() {
		return s.showNeed(w, r, f, http.StatusUnprocessableEntity, was)
	}
	return s.goTo(w, r, f, values, "choose")
}

func (s *server) showChoose(w http.ResponseWriter, r *http.Request, f *frame, code int, values url.Values) error {
	if f.dirError != nil {
		return f.dirError
	}
	f.Title = f.T("choose.title")
	f.Enter = "next"
	f.LanguageForm, f.LanguageAction = "choose", "/choose"
	view := chooseView{frame: f, Text: strings.TrimSpace(values.Get("text")), Need: values.Get("need"), Chosen: map[string]bool{}}
	if view.Need != "" {
		view.NeedLabel = f.NeedName(view.Need)
	}
	for _, service := range values["service"] {
		view.Chosen[service] = true
	}
	if view.Text != "" || view.Need != "" {
		answer, err := s.suggest(r.Context(), f, view.Text, view.Need)
		if err != nil {
			return err
		}
		view.Nothing = answer.GetMessage()
		for _, suggestion := range answer.GetSuggestions() {
			view.Suggestions = append(view.Suggestions, f.suggestion(suggestion))
		}
		// As they come, the most likely ones first.
		slices.SortStableFunc(view.Suggestions, func(a, b suggestionView) int { return b.Band - a.Band })
		if len(view.Suggestions) == 0 && view.Nothing == "" {
			view.Nothing = f.T("choose.nothing")
		}
	}
	view.All = len(view.Suggestions) == 0
	view.Groups = f.groups(func(service *cataloguev1.Service) bool {
		suggested := slices.ContainsFunc(view.Suggestions, func(v suggestionView) bool { return v.Name == service.GetName() })
		if view.Chosen[service.GetName()] && !suggested {
			view.All = true // never hide a tick
		}
		return askable(service) && !suggested
	})
	view.Carry = carried(values, without(opens, "text", "need", "service", "draft"))
	view.Saved = f.saved(values)
	return s.render(w, "choose", code, view)
}

// suggest asks the API for the services that answer a need. The text wins over
// the code, as the person's own words tell more.
func (s *server) suggest(ctx context.Context, f *frame, text, need string) (*casesv1.SuggestServicesResponse, error) {
	request := &casesv1.SuggestServicesRequest{Language: f.Lang, PageSize: 8}
	if text != "" {
		request.Text = text
	} else {
		request.NeedCode = need
	}
	answer, err := s.Cases.SuggestServices(f.as(ctx), request)
	if err != nil {
		return nil, fmt.Errorf("web: suggest services: %w", err)
	}
	return answer, nil
}

// From which confidence on a suggestion is called likely or possible.
const (
	likely   = 0.7
	possible = 0.4
)

func (f *frame) suggestion(suggestion *casesv1.Suggestion) suggestionView {
	view := suggestionView{serviceView: f.Service(suggestion.GetService())}
	if f.dir.service[suggestion.GetService()] == nil {
		view.Title, view.ProviderName, view.Description = suggestion.GetDisplayName(), suggestion.GetProviderDisplayName(), suggestion.GetDescription()
	}
	switch c := suggestion.GetConfidence(); {
	case c >= likely:
		view.Band, view.Confidence = 2, f.T("confidence.likely")
	case c >= possible:
		view.Band, view.Confidence = 1, f.T("confidence.possible")
	default:
		view.Confidence = f.T("confidence.perhaps")
	}
	for _, reason := range suggestion.GetReasons() {
		text := f.because(reason)
		if !slices.Contains(view.Reasons, text) {
			view.Reasons = append(view.Reasons, text)
		}
	}
	return view
}

// because says in words why a service was suggested.
func (f *frame) because(reason *casesv1.Reason) string {
	word, matched := reason.GetWord(), reason.GetMatched()
	switch {
	case reason.GetRule() == "need" || word == "":
		return f.T("because.need", "need", f.NeedName(matched))
	case reason.GetRule() == "similar" && !strings.EqualFold(word, matched):
		return f.T("because.similar", "word", word, "matched", matched)
	default:
		return f.T("because.word", "word", word)
	}
}
