package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
)

// frame is what every page has around its own content, and what its templates
// ask for texts, names and dates.
type frame struct {
	Lang    string
	Title   string
	Session *visitor
	Holder  *holder
	// Done says what the visitor's last step did.
	Done string
	// Refresh is after how many seconds the page asks for itself again; 0 never.
	Refresh int
	// LanguageForm is the form that a language button sends along, and
	// LanguageAction where to, on pages that hold something filled in.
	LanguageForm, LanguageAction string
	// Enter is the step that the Enter key takes in that form.
	Enter string
	// Watch is what the page shows and is kept up to date with: a case, a request, a
	// provider's inbox, or * for all that the visitor sees; empty for none. After is the
	// revision that it shows, if it tells one.
	Watch, After string
	// Since is when the visitor's last visit ended: what is newer is marked. A page that
	// keeps itself up to date says it with each fetch.
	Since string
	// Pace is the least time between two looks at what is new; 0 is at once.
	Pace time.Duration
	// Desk tells that the page has shortcuts and help of an advisor's desk.
	Desk bool
	// StylePath and those after it are where those files are.
	StylePath, ScriptPath, FormsPath, DeskScriptPath, IconPath string

	// draft and draftEtag are the visitor's draft that this page has read.
	draft, draftEtag string
	draftTurns       turns
	// spoken is the language of the words of people in the case that the page shows.
	spoken string
	// register is what the company register says, once it was asked.
	register *registered
	// header is the answer's.
	header http.Header
	// sent is the form that was sent and refused, if one was.
	sent *sent
	path string
	// pattern is which page it is, as the routes have it.
	pattern string
	query   url.Values
	texts   texts
	dir     *directory
	// dirError is why the catalogue is missing, for pages that cannot do without.
	dirError error
	now      time.Time
}

func (s *server) frame(w http.ResponseWriter, r *http.Request) *frame {
	f := &frame{
		Lang: language(w, r), Session: s.session(r), Holder: s.holder(r),
		StylePath: s.style.path, ScriptPath: s.script.path, FormsPath: s.forms.path, DeskScriptPath: s.deskScript.path, IconPath: s.icon.path,
		header: w.Header(), path: r.URL.Path, pattern: r.Pattern, query: r.URL.Query(), texts: s.texts, now: s.Clock(),
	}
	if f.Session != nil || f.Holder != nil {
		w.Header().Set("Cache-Control", "no-store")
	}
	f.dir, f.dirError = s.directory(r.Context())
	if done := "done." + f.query.Get("done"); s.texts.has(f.Lang, done) {
		f.Done = f.T(done)
	}
	return f
}

// T is the text of a key in the page's language; pairs are names and values.
func (f *frame) T(key string, pairs ...any) string { return f.texts.text(f.Lang, key, pairs...) }

// N is the text for a number of things.
func (f *frame) N(key string, n int, pairs ...any) string {
	return f.texts.count(f.Lang, key, n, pairs...)
}

// Enum is the text of a value of the contract: group "status" and the value
// REQUEST_STATUS_NEW have the key status.new.
func (f *frame) Enum(group string, value interface{ String() string }, prefix string) string {
	return f.T(group + "." + strings.ToLower(strings.TrimPrefix(value.String(), prefix)))
}

// LanguageLink is the address of this page in another language.
func (f *frame) LanguageLink(lang string) string {
	return f.link(map[string]string{"lang": lang, "done": ""})
}

// link is the address of this page with some query values changed; an empty
// value drops one.
func (f *frame) link(changes map[string]string) string {
	query := url.Values{}
	for name, values := range f.query {
		query[name] = values
	}
	for name, value := range changes {
		if value == "" {
			query.Del(name)
			continue
		}
		query.Set(name, value)
	}
	query.Del("rev")
	if len(query) == 0 {
		return f.path
	}
	return f.path + "?" + query.Encode()
}

// Languages are the three that every page is in.
func (f *frame) Languages() []string { return languages() }

// newRequestID makes the UUID that keeps a form sent twice from acting twice.
func newRequestID() string { return uuid.NewString() }

// room is one link of the navigation.
type room struct {
	Href, Label string
	Current     bool
}

// Room makes a link of the navigation.
func (f *frame) Room(path, label string) room {
	return room{Href: path, Label: f.T(label), Current: f.path == path}
}

// WhoAmI tells the visitor as whom they are signed in.
func (f *frame) WhoAmI() string {
	who := f.Session
	role := who.Role
	if key := "role." + role; f.texts.has(f.Lang, key) {
		role = f.T(key)
	}
	switch {
	case who.Provider != "":
		return role + ", " + f.Provider("providers/"+who.Provider)
	case who.Acting != "":
		return f.T("me.acts_for", "company", who.Acting)
	case who.Role == "company":
		return f.T("me.acts_for_self")
	default:
		return role
	}
}
