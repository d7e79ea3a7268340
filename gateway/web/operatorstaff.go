package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
)

// operatorStaffView shows an operator the staff of one provider, or the operators.
type operatorStaffView struct {
	*frame
	Views     []viewLink
	Of        string
	Operators bool
	Staff     []staffView
	Add       form
}

type staffView struct {
	*adminv1.StaffMember
	About  string
	Remove form
}

func (s *server) operatorStaffPage(w http.ResponseWriter, r *http.Request, f *frame) error {
	return s.showOperatorStaff(w, r, f, http.StatusOK, nil)
}

// staffParent is whose staff the page shows; empty for the operators.
func (f *frame) staffParent() string {
	switch key := f.query.Get("provider"); {
	case key == name.Hub:
		return ""
	case name.Known(key):
		return name.Provider(key)
	}
	return name.Provider(name.Providers[0])
}

func (s *server) showOperatorStaff(w http.ResponseWriter, r *http.Request, f *frame, code int, was *sent) error {
	if err := f.mayOperate(); err != nil {
		return err
	}
	parent := f.staffParent()
	f.Title, f.sent = f.T("operator.staff_title"), was
	answer, err := s.Admin.ListStaff(f.as(r.Context()), &adminv1.ListStaffRequest{Parent: parent})
	if err != nil {
		return fmt.Errorf("web: list staff: %w", err)
	}
	view := operatorStaffView{frame: f, Operators: parent == "", Of: f.T("operator.operators")}
	if parent != "" {
		view.Of = f.Provider(parent)
	}
	for _, key := range append(slices.Clone(name.Providers), name.Hub) {
		link := viewLink{Label: f.T("operator.operators"), Link: f.path + "?provider=" + key, Current: parent == ""}
		if key != name.Hub {
			link.Label, link.Current = f.Provider(name.Provider(key)), parent == name.Provider(key)
		}
		view.Views = append(view.Views, link)
	}
	for _, m := range answer.GetStaff() {
		var about []string
		for _, language := range m.GetLanguages() {
			about = append(about, f.LanguageName(language))
		}
		about = append(about, m.GetCompetences()...)
		view.Staff = append(view.Staff, staffView{StaffMember: m, About: strings.Join(about, ", "), Remove: form{
			F: f, ID: "remove-" + slug(requestKey(m.GetName())), Do: "remove", Title: f.T("operator.remove"), Button: f.T("operator.remove_button"),
			Warning: f.T("operator.remove_warning"), Hidden: []hidden{{"name", m.GetName()}},
		}.finish(was)})
	}
	view.Add = form{F: f, ID: "add", Do: "add", Button: f.T("operator.add_button"), Main: true, Fields: f.staffFields(parent)}.finish(was)
	return s.render(w, "operatorstaff", code, view)
}

// StaffRole is what a role is called.
func (f *frame) StaffRole(role policyv1.Role) string { return f.Enum("role", role, "ROLE_") }

func (f *frame) staffFields(parent string) []field {
	id := f.text("advisor_id", f.T("operator.staff_id")).must().hinted(f.T("operator.staff_id_hint"))
	id.MaxLength = 40
	shown := f.text("display_name", f.T("operator.staff_name")).must()
	shown.MaxLength = 100
	if parent == "" {
		return []field{id, shown}
	}
	role := f.choose("radios", "role", f.T("operator.staff_role"), []choice{{Value: "advisor", Label: f.T("role.advisor")}, {Value: "lead", Label: f.T("role.lead")}}).must()
	return []field{
		id, shown, role, f.text("languages", f.T("operator.staff_languages")).hinted(f.T("operator.staff_languages_hint")),
		f.text("competences", f.T("operator.staff_competences")).hinted(f.T("operator.staff_competences_hint")),
	}
}

// keys reads words with commas or spaces between them.
func keysIn(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == ';' })
}

func (s *server) operatorStaffAction(w http.ResponseWriter, r *http.Request, f *frame) error {
	if err := f.mayOperate(); err != nil {
		return err
	}
	was, parent := sentForm(r.PostForm), f.staffParent()
	v, ctx := was.values, f.as(r.Context())
	var err error
	done := ""
	switch v.Get("do") {
	case "remove":
		done = "staff_removed"
		_, err = s.Admin.RemoveStaff(ctx, &adminv1.RemoveStaffRequest{RequestId: v.Get("request_id"), Name: v.Get("name")})
	case "add":
		done = "staff_added"
		if f.check(was, f.staffFields(parent)); was.failed() {
			return s.showOperatorStaff(w, r, f, http.StatusUnprocessableEntity, was)
		}
		role := policyv1.Role_ROLE_OPERATOR
		if parent != "" {
			role = policyv1.Role(enumValue(policyv1.Role_value, "ROLE_", v.Get("role")))
		}
		_, err = s.Admin.AddStaff(ctx, &adminv1.AddStaffRequest{
			RequestId: v.Get("request_id"), Parent: parent, AdvisorId: strings.TrimSpace(v.Get("advisor_id")), DisplayName: strings.TrimSpace(v.Get("display_name")),
			Role: role, Languages: keysIn(v.Get("languages")), Competences: keysIn(v.Get("competences")),
		})
	default:
		err = problem.New(problem.Invalid, "UNKNOWN_STEP", "the page has no step %.40q", v.Get("do"))
	}
	if err != nil {
		if err := f.refused(was, err, func(path string) string { field, _, _ := strings.Cut(path, "["); return field }); err != nil {
			return err
		}
		return s.showOperatorStaff(w, r, f, problem.From(err).HTTPStatus(), was)
	}
	http.Redirect(w, r, f.link(map[string]string{"done": done}), http.StatusSeeOther)
	return nil
}
