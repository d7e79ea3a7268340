package gateway_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/businessespoo/hub/gateway"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/name"
)

// valid are the services of testdata that can be asked for on the day of the tests.
var valid = []string{
	"espoo-city/pilot", "espoo-city/premises", "enter-espoo/landing", "omnia/apprenticeship", "omnia/recruit-training",
	"espoon-yrittajat/ownership", "chamber/co", "yritysespoo/start-advice", "yritysespoo/start-info",
	"employment/vacancy", "employment/pay-subsidy", "employment/recruit-training",
}

func (n *node) services(req *cataloguev1.ListServicesRequest) []string {
	n.w.t.Helper()
	var list []string
	for {
		answer := get[*cataloguev1.ListServicesResponse](n.w.t)(n.catalogue.ListServices(n.w.t.Context(), req))
		for _, s := range answer.Services {
			list = append(list, strings.Replace(strings.TrimPrefix(s.Name, "providers/"), "/services/", "/", 1))
		}
		if req.PageToken = answer.NextPageToken; req.PageToken == "" {
			return list
		}
	}
}

func TestCatalogue(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	providers := get[*cataloguev1.ListProvidersResponse](t)(n.catalogue.ListProviders(t.Context(), &cataloguev1.ListProvidersRequest{})).Providers
	var keys []string
	count := 0
	for _, p := range providers {
		keys = append(keys, strings.TrimPrefix(p.Name, "providers/"))
		count += int(p.ServiceCount)
		if d := p.DisplayName; d.Fi == "" || d.Sv == "" || d.En == "" || p.CatalogueVersion == "" || len(p.LegalEntities) != 1 {
			t.Errorf("an incomplete provider: %v", p)
		}
	}
	if diff := cmp.Diff(name.Providers, keys); diff != "" || count != len(valid) {
		t.Errorf("%d services at providers\n%s", count, diff)
	}
	for _, size := range []int32{0, 1, 5, 12} {
		if diff := cmp.Diff(valid, n.services(&cataloguev1.ListServicesRequest{PageSize: size})); diff != "" {
			t.Errorf("services in pages of %d (-want +got)\n%s", size, diff)
		}
	}
	if got := n.services(&cataloguev1.ListServicesRequest{Parent: "providers/omnia"}); !slices.Equal(got, valid[3:5]) {
		t.Errorf("services of omnia: %v", got)
	}
	if got := n.services(&cataloguev1.ListServicesRequest{NeedCode: "hire"}); !slices.Equal(got, []string{"omnia/recruit-training", "employment/vacancy", "employment/recruit-training"}) {
		t.Errorf("services for hiring: %v", got)
	}

	co := get[*cataloguev1.GetServiceResponse](t)(n.catalogue.GetService(t.Context(), getService("chamber/co"))).Service
	if d := co.DisplayName; d.Fi != "Alkuperätodistus" || d.Sv != "Ursprungscertifikat" || d.En != "Certificate of origin" ||
		co.Official.GetUrl() != "https://example.com/apply" || co.Official.DisplayName.Sv != "E-tjänst" || co.OutcomeType != "certificate" {
		t.Errorf("the certificate: %v", co)
	}
	joint := get[*cataloguev1.GetServiceResponse](t)(n.catalogue.GetService(t.Context(), getService("omnia/recruit-training"))).Service
	if !joint.JointLead || joint.JointWith != "providers/employment" || !joint.Inputs[0].Required || joint.Inputs[0].DisplayName.Sv != "Hur många" {
		t.Errorf("the joint service: %v", joint)
	}
	if info := get[*cataloguev1.GetServiceResponse](t)(n.catalogue.GetService(t.Context(), getService("yritysespoo/start-info"))).Service; !info.ExpectedTime.Dated {
		t.Errorf("the dated service: %v", info)
	}
	for _, gone := range []string{"yritysespoo/old-course", "yritysespoo/coming", "omnia/none"} {
		_, err := n.catalogue.GetService(t.Context(), getService(gone))
		refused(t, err, codes.NotFound, "NOT_FOUND")
	}
	// What is to come comes with its day.
	w.clock.days(60)
	get[*cataloguev1.GetServiceResponse](t)(n.catalogue.GetService(t.Context(), getService("yritysespoo/coming")))

	needs := get[*cataloguev1.ListNeedsResponse](t)(n.catalogue.ListNeeds(t.Context(), &cataloguev1.ListNeedsRequest{})).Needs
	for _, need := range needs {
		if need.Code == "pilot" && !slices.Equal(need.Services, []string{serviceName("espoo-city/pilot")}) || need.DisplayName.Sv == "" {
			t.Errorf("need %v", need)
		}
	}
	journeys := get[*cataloguev1.ListJourneysResponse](t)(n.catalogue.ListJourneys(t.Context(), &cataloguev1.ListJourneysRequest{})).Journeys
	for _, j := range journeys {
		if d := j.DisplayName; len(j.Steps) == 0 || d.Fi == "" || d.Sv == "" || d.En == "" {
			t.Errorf("journey %v", j)
		}
	}
	if len(needs) < 20 || len(journeys) < 6 {
		t.Errorf("%d needs and %d journeys", len(needs), len(journeys))
	}
}

// A page token holds its place when a catalogue changes between two pages, and is
// refused when its place is gone or the query is another.
func TestCatalogueChangesBetweenPages(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	req := &cataloguev1.ListServicesRequest{PageSize: 2}
	first := get[*cataloguev1.ListServicesResponse](t)(n.catalogue.ListServices(t.Context(), req))
	renamed := bytes.ReplaceAll(w.catalogue("espoo-city"), []byte("id: pilot"), []byte("id: trial"))
	w.publish("espoo-city", renamed)
	w.eventually("the new catalogue is read", func() bool {
		_, err := n.catalogue.GetService(t.Context(), getService("espoo-city/trial"))
		return err == nil
	})
	req.PageToken = first.NextPageToken
	if got := n.services(req); !slices.Equal(got, valid[2:]) {
		t.Errorf("the pages after a change: %v", got)
	}
	w.publish("espoo-city", bytes.ReplaceAll(renamed, []byte("id: premises"), []byte("id: rooms")))
	w.eventually("the newest catalogue is read", func() bool {
		_, err := n.catalogue.GetService(t.Context(), getService("espoo-city/rooms"))
		return err == nil
	})
	for reason, query := range map[string]*cataloguev1.ListServicesRequest{
		"PAGE_TOKEN_INVALID":  {PageSize: 2, PageToken: first.NextPageToken},
		"PAGE_TOKEN_MISMATCH": {PageSize: 2, PageToken: first.NextPageToken, NeedCode: "hire"},
	} {
		_, err := n.catalogue.ListServices(t.Context(), query)
		refused(t, err, codes.InvalidArgument, reason)
	}
	// A catalogue with a mistake is a dead letter, and the one before it stays.
	w.publish("espoo-city", []byte("provider: espoo-city\nservices: 7\n"))
	w.eventually("the mistake is set aside", func() bool { return len(n.letters()) == 1 })
	if got := n.services(&cataloguev1.ListServicesRequest{Parent: "providers/espoo-city"}); len(got) != 2 {
		t.Errorf("services after a mistake: %v", got)
	}
}

func TestSuggest(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	for language, text := range map[string]string{"fi": "tarvitsemme toimitilan", "sv": "vi behöver en lokal", "en": "we need premises"} {
		answer := get[*casesv1.SuggestServicesResponse](t)(n.cases.SuggestServices(t.Context(), &casesv1.SuggestServicesRequest{Text: text, Language: language}))
		if len(answer.Suggestions) == 0 || answer.Suggestions[0].Service != serviceName("espoo-city/premises") || len(answer.Suggestions[0].Reasons) == 0 || answer.ConsentText == "" {
			t.Errorf("%s: %v", text, answer)
		}
	}
	by := get[*casesv1.SuggestServicesResponse](t)(n.cases.SuggestServices(t.Context(), &casesv1.SuggestServicesRequest{NeedCode: "pilot"}))
	if len(by.Suggestions) != 1 || by.Suggestions[0].Service != serviceName("espoo-city/pilot") {
		t.Errorf("by need code: %v", by.Suggestions)
	}
	nothing := get[*casesv1.SuggestServicesResponse](t)(n.cases.SuggestServices(t.Context(), &casesv1.SuggestServicesRequest{Text: "qwxz", Language: "sv"}))
	if len(nothing.Suggestions) != 0 || !strings.Contains(nothing.Message, "företagsbehov") {
		t.Errorf("nonsense: %v", nothing)
	}
	for reason, req := range map[string]*casesv1.SuggestServicesRequest{
		"NEED_MISSING": {}, "NEED_CODE_UNKNOWN": {NeedCode: "none"},
	} {
		_, err := n.cases.SuggestServices(t.Context(), req)
		refused(t, err, codes.InvalidArgument, reason)
	}
}

func TestMetrics(t *testing.T) {
	w := newWorld(t)
	metrics := host.NewMetrics()
	n := w.start(func(o *gateway.Options) { o.Metrics = metrics })
	n.open(w.company("p1", bakery), opening(bakery, "espoo-city/pilot"))
	// A list comes from the file, so what has arrived is written first.
	_, err := n.cases.ListCases(w.company("p1", bakery), &casesv1.ListCasesRequest{})
	must(t, err)
	families, err := metrics.Gather()
	must(t, err)
	found := map[string]float64{}
	for _, family := range families {
		for _, m := range family.Metric {
			found[family.GetName()] += m.GetCounter().GetValue()
		}
	}
	if found["hub_projection_events_total"] < 2 || found["hub_grpc_calls_total"] < 2 {
		t.Errorf("counted %v events of the view and %v calls", found["hub_projection_events_total"], found["hub_grpc_calls_total"])
	}
}
