package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// The gaps that a service of the catalogue may have, and the marks of estimates.
const (
	gapText      = "text"
	gapTime      = "time"
	gapPrice     = "price"
	gapSource    = "source"
	estimateTime = "estimated_time"
	estimateAll  = "estimated"
)

func gapKinds() []string {
	return []string{gapText, gapTime, gapPrice, gapSource, estimateTime, estimateAll}
}

// wording is one text of a service in all languages, in their order.
type wording struct {
	Label string
	Texts []tongue
}

type tongue struct{ Lang, Text string }

// auditedService is a service as people see it, with what is missing.
type auditedService struct {
	serviceView
	Key      string
	Names    []tongue
	Wordings []wording
	// Gaps are the names of what is missing or only an estimate.
	Gaps   []string
	Source string
	Choose string
}

// auditRow counts the gaps of one provider.
type auditRow struct {
	Name, Link string
	Services   int
	Counts     []int
	Current    bool
}

type auditView struct {
	*frame
	Kinds    []string
	Rows     []auditRow
	Sum      auditRow
	Filters  []field
	Filtered bool
	// Whole tells that one provider was chosen, so that all its words are shown.
	Whole    bool
	Services []auditedService
}

// gapsOf lists what a service lacks, and what of it is only an estimate.
func gapsOf(service *cataloguev1.Service) []string {
	var gaps []string
	missing := func(all ...*cataloguev1.Texts) bool {
		return slices.ContainsFunc(all, func(t *cataloguev1.Texts) bool {
			return slices.ContainsFunc(languages(), func(lang string) bool { return strings.TrimSpace(in(lang, t)) == "" })
		})
	}
	if missing(service.GetDisplayName(), service.GetDescription(), service.GetAudience(), service.GetOutcome()) {
		gaps = append(gaps, gapText)
	}
	t := service.GetExpectedTime()
	if t.GetMax() == 0 && !t.GetDated() && !t.GetImmediate() {
		gaps = append(gaps, gapTime)
	}
	if !slices.Contains([]string{"free", "members", "charged"}, service.GetPrice()) {
		gaps = append(gaps, gapPrice)
	}
	if service.GetSource() == "" || t.GetMax() > 0 && t.GetSource() == "" {
		gaps = append(gaps, gapSource)
	}
	if estimated(t.GetMark(), t.GetMax()) {
		gaps = append(gaps, estimateTime)
	}
	if mark := service.GetMark(); mark == "O" || mark == "E" {
		gaps = append(gaps, estimateAll)
	}
	return gaps
}

// Estimate tells whether a kind of gap is an estimate rather than something missing.
func (v auditView) Estimate(kind string) bool { return strings.HasPrefix(kind, "estimated") }

// auditPage shows operators the catalogue in three languages, with its gaps.
func (s *server) auditPage(w http.ResponseWriter, _ *http.Request, f *frame) error {
	if err := f.mayOperate(); err != nil {
		return err
	}
	if f.dirError != nil {
		return f.dirError
	}
	f.Title = f.T("catalogue.audit_title")
	provider, gap := f.query.Get("provider"), f.query.Get("gap")
	view := auditView{frame: f, Kinds: gapKinds(), Filtered: provider != "" || gap != "", Whole: name.Known(provider), Sum: auditRow{Counts: make([]int, len(gapKinds()))}}
	rows := map[string]int{}
	for _, p := range f.dir.Providers {
		key := strings.TrimPrefix(p.GetName(), "providers/")
		rows[p.GetName()] = len(view.Rows)
		view.Rows = append(view.Rows, auditRow{
			Name: f.Provider(p.GetName()), Link: f.path + "?provider=" + url.QueryEscape(key), Counts: make([]int, len(gapKinds())), Current: provider == key,
		})
	}
	for _, service := range f.dir.Services {
		i, known := rows[providerOf(service.GetName())]
		if !known || !askable(service) {
			continue // nobody sees the invited half of a joint service
		}
		gaps := gapsOf(service)
		for _, row := range []*auditRow{&view.Rows[i], &view.Sum} {
			row.Services++
			for k, kind := range gapKinds() {
				if slices.Contains(gaps, kind) {
					row.Counts[k]++
				}
			}
		}
		if (provider == "" || view.Rows[i].Current) && (gap == "" || slices.Contains(gaps, gap)) {
			view.Services = append(view.Services, f.audited(service, gaps, view.Whole))
		}
	}
	view.Filters = f.auditFilters()
	return s.render(w, "audit", http.StatusOK, view)
}

func (f *frame) auditFilters() []field {
	providers, gaps := []choice{{Label: f.T("filter.all")}}, []choice{{Label: f.T("filter.all")}}
	for _, p := range f.dir.Providers {
		providers = append(providers, choice{Value: strings.TrimPrefix(p.GetName(), "providers/"), Label: f.Provider(p.GetName())})
	}
	for _, kind := range gapKinds() {
		gaps = append(gaps, choice{Value: kind, Label: f.T("gap." + kind)})
	}
	fields := []field{f.choose("select", "provider", f.T("catalogue.provider"), providers), f.choose("select", "gap", f.T("catalogue.gap"), gaps)}
	for i := range fields {
		fields[i] = fields[i].place("filter", nil)
		fields[i].Value = f.query.Get(fields[i].Name)
	}
	return fields
}

func tongues(t *cataloguev1.Texts) []tongue {
	var all []tongue
	for _, lang := range languages() {
		all = append(all, tongue{lang, strings.TrimSpace(in(lang, t))})
	}
	return all
}

func (f *frame) audited(service *cataloguev1.Service, gaps []string, whole bool) auditedService {
	one := auditedService{
		serviceView: f.Service(service.GetName()), Key: requestKey(service.GetName()), Names: tongues(service.GetDisplayName()), Gaps: gaps,
		Source: service.GetSource(), Choose: "/choose?service=" + url.QueryEscape(service.GetName()),
	}
	if whole {
		one.Wordings = []wording{
			{f.T("catalogue.description"), tongues(service.GetDescription())},
			{f.T("catalogue.audience"), tongues(service.GetAudience())},
			{f.T("catalogue.outcome"), tongues(service.GetOutcome())},
		}
	}
	return one
}

// servicesView is the catalogue for everybody, in their own language.
type servicesView struct {
	*frame
	Groups []catalogueGroup
	Count  int
}

// ChooseLink is where a service is chosen.
func (v serviceView) ChooseLink() string { return "/choose?service=" + url.QueryEscape(v.Name) }

func (s *server) servicesPage(w http.ResponseWriter, _ *http.Request, f *frame) error {
	if f.dirError != nil {
		return f.dirError
	}
	f.Title = f.T("catalogue.title")
	view := servicesView{frame: f, Groups: f.groups(askable)}
	for _, group := range view.Groups {
		view.Count += len(group.Services)
	}
	return s.render(w, "services", http.StatusOK, view)
}

// tongueView is a text in one language with the page around it.
type tongueView struct {
	tongue
	F *frame
}

// InTongue lets the template of a text ask the page for words.
func (v auditView) InTongue(t tongue) tongueView { return tongueView{t, v.frame} }
