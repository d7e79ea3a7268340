package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/problem"
)

// teamPageSize is how many requests the page of a team shows at once; one press of its
// button assigns no more.
const teamPageSize = 40

// teamView shows a lead how much each of their people has, and lets them move it.
type teamView struct {
	*frame
	ProviderName, Path string
	// Loads are those of the staff, of whoever has left, and last of nobody.
	Loads []loadRow
	// Told is what came of each request that was to be assigned.
	Told []outcome
	// Of says whose requests are listed.
	Of              string
	Rows            []teamRow
	Total           int
	Advisor         field
	RequestID       string
	Next, FirstPage string
}

// loadRow is what one person has to do, with its picture.
type loadRow struct {
	*providerv1.Load
	Name, Link, Hint string
	Current, Left    bool
	// Busy, Waits and Late are lengths in a picture of 100.
	Busy, Waits, Late int
}

// teamRow is one request that can be assigned.
type teamRow struct {
	*casesv1.Request
	ID, Title, Link, Age string
	Chosen               bool
}

// outcome is what came of one of several steps.
type outcome struct {
	Done        bool
	Name, Link  string
	Text        string
	English     string
	Unsure, Not bool
}

// mayLead lets in the leads of a provider alone.
func (f *frame) mayLead(provider string) error {
	switch {
	case f.Session == nil:
		return errSignIn()
	case !f.Session.Lead():
		return problem.New(problem.Denied, "ROLE_NOT_ALLOWED", "only a lead sees the team's work")
	case f.Session.Provider != provider:
		return problem.New(problem.Denied, "OTHER_PROVIDER", "you belong to %s", f.Session.Provider)
	}
	return nil
}

func (s *server) teamPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	return s.showTeam(w, r, f, http.StatusOK, nil, nil, f.query.Get("rev"))
}

// showTeam takes two calls, however many people and requests there are.
func (s *server) showTeam(w http.ResponseWriter, r *http.Request, f *frame, code int, was *sent, told []outcome, revision string) error {
	if err := f.mayLead(r.PathValue("provider")); err != nil {
		return err
	}
	provider := "providers/" + r.PathValue("provider")
	ctx := f.as(r.Context())
	request := &providerv1.ListRequestsRequest{
		Parent: provider, PageSize: teamPageSize, PageToken: f.query.Get("page"), Order: providerv1.RequestOrder_REQUEST_ORDER_OLDEST,
	}
	if advisor := f.query.Get("advisor"); advisor != "" {
		request.Advisor = provider + "/advisors/" + advisor
	} else {
		request.Unassigned = true
	}
	answer, err := newest(revision, func(revision string) (*providerv1.ListRequestsResponse, error) {
		request.MinRevision = revision
		return s.Provider.ListRequests(ctx, request)
	})
	if err != nil {
		return fmt.Errorf("web: list a team's requests: %w", err)
	}
	staff, err := s.Provider.ListAdvisors(ctx, &providerv1.ListAdvisorsRequest{Parent: provider, PageSize: 500})
	if err != nil {
		return fmt.Errorf("web: list a team: %w", err)
	}
	f.Title, f.sent = f.T("team.title", "provider", f.Provider(provider)), was
	if request.PageToken == "" && was == nil && told == nil {
		f.Watch, f.After, f.Pace = "*", answer.GetRevision(), inboxPace
	}
	view := teamView{
		frame: f, ProviderName: f.Provider(provider), Path: f.path, Told: told, Of: f.T("team.unclaimed"), Total: int(answer.GetTotalSize()),
		Loads: f.loadRows(staff, request.Advisor), Advisor: f.teamField(staff).place("assign", was), RequestID: newRequestID(),
	}
	if request.Advisor != "" {
		view.Of = f.T("team.of", "name", loadName(view.Loads, request.Advisor))
	}
	for _, item := range answer.GetRequests() {
		view.Rows = append(view.Rows, teamRow{
			Request: item, ID: "pick-" + pickID(item.GetName()), Title: f.requestTitle(item), Link: f.DeskLink(item.GetName()), Age: f.age(item.GetRequestedAt()),
			Chosen: was != nil && contains(was.values["request"], item.GetName()),
		})
	}
	if was != nil {
		was.show("request", "pick")
	}
	if token := answer.GetNextPageToken(); token != "" {
		view.Next = f.link(map[string]string{"page": token})
	}
	if request.PageToken != "" {
		view.FirstPage = f.link(map[string]string{"page": ""})
	}
	return s.render(w, "team", code, view)
}

// pickID tells a request's row from others, also when rows come and go in an open page.
func pickID(name string) string { return strings.ReplaceAll(name, "/", "-") }

func contains(list []string, wanted string) bool {
	for _, item := range list {
		if item == wanted {
			return true
		}
	}
	return false
}

// loadRows are the loads with pictures of one scale.
func (f *frame) loadRows(staff *providerv1.ListAdvisorsResponse, chosen string) []loadRow {
	var rows []loadRow
	add := func(m *providerv1.StaffMember, left bool) {
		row := loadRow{
			Load: m.GetLoad(), Name: f.Who(m.GetAdvisor()), Left: left, Current: chosen == m.GetAdvisor().GetName(),
			Link: f.path + "?advisor=" + url.QueryEscape(requestKey(m.GetAdvisor().GetName())),
		}
		var about []string
		if m.GetLead() {
			about = append(about, f.T("role.lead"))
		}
		for _, language := range m.GetAdvisor().GetLanguages() {
			about = append(about, f.LanguageName(language))
		}
		row.Hint = strings.Join(about, ", ")
		rows = append(rows, row)
	}
	for _, m := range staff.GetStaff() {
		add(m, false)
	}
	for _, m := range staff.GetLeft() {
		add(m, true)
	}
	rows = append(rows, loadRow{Load: staff.GetUnclaimed(), Name: f.T("team.nobody"), Link: f.path, Current: chosen == ""})
	most := int32(1)
	for _, row := range rows {
		most = max(most, row.GetOpen())
	}
	part := func(n int32) int { return int(100 * n / most) }
	for i := range rows {
		row := &rows[i]
		row.Busy, row.Waits, row.Late = part(row.GetOpen()-row.GetWaiting()), part(row.GetWaiting()), part(row.GetOverdue())
	}
	return rows
}

// loadName is what the owner of a list is called.
func loadName(rows []loadRow, advisor string) string {
	for _, row := range rows {
		if row.Current {
			return row.Name
		}
	}
	return requestKey(advisor)
}

// Age says for how long something has been there.
func (f *frame) Age(since *timestamppb.Timestamp) string { return f.age(since) }

// age counts days by the calendar of Finland.
func (f *frame) age(since *timestamppb.Timestamp) string {
	if since == nil {
		return "–"
	}
	begin, now := catalogue.DateOf(since.AsTime()).Start(), catalogue.DateOf(f.now).Start()
	days := int((now.Sub(begin) + 12*time.Hour) / (24 * time.Hour)) // summer time makes days of 23 and 25 hours
	if days <= 0 {
		return f.T("team.today")
	}
	return f.N("team.days", days)
}

func (f *frame) teamField(staff *providerv1.ListAdvisorsResponse) field {
	choices := []choice{{Label: f.T("team.choose")}}
	for _, m := range staff.GetStaff() {
		choices = append(choices, choice{
			Value: m.GetAdvisor().GetName(), Label: f.Who(m.GetAdvisor()) + " (" + f.N("act.assign_open", int(m.GetLoad().GetOpen())) + ")",
		})
	}
	return f.choose("select", "advisor", f.T("team.to"), choices).must()
}

// teamAction assigns what was ticked, one call each, and tells what came of each.
func (s *server) teamAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	if err := f.mayLead(r.PathValue("provider")); err != nil {
		return err
	}
	was := sentForm(r.PostForm)
	chosen := was.values["request"]
	id, err := uuid.Parse(was.values.Get("request_id"))
	switch {
	case err != nil:
		return problem.New(problem.Invalid, "REQUEST_ID_INVALID", "request_id is %.60q; load the page again", was.values.Get("request_id"))
	case len(chosen) == 0:
		was.fail("request", fieldError{Text: f.T("team.none_chosen")})
	case len(chosen) > teamPageSize:
		was.fail("request", fieldError{Text: f.T("team.too_many", "max", teamPageSize)})
	}
	if was.values.Get("advisor") == "" {
		was.fail("advisor", fieldError{Text: f.T("error."+emptyError("select"), "field", f.T("team.to"))})
	}
	if was.failed() {
		return s.showTeam(w, r, f, http.StatusUnprocessableEntity, was, nil, "")
	}
	told, revision := s.assignAll(f.as(r.Context()), f, id, was.values)
	return s.showTeam(w, r, f, http.StatusOK, nil, told, revision)
}

// assignAll answers what came of each request, and the revision that shows the last.
func (s *server) assignAll(ctx context.Context, f *frame, id uuid.UUID, v url.Values) (told []outcome, revision string) {
	for _, name := range v["request"] {
		etag := v.Get("etag:" + name)
		// The same form sent twice makes the same calls.
		call := uuid.NewSHA1(id, []byte(name+"\n"+v.Get("advisor")+"\n"+etag))
		answer, err := s.Provider.Assign(ctx, &providerv1.AssignRequest{Name: name, RequestId: call.String(), Advisor: v.Get("advisor"), Etag: etag})
		what := outcome{Name: v.Get("title:" + name), Link: f.DeskLink(name)}
		if what.Name == "" {
			what.Name = requestKey(name)
		}
		if err != nil {
			f.refusal(&what, err)
		} else {
			what.Done, what.Text = true, f.T("team.assigned", "name", f.Who(answer.GetRequest().GetAdvisor()))
			revision = answer.GetRevision()
		}
		told = append(told, what)
	}
	return told, revision
}

// refusal says why a step was not taken, or that nobody knows.
func (f *frame) refusal(what *outcome, err error) {
	p := problem.From(err)
	switch p.Kind {
	case problem.Unavailable, problem.Deadline, problem.Internal, problem.Canceled:
		what.Unsure, what.Text = true, f.T("team.unsure")
	case problem.Conflict:
		what.Text = f.T("team.changed")
	default:
		why := f.reason(p)
		what.Text, what.English = why.Text, why.English
	}
}
