package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// deskView is a provider's inbox.
type deskView struct {
	*frame
	ProviderName string
	Path         string
	// Views are the ready-made filters that people use all day.
	Views     []viewLink
	Filters   []field
	Requests  []deskRow
	Total     int
	Filtered  bool
	Next      string
	FirstPage string
	Keyboard  keyboard
}

type viewLink struct {
	Label, Link string
	Current     bool
	Count       int32
}

// deskRow is one request of the worklist.
type deskRow struct {
	*casesv1.Request
	Title string
	Link  string
	// PickUp is the id of the call that picks it up; empty where the visitor cannot.
	PickUp string
}

// deskStatuses are the states to filter by, as they stand in an address.
func deskStatuses() []string {
	return []string{"new", "in_progress", "waiting", "decided", "completed", "declined", "withdrawn"}
}

func deskOrders() []string { return []string{"oldest", "newest", "updated"} }

// ownDesk leads to the visitor's own inbox.
func (s *server) ownDesk(w http.ResponseWriter, r *http.Request, f *frame) error {
	switch {
	case f.Session == nil:
		return errSignIn()
	case !f.Session.Desk():
		return problem.New(problem.Denied, "ROLE_NOT_ALLOWED", "only those who work for a provider have an inbox")
	}
	http.Redirect(w, r, f.Session.Home(), http.StatusSeeOther)
	return nil
}

// deskPage is the inbox: one call answers all that it shows.
func (s *server) deskPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	return s.showDesk(w, r, f, http.StatusOK, nil)
}

func (s *server) showDesk(w http.ResponseWriter, r *http.Request, f *frame, code int, was *sent) error {
	if f.Session == nil {
		return errSignIn()
	}
	provider := "providers/" + r.PathValue("provider")
	f.Title = f.T("desk.title", "provider", f.Provider(provider))
	f.sent = was
	request := f.deskRequest(provider)
	request.WithCounts = true
	ctx := f.as(r.Context())
	answer, err := newest(f.query.Get("rev"), func(revision string) (*providerv1.ListRequestsResponse, error) {
		request.MinRevision = revision
		return s.Provider.ListRequests(ctx, request)
	})
	if err != nil {
		return fmt.Errorf("web: list requests: %w", err)
	}
	if request.GetPageToken() == "" {
		f.Watch, f.After, f.Pace = "*", answer.GetRevision(), inboxPace
	}
	view := deskView{
		frame: f, ProviderName: f.Provider(provider), Path: f.path, Total: int(answer.GetTotalSize()),
		Views: f.deskViews(answer.GetCounts()), Filters: f.deskFilters(provider),
		Filtered: len(request.GetStatuses()) > 0 || request.GetQuery() != "" || request.GetService() != "" || request.GetContactLanguage() != "" ||
			request.GetAdvisor() != "" || request.GetUnassigned() || request.GetOverdue(),
		Keyboard: f.keyboard(r, inboxKeys),
	}
	for _, item := range answer.GetRequests() {
		row := deskRow{Request: item, Title: f.requestTitle(item), Link: f.within(f.DeskLink(item.GetName()), nil)}
		if item.GetStatus() == casesv1.RequestStatus_REQUEST_STATUS_NEW && f.Session.Advisor() != "" {
			row.PickUp = newRequestID()
		}
		view.Requests = append(view.Requests, row)
	}
	if token := answer.GetNextPageToken(); token != "" {
		view.Next = f.link(map[string]string{"page": token, "done": ""})
	}
	if request.GetPageToken() != "" {
		view.FirstPage = f.link(map[string]string{"page": "", "done": ""})
	}
	return s.render(w, "desk", code, view)
}

// inboxRows is how many requests a page of the inbox shows; more would make it heavy.
const inboxRows = 30

// inboxPace is the least time between two looks of an open inbox at what is new: on a busy
// day something changes all the time.
const inboxPace = 4 * time.Second

// endedStatuses are those of requests that have ended.
var endedStatuses = []casesv1.RequestStatus{
	casesv1.RequestStatus_REQUEST_STATUS_COMPLETED, casesv1.RequestStatus_REQUEST_STATUS_DECLINED, casesv1.RequestStatus_REQUEST_STATUS_WITHDRAWN,
}

// deskRequest reads the filters in the address. What it does not know it
// leaves out; what is wrong with the rest the API says.
func (f *frame) deskRequest(provider string) *providerv1.ListRequestsRequest {
	q := f.query
	request := &providerv1.ListRequestsRequest{
		Parent: provider, PageSize: inboxRows, PageToken: q.Get("page"), Query: strings.TrimSpace(q.Get("q")),
		Service: q.Get("service"), ContactLanguage: q.Get("language"),
		Overdue: q.Get("view") == "overdue", Unassigned: q.Get("view") == "unassigned",
	}
	if q.Get("view") == "mine" {
		request.Advisor = f.Session.Advisor()
	}
	switch q.Get("view") {
	case "waiting":
		request.Statuses = []casesv1.RequestStatus{casesv1.RequestStatus_REQUEST_STATUS_WAITING}
	case "old":
		request.Statuses, request.Order = endedStatuses, providerv1.RequestOrder_REQUEST_ORDER_UPDATED
	}
	if status, ok := casesv1.RequestStatus_value["REQUEST_STATUS_"+strings.ToUpper(q.Get("status"))]; ok && q.Get("status") != "" {
		request.Statuses = []casesv1.RequestStatus{casesv1.RequestStatus(status)}
	}
	if order, ok := providerv1.RequestOrder_value["REQUEST_ORDER_"+strings.ToUpper(q.Get("order"))]; ok && q.Get("order") != "" {
		request.Order = providerv1.RequestOrder(order)
	}
	return request
}

func (f *frame) deskFilters(provider string) []field {
	all := choice{Value: "", Label: f.T("filter.all")}
	statuses := []choice{{Value: "", Label: f.T("filter.all_open")}}
	for _, status := range deskStatuses() {
		statuses = append(statuses, choice{Value: status, Label: f.T("desk_status." + status)})
	}
	services := []choice{all}
	for _, service := range f.dir.Services {
		if providerOf(service.GetName()) == provider {
			services = append(services, choice{Value: service.GetName(), Label: in(f.Lang, service.GetDisplayName())})
		}
	}
	orders := []choice{{Value: "", Label: f.T("desk.order_due")}}
	for _, order := range deskOrders() {
		orders = append(orders, choice{Value: order, Label: f.T("desk.order_" + order)})
	}
	fields := []field{
		f.text("q", f.T("filter.search")),
		f.choose("select", "status", f.T("filter.status"), statuses),
		f.choose("select", "service", f.T("filter.service"), services),
		f.choose("select", "language", f.T("filter.language"), append([]choice{all}, f.languageChoices()...)),
		f.choose("select", "order", f.T("filter.order"), orders),
	}
	for i := range fields {
		fields[i] = fields[i].place("filter", &sent{form: "filter", values: f.query})
	}
	return fields
}

// DeskStatus is where a request stands, as the provider reads it.
func (f *frame) DeskStatus(status casesv1.RequestStatus) string {
	return f.Enum("desk_status", status, "REQUEST_STATUS_")
}

// Unanswered says how many messages of the company wait for an answer.
func (f *frame) Unanswered(n int32) string { return f.N("desk.unanswered", int(n)) }

// View is the ready-made filter that is on, for the filter form to keep.
func (v deskView) View() string { return v.query.Get("view") }
