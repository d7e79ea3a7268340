package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// deskViews are the ready-made filters that people use all day, as they stand in an
// address, with the key of what they are called; "" is the team's.
func deskViewNames() [][2]string {
	return [][2]string{
		{"mine", "desk.view_mine"},
		{"unassigned", "desk.view_unassigned"},
		{"", "board.view_team"},
		{"waiting", "board.view_waiting"},
		{"overdue", "desk.view_overdue"},
		{"old", "board.view_old"},
	}
}

// kept are the parts of an inbox's address that say what it lists: they go along to its
// requests and back.
var kept = []string{"view", "q", "status", "service", "language", "order", "page"}

// within is an address of the desk with what the inbox lists, and more.
func (f *frame) within(path string, more url.Values) string {
	query := url.Values{}
	for _, name := range kept {
		if value := f.query.Get(name); value != "" {
			query.Set(name, value)
		}
	}
	for name, values := range more {
		query[name] = values
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// deskViews lists the views with how many requests each holds.
func (f *frame) deskViews(counts *providerv1.InboxCounts) []viewLink {
	numbers := map[string]int32{
		"mine": counts.GetMine(), "unassigned": counts.GetUnclaimed(), "": counts.GetOpen(),
		"waiting": counts.GetWaiting(), "overdue": counts.GetOverdue(), "old": counts.GetEnded(),
	}
	var views []viewLink
	for _, view := range deskViewNames() {
		name := view[0]
		if name == "mine" && f.Session.Advisor() == "" {
			continue
		}
		views = append(views, viewLink{
			Label: f.T(view[1]), Current: f.query.Get("view") == name, Count: numbers[name],
			Link: f.link(map[string]string{"view": name, "status": "", "page": "", "done": ""}),
		})
	}
	return views
}

// deskAction takes a step on the inbox: it picks a request up right from its row, or
// turns the keyboard shortcuts on or off.
func (s *server) deskAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	if f.Session == nil {
		return errSignIn()
	}
	switch do := r.PostForm.Get("do"); do {
	case "shortcuts":
		f.setShortcuts(w, r)
		return nil
	case "pickup":
		name := r.PostForm.Get("name")
		revision, err := s.deskStep(f.as(r.Context()), do, name, r.PostForm)
		if err != nil {
			was := sentForm(r.PostForm)
			if err := f.refused(was, err, func(string) string { return "" }); err != nil {
				return err
			}
			return s.showDesk(w, r, f, problem.From(err).HTTPStatus(), was)
		}
		http.Redirect(w, r, f.within(f.DeskLink(name), url.Values{"done": {do}, "rev": {revision}}), http.StatusSeeOther)
		return nil
	default:
		return problem.New(problem.Invalid, "UNKNOWN_STEP", "the page has no step %.40q", do)
	}
}

// neighbourPage leads to the request before or after one in what the inbox lists, or to
// the inbox when there is none. It is looked up when somebody asks: so no page shows, and no
// access log holds, what nobody wanted to see.
func (s *server) neighbourPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	if f.Session == nil {
		return errSignIn()
	}
	provider := "providers/" + r.PathValue("provider")
	next, err := s.neighbour(f.as(r.Context()), f.deskRequest(provider), f.query.Get("of"), f.query.Get("to") == "previous")
	if err != nil {
		return fmt.Errorf("web: look for the next request: %w", err)
	}
	if next == "" {
		http.Redirect(w, r, f.within("/desk/"+r.PathValue("provider"), url.Values{"done": {"last"}}), http.StatusSeeOther)
		return nil
	}
	http.Redirect(w, r, f.within(f.DeskLink(next), nil), http.StatusSeeOther)
	return nil
}

// neighbour is the request before or after one in a list, or empty. The one after is
// looked for from the page of the list on which somebody was, the one before from the
// start; one that has left the list has the first on that page after it.
func (s *server) neighbour(ctx context.Context, list *providerv1.ListRequestsRequest, of string, before bool) (string, error) {
	if before {
		list.PageToken = ""
	}
	first, last, met := "", "", false
	for range mostNeighbours {
		answer, err := s.Provider.ListRequests(ctx, list)
		if err != nil {
			return "", err
		}
		for _, item := range answer.GetRequests() {
			switch {
			case met:
				return item.GetName(), nil
			case item.GetName() == of && before:
				return last, nil
			case item.GetName() == of:
				met = true
			}
			last = item.GetName()
			if first == "" {
				first = last
			}
		}
		if list.PageToken = answer.GetNextPageToken(); list.PageToken == "" {
			break
		}
	}
	if before || met {
		return "", nil
	}
	return first, nil
}

// stepKeys are the shortcuts of the steps on a request.
var stepKeys = map[string]string{"reply": "r", "ask": "a", "contact": "c", "note": "m"}

// stepView is a step's form with its shortcut.
type stepView struct {
	form
	Shortcut string
}

// Step is a form with the shortcut that unfolds it, when shortcuts are on.
func (v deskRequestView) Step(fm form) stepView {
	if !v.Keyboard.On {
		return stepView{form: fm}
	}
	return stepView{form: fm, Shortcut: stepKeys[fm.ID]}
}

// Ended tells whether the request has ended.
func (v deskRequestView) Ended() bool { return ended(v.Request.GetStatus()) }

// Here is the inbox as it is, for the forms of its rows.
func (v deskView) Here() string { return v.within(v.path, nil) }

// Narrowed tells whether a filter beside the search is on.
func (v deskView) Narrowed() bool {
	return slices.ContainsFunc([]string{"status", "service", "language", "order"}, func(name string) bool { return v.query.Get(name) != "" })
}

// mostNeighbours is how many pages of a list are looked through for the next request.
const mostNeighbours = 40

// shortcutsCookie keeps whether keyboard shortcuts are on: they are until somebody turns
// them off (WCAG 2.1.4).
const shortcutsCookie = "shortcuts"

// shortcut is a key and what it does.
type shortcut struct{ Key, Text string }

// keyboard is what the help of a desk page tells of its shortcuts.
type keyboard struct {
	F *frame
	// On tells whether they work.
	On     bool
	Action string
	Keys   []shortcut
}

// setShortcuts keeps whether shortcuts are on, and shows the page again.
func (f *frame) setShortcuts(w http.ResponseWriter, r *http.Request) {
	value := "off"
	if r.PostForm.Get("shortcuts") == "on" {
		value = "on"
	}
	setCookie(w, r, shortcutsCookie, value)
	http.Redirect(w, r, f.within(f.path, nil), http.StatusSeeOther)
}

// keyboard makes the help of a page that has the keys.
func (f *frame) keyboard(r *http.Request, keys [][2]string) keyboard {
	f.Desk = true
	cookie, err := r.Cookie(cookieName(r, shortcutsCookie))
	k := keyboard{F: f, On: err != nil || cookie.Value != "off", Action: f.within(f.path, nil)}
	for _, key := range keys {
		k.Keys = append(k.Keys, shortcut{key[0], f.T(key[1])})
	}
	k.Keys = append(k.Keys, shortcut{"?", f.T("board.key_help")})
	return k
}

// inboxKeys and requestKeys are the shortcuts of the desk's pages, each with the key of
// its text.
var (
	inboxKeys = [][2]string{
		{"j", "board.key_down"}, {"k", "board.key_up"}, {"Enter", "board.key_open"}, {"p", "board.key_pick_up"}, {"n", "board.key_news"}, {"/", "board.key_search"},
	}
	requestKeys = [][2]string{
		{"r", "board.key_reply"}, {"a", "board.key_ask"}, {"c", "board.key_contact"}, {"m", "board.key_note"}, {"j", "board.key_next"}, {"k", "board.key_previous"}, {"u", "board.key_inbox"},
	}
)
