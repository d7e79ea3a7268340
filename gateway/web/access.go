package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// accessView is who has seen a case, or what the people of a provider have seen.
type accessView struct {
	*frame
	Heading, Lead string
	// Back leads to the page that this one belongs to, under its name.
	Back, BackName string
	Days           []accessDay
	Next           string
	FirstPage      string
}

// accessDay is what one day brought, newest first.
type accessDay struct {
	Day  string
	Rows []accessRow
	// Own are the visitor's own calls, which are folded away.
	Own []accessRow
}

// accessRow is one row in words.
type accessRow struct {
	*accessv1.AccessRow
	Who, Did, Why string
	// Seen are links to what was seen, for those of the provider.
	Seen []viewLink
}

func (s *server) caseAccessPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	id := r.PathValue("case")
	c, err := s.readCase(r.Context(), f, id)
	if err != nil {
		return err
	}
	f.Title = f.T("access.title")
	view := accessView{frame: f, Heading: f.T("access.heading"), Lead: f.T("access.lead"), Back: caseLink(c.GetName()), BackName: c.GetTitle()}
	ctx := f.holding(r.Context(), id)
	answer, err := s.Access.ListAccess(ctx, &accessv1.ListAccessRequest{Parent: c.GetName(), PageToken: f.query.Get("page")})
	if err != nil {
		return fmt.Errorf("web: list access: %w", err)
	}
	return s.showAccess(w, view, answer)
}

func (s *server) deskAccessPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	if f.Session == nil {
		return errSignIn()
	}
	provider := "providers/" + r.PathValue("provider")
	f.Title = f.T("access.desk_title")
	view := accessView{
		frame: f, Heading: f.T("access.desk_title"), Lead: f.T("access.desk_lead"),
		Back: "/desk/" + r.PathValue("provider"), BackName: f.T("desk.title", "provider", f.Provider(provider)),
	}
	answer, err := s.Access.ListProviderAccess(f.as(r.Context()), &accessv1.ListProviderAccessRequest{Parent: provider, PageToken: f.query.Get("page")})
	if err != nil {
		return fmt.Errorf("web: list access: %w", err)
	}
	return s.showAccess(w, view, answer)
}

// accessPage is a page of either list.
type accessPage interface {
	GetAccess() []*accessv1.Access
	GetNextPageToken() string
}

func (s *server) showAccess(w http.ResponseWriter, view accessView, answer accessPage) error {
	f := view.frame
	// The log has the rows as the processes wrote them, which may be a moment apart.
	rows := slices.SortedStableFunc(slices.Values(answer.GetAccess()), func(a, b *accessv1.Access) int {
		return b.GetRow().GetTime().AsTime().Compare(a.GetRow().GetTime().AsTime())
	})
	for _, a := range rows {
		day := f.Day(a.GetRow().GetTime())
		if n := len(view.Days); n == 0 || view.Days[n-1].Day != day {
			view.Days = append(view.Days, accessDay{Day: day})
		}
		at, row := &view.Days[len(view.Days)-1], f.accessRow(a)
		if a.GetOwn() {
			at.Own = append(at.Own, row)
			continue
		}
		at.Rows = append(at.Rows, row)
	}
	if token := answer.GetNextPageToken(); token != "" {
		view.Next = f.link(map[string]string{"page": token})
	}
	if f.query.Get("page") != "" {
		view.FirstPage = f.link(map[string]string{"page": ""})
	}
	return s.render(w, "access", http.StatusOK, view)
}

func (f *frame) accessRow(a *accessv1.Access) accessRow {
	row := accessRow{AccessRow: a.GetRow(), Who: f.accessWho(a), Why: f.accessWhy(a.GetRow().GetBasis())}
	row.Did = f.T("access.did_" + accessDeed(a.GetRow().GetMethod()))
	if a.GetRow().GetRefused() != "" {
		row.Did = f.T("access.refused")
	}
	for _, shown := range a.GetRow().GetShown() {
		for _, key := range shown.GetRequests() {
			row.Seen = append(row.Seen, viewLink{Label: key, Link: f.DeskLink(shown.GetCase() + "/requests/" + key)})
		}
	}
	return row
}

// accessDeeds are what was done, by the method that did it; all others changed something.
var accessDeeds = map[string]string{
	"GetCase": "read", "GetRequest": "read", "GetSharedCase": "read", "ListConsents": "read", "ListNotes": "read", "ExportData": "copy",
	"ListCases": "list", "ListRequests": "list", "ListSharedCases": "list", "ListAdvisors": "list", "ListTextBlocks": "list", "ListLegalGrounds": "list",
	"WatchCase": "watch", "WatchEvents": "watch", "WatchRequests": "watch", "WatchSharedCase": "watch",
	"ListAccess": "log", "ListProviderAccess": "log",
}

func accessDeed(method string) string {
	_, method, _ = strings.Cut(method, ".")
	if deed, ok := accessDeeds[method]; ok {
		return deed
	}
	return "change"
}

// accessWho says who it was: an advisor by name, if the directory still has it, and
// anybody else by what they are.
func (f *frame) accessWho(a *accessv1.Access) string {
	row := a.GetRow()
	var of string
	if organisations := row.GetOrganisations(); len(organisations) > 0 {
		of = strings.Join(organisations, ", ")
		if name.Known(organisations[0]) {
			of = f.Provider("providers/" + organisations[0])
		}
	}
	switch row.GetRole() {
	case policyv1.Role_ROLE_ADVISOR, policyv1.Role_ROLE_LEAD:
		return f.T("access.who_staff", "name", f.Who(a.GetAdvisor()), "role", f.T("role."+strings.ToLower(strings.TrimPrefix(row.GetRole().String(), "ROLE_"))), "provider", of)
	case policyv1.Role_ROLE_PROVIDER_SYSTEM:
		return f.T("access.who_system", "provider", of)
	case policyv1.Role_ROLE_INTEGRATOR:
		return f.T("access.who_integrator", "name", of)
	case policyv1.Role_ROLE_OPERATOR:
		return f.T("access.who_operator")
	case policyv1.Role_ROLE_CASE_HOLDER:
		return f.T("access.who_holder")
	}
	if a.GetOwn() {
		return f.T("access.who_you")
	}
	return f.T("access.who_company")
}

// accessWhy says what it rests on.
func (f *frame) accessWhy(basis *accessv1.Basis) string {
	why := f.Enum("access_why", basis.GetPurpose(), "PURPOSE_")
	if reference := basis.GetReference(); reference != "" {
		why += " (" + reference + ")"
	}
	return why
}

// accessRowView is a row with the page that it is shown on.
type accessRowView struct {
	F   *frame
	Row accessRow
	// Desk tells that the page is a provider's, which may open the requests.
	Desk bool
}

// About lets the template of a row ask the page for texts.
func (v accessView) About(row accessRow) accessRowView {
	return accessRowView{F: v.frame, Row: row, Desk: strings.HasPrefix(v.Back, "/desk/")}
}
