package chamber_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	assessmentv1 "github.com/businessespoo/hub/proto/businessespoo/assessment/v1"
	chamberv1 "github.com/businessespoo/hub/proto/businessespoo/chamber/v1"
	"github.com/businessespoo/hub/services/chamber"
	"github.com/businessespoo/hub/services/kit/assessment/assessmenttest"
	"github.com/businessespoo/hub/services/provider"
)

const (
	yes = assessmentv1.Answer_ANSWER_YES
	no  = assessmentv1.Answer_ANSWER_NO

	exportInvoice    = chamberv1.EvidenceKind_EVIDENCE_KIND_EXPORT_INVOICE
	proFormaInvoice  = chamberv1.EvidenceKind_EVIDENCE_KIND_PRO_FORMA_INVOICE
	ownProduction    = chamberv1.EvidenceKind_EVIDENCE_KIND_OWN_PRODUCTION
	supplierInvoice  = chamberv1.EvidenceKind_EVIDENCE_KIND_SUPPLIER_INVOICE
	foreignCO        = chamberv1.EvidenceKind_EVIDENCE_KIND_FOREIGN_CERTIFICATE
	supplyChain      = chamberv1.EvidenceKind_EVIDENCE_KIND_SUPPLY_CHAIN_DECLARATION
	writtenStatement = chamberv1.EvidenceKind_EVIDENCE_KIND_WRITTEN_EXPLANATION
)

// dial serves the chamber's own service as its definition registers it, on 31 March 2026.
func dial(t *testing.T) chamberv1.ExportDocumentServiceClient {
	t.Helper()
	definition := chamber.Definition()
	access := provider.Access{Catalogue: load(t), Clock: func() time.Time { return time.Date(2026, 3, 31, 9, 0, 0, 0, time.UTC) }}
	return chamberv1.NewExportDocumentServiceClient(assessmenttest.Dial(t, func(r grpc.ServiceRegistrar) { definition.Register(r, access) }))
}

func TestListOriginEvidence(t *testing.T) {
	got, err := dial(t).ListOriginEvidence(t.Context(), &chamberv1.ListOriginEvidenceRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.GetLists()) != 10 || len(got.GetEvidence()) != 7 || got.GetSource() == "" || got.GetMark() != "F" {
		t.Errorf("%d lists of %d kinds from %q", len(got.GetLists()), len(got.GetEvidence()), got.GetSource())
	}
	first := &chamberv1.EvidenceList{All: []chamberv1.EvidenceKind{exportInvoice, ownProduction}}
	if diff := cmp.Diff(first.String(), got.GetLists()[0].String()); diff != "" {
		t.Errorf("first list (-want +got):\n%s", diff)
	}
	named := map[chamberv1.EvidenceKind]bool{}
	for _, e := range got.GetEvidence() {
		named[e.GetKind()] = e.GetDisplayName().GetFi() != "" && e.GetDisplayName().GetSv() != "" && e.GetDisplayName().GetEn() != ""
	}
	for _, list := range got.GetLists() {
		for _, kind := range list.GetAll() {
			if !named[kind] {
				t.Errorf("%s is in a list but has no name", kind)
			}
		}
	}
}

func TestCheckOriginEvidenceAnswers(t *testing.T) {
	client := dial(t)
	valid := []*chamberv1.Authorisation{{ValidFrom: "2025-01-01", NamesAdministrator: yes}}
	good := []chamberv1.EvidenceKind{exportInvoice, supplierInvoice}
	for _, test := range []struct {
		name           string
		evidence       []chamberv1.EvidenceKind
		authorisations []*chamberv1.Authorisation
		verdict        assessmentv1.Verdict
		code           string
		effect         assessmentv1.Effect
		missing        []chamberv1.EvidenceKind
	}{
		{"own production", []chamberv1.EvidenceKind{exportInvoice, ownProduction}, valid, assessmentv1.Verdict_VERDICT_POSSIBLE, "origin_evidence", assessmentv1.Effect_EFFECT_MET, nil},
		{"supplier's invoice", good, valid, assessmentv1.Verdict_VERDICT_POSSIBLE, "authorisation", assessmentv1.Effect_EFFECT_MET, nil},
		{"certificate of the country of purchase", []chamberv1.EvidenceKind{foreignCO, exportInvoice}, valid, assessmentv1.Verdict_VERDICT_POSSIBLE, "administrator", assessmentv1.Effect_EFFECT_MET, nil},
		{"supply-chain declaration, told twice", []chamberv1.EvidenceKind{supplyChain, exportInvoice, supplyChain}, valid, assessmentv1.Verdict_VERDICT_POSSIBLE, "origin_evidence", assessmentv1.Effect_EFFECT_MET, nil},
		{"written explanation", []chamberv1.EvidenceKind{exportInvoice, writtenStatement}, valid, assessmentv1.Verdict_VERDICT_UNCERTAIN, "written_explanation", assessmentv1.Effect_EFFECT_WARNS, nil},
		{"pro forma", []chamberv1.EvidenceKind{proFormaInvoice, ownProduction}, valid, assessmentv1.Verdict_VERDICT_UNCERTAIN, "pro_forma_invoice", assessmentv1.Effect_EFFECT_WARNS, nil},
		{"the invoice alone", []chamberv1.EvidenceKind{exportInvoice}, valid, assessmentv1.Verdict_VERDICT_NOT_POSSIBLE, "origin_evidence", assessmentv1.Effect_EFFECT_BLOCKS, []chamberv1.EvidenceKind{ownProduction}},
		{"nothing", nil, valid, assessmentv1.Verdict_VERDICT_NOT_POSSIBLE, "origin_evidence", assessmentv1.Effect_EFFECT_BLOCKS, []chamberv1.EvidenceKind{exportInvoice, ownProduction}},
		{"not registered", good, nil, assessmentv1.Verdict_VERDICT_NOT_POSSIBLE, "authorisation", assessmentv1.Effect_EFFECT_BLOCKS, nil},
		{"ended", good, []*chamberv1.Authorisation{{ValidFrom: "2025-01-01", ValidTo: "2026-03-30", NamesAdministrator: yes}}, assessmentv1.Verdict_VERDICT_NOT_POSSIBLE, "authorisation", assessmentv1.Effect_EFFECT_BLOCKS, nil},
		{"two at once", good, append(valid, valid...), assessmentv1.Verdict_VERDICT_NOT_POSSIBLE, "one_authorisation", assessmentv1.Effect_EFFECT_BLOCKS, nil},
		{"no administrator", good, []*chamberv1.Authorisation{{ValidFrom: "2025-01-01", NamesAdministrator: no}}, assessmentv1.Verdict_VERDICT_NOT_POSSIBLE, "administrator", assessmentv1.Effect_EFFECT_BLOCKS, nil},
		{"administrator not known", good, []*chamberv1.Authorisation{{ValidFrom: "2025-01-01"}}, assessmentv1.Verdict_VERDICT_UNCERTAIN, "administrator", assessmentv1.Effect_EFFECT_MISSING, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := client.CheckOriginEvidence(t.Context(), &chamberv1.CheckOriginEvidenceRequest{Evidence: test.evidence, Authorisations: test.authorisations})
			if err != nil {
				t.Fatal(err)
			}
			assessmenttest.Complete(t, got)
			if got.GetVerdict() != test.verdict || !assessmenttest.Has(got.GetReasons(), test.code, test.effect) {
				t.Errorf("%s with %v, want %s with %s %s", got.GetVerdict(), got.GetReasons(), test.verdict, test.code, test.effect)
			}
			if diff := cmp.Diff(test.missing, got.GetMissing()); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
			if (got.GetMatched() == nil) != (len(test.missing) > 0) {
				t.Errorf("matched %v and missing %v", got.GetMatched(), got.GetMissing())
			}
		})
	}
}

func TestCheckOriginEvidenceRefuses(t *testing.T) {
	client := dial(t)
	for _, test := range []struct {
		name    string
		request *chamberv1.CheckOriginEvidenceRequest
		want    []string
	}{
		{"evidence that is not stated", &chamberv1.CheckOriginEvidenceRequest{Evidence: []chamberv1.EvidenceKind{exportInvoice, 0}}, []string{"evidence[1]"}},
		{"evidence that does not exist", &chamberv1.CheckOriginEvidenceRequest{Evidence: []chamberv1.EvidenceKind{99}}, []string{"evidence[0]"}},
		{"too much evidence", &chamberv1.CheckOriginEvidenceRequest{Evidence: make([]chamberv1.EvidenceKind, 21)}, []string{"evidence"}},
		{"an authorisation without a first day", &chamberv1.CheckOriginEvidenceRequest{Authorisations: []*chamberv1.Authorisation{{}}}, []string{"authorisations[0].valid_from"}},
		{"an authorisation that ends before it begins", &chamberv1.CheckOriginEvidenceRequest{Date: "1999-12-31", Authorisations: []*chamberv1.Authorisation{
			{ValidFrom: "2026-01-01", ValidTo: "2026-01-01"}, {ValidFrom: "2026-01-01", ValidTo: "2025-12-31"},
		}}, []string{"date", "authorisations[1].valid_to"}},
	} {
		_, err := client.CheckOriginEvidence(t.Context(), test.request)
		if diff := cmp.Diff(test.want, assessmenttest.WrongFields(t, err)); diff != "" {
			t.Errorf("%s: wrong fields (-want +got):\n%s", test.name, diff)
		}
	}
}

// fair is a trip to a fair in spring, back in summer.
func fair() *chamberv1.PlanCarnetRequest {
	return &chamberv1.PlanCarnetRequest{
		Use: chamberv1.CarnetUse_CARNET_USE_FAIR, Processed: no, Repaired: no, Consumed: no, GivenAway: no,
		Countries: []string{"Switzerland", "Norway"}, Departs: "2026-04-13", Returns: "2026-06-01",
	}
}

func TestPlanCarnet(t *testing.T) {
	client := dial(t)
	for _, test := range []struct {
		name    string
		change  func(*chamberv1.PlanCarnetRequest)
		verdict assessmentv1.Verdict
		code    string
		effect  assessmentv1.Effect
		lastDay string
		dates   int
	}{
		{"a fair", func(*chamberv1.PlanCarnetRequest) {}, assessmentv1.Verdict_VERDICT_POSSIBLE, "member_countries", assessmentv1.Effect_EFFECT_NOTE, "2027-04-12", 4},
		{"samples", func(r *chamberv1.PlanCarnetRequest) { r.Use = chamberv1.CarnetUse_CARNET_USE_SAMPLES }, assessmentv1.Verdict_VERDICT_POSSIBLE, "use", assessmentv1.Effect_EFFECT_MET, "2027-04-12", 4},
		{"tools", func(r *chamberv1.PlanCarnetRequest) {
			r.Use = chamberv1.CarnetUse_CARNET_USE_PROFESSIONAL_EQUIPMENT
		}, assessmentv1.Verdict_VERDICT_POSSIBLE, "use", assessmentv1.Effect_EFFECT_MET, "2027-04-12", 4},
		{"goods for sale", func(r *chamberv1.PlanCarnetRequest) { r.Use = chamberv1.CarnetUse_CARNET_USE_OTHER }, assessmentv1.Verdict_VERDICT_NOT_POSSIBLE, "use", assessmentv1.Effect_EFFECT_BLOCKS, "2027-04-12", 0},
		{"use not known", func(r *chamberv1.PlanCarnetRequest) { r.Use = 0 }, assessmentv1.Verdict_VERDICT_UNCERTAIN, "use", assessmentv1.Effect_EFFECT_MISSING, "2027-04-12", 4},
		{"for processing", func(r *chamberv1.PlanCarnetRequest) { r.Processed = yes }, assessmentv1.Verdict_VERDICT_NOT_POSSIBLE, "processing_or_repair", assessmentv1.Effect_EFFECT_BLOCKS, "2027-04-12", 0},
		{"for repair", func(r *chamberv1.PlanCarnetRequest) { r.Repaired = yes }, assessmentv1.Verdict_VERDICT_NOT_POSSIBLE, "processing_or_repair", assessmentv1.Effect_EFFECT_BLOCKS, "2027-04-12", 0},
		{"to be used up", func(r *chamberv1.PlanCarnetRequest) { r.Consumed = yes }, assessmentv1.Verdict_VERDICT_NOT_POSSIBLE, "consumed_or_given_away", assessmentv1.Effect_EFFECT_BLOCKS, "2027-04-12", 0},
		{"to be given away", func(r *chamberv1.PlanCarnetRequest) { r.GivenAway = yes }, assessmentv1.Verdict_VERDICT_NOT_POSSIBLE, "consumed_or_given_away", assessmentv1.Effect_EFFECT_BLOCKS, "2027-04-12", 0},
		{"no countries", func(r *chamberv1.PlanCarnetRequest) { r.Countries = nil }, assessmentv1.Verdict_VERDICT_UNCERTAIN, "countries", assessmentv1.Effect_EFFECT_MISSING, "2027-04-12", 4},
		{"leaves too soon", func(r *chamberv1.PlanCarnetRequest) { r.Departs = "2026-04-08" }, assessmentv1.Verdict_VERDICT_UNCERTAIN, "ready_before_departure", assessmentv1.Effect_EFFECT_WARNS, "2027-04-07", 4},
		{"back after a year", func(r *chamberv1.PlanCarnetRequest) { r.Returns = "2027-04-13" }, assessmentv1.Verdict_VERDICT_NOT_POSSIBLE, "return_in_time", assessmentv1.Effect_EFFECT_BLOCKS, "2027-04-12", 0},
		{"dates not known", func(r *chamberv1.PlanCarnetRequest) { r.Departs, r.Returns = "", "" }, assessmentv1.Verdict_VERDICT_POSSIBLE, "use", assessmentv1.Effect_EFFECT_MET, "", 0},
		{"issued", func(r *chamberv1.PlanCarnetRequest) { r.Issued, r.ValidTo = "2026-03-30", "2026-12-31" }, assessmentv1.Verdict_VERDICT_POSSIBLE, "validity", assessmentv1.Effect_EFFECT_MET, "2026-12-31", 4},
		{"printed too long", func(r *chamberv1.PlanCarnetRequest) { r.Issued, r.ValidTo = "2026-03-30", "2027-03-30" }, assessmentv1.Verdict_VERDICT_NOT_POSSIBLE, "validity", assessmentv1.Effect_EFFECT_BLOCKS, "2027-03-29", 4},
		{"expired before it leaves", func(r *chamberv1.PlanCarnetRequest) { r.Issued, r.ValidTo, r.Returns = "2025-04-01", "2026-03-31", "" }, assessmentv1.Verdict_VERDICT_NOT_POSSIBLE, "valid_at_departure", assessmentv1.Effect_EFFECT_BLOCKS, "2026-03-31", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			request := fair()
			test.change(request)
			got, err := client.PlanCarnet(t.Context(), request)
			if err != nil {
				t.Fatal(err)
			}
			assessmenttest.Complete(t, got)
			if got.GetVerdict() != test.verdict || !assessmenttest.Has(got.GetReasons(), test.code, test.effect) {
				t.Errorf("%s with %v, want %s with %s %s", got.GetVerdict(), got.GetReasons(), test.verdict, test.code, test.effect)
			}
			if got.GetLastDay() != test.lastDay || len(got.GetDeadlines()) != test.dates {
				t.Errorf("last day %s with %d dates, want %s with %d", got.GetLastDay(), len(got.GetDeadlines()), test.lastDay, test.dates)
			}
		})
	}
}

// The reminders come 60, 30 and 7 days before the last day, each with its label.
func TestPlanCarnetDeadlines(t *testing.T) {
	got, err := dial(t).PlanCarnet(t.Context(), fair())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, d := range got.GetDeadlines() {
		lines = append(lines, d.GetCode()+" "+d.GetDate())
	}
	want := []string{"ata_expiring 2027-02-11", "ata_expiring 2027-03-13", "ata_expiring 2027-04-05", "ata_last_day 2027-04-12"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("deadlines (-want +got):\n%s", diff)
	}
	if label := got.GetDeadlines()[0].GetLabel().GetEn(); !strings.Contains(label, "60 more days") || !strings.Contains(label, "12 April 2027") {
		t.Errorf("the first reminder reads %q", label)
	}
}

func TestPlanCarnetRefuses(t *testing.T) {
	client := dial(t)
	for _, test := range []struct {
		name   string
		change func(*chamberv1.PlanCarnetRequest)
		want   []string
	}{
		{"back before it leaves", func(r *chamberv1.PlanCarnetRequest) { r.Returns = "2026-04-12" }, []string{"returns"}},
		{"issued tomorrow", func(r *chamberv1.PlanCarnetRequest) { r.Issued = "2026-04-01" }, []string{"issued"}},
		{"leaves before it is issued", func(r *chamberv1.PlanCarnetRequest) { r.Issued, r.Departs = "2026-03-30", "2026-03-29" }, []string{"departs"}},
		{"a last day without a first", func(r *chamberv1.PlanCarnetRequest) { r.ValidTo = "2026-12-31" }, []string{"issued"}},
		{"ends before it is issued", func(r *chamberv1.PlanCarnetRequest) { r.Issued, r.ValidTo = "2026-03-30", "2026-03-29" }, []string{"valid_to"}},
		{"a country without a name", func(r *chamberv1.PlanCarnetRequest) { r.Countries = []string{"Norway", " "} }, []string{"countries[1]"}},
		{"a use that does not exist", func(r *chamberv1.PlanCarnetRequest) { r.Use = 5 }, []string{"use"}},
		{"not a date", func(r *chamberv1.PlanCarnetRequest) { r.Departs, r.Returns = "13.4.2026", "soon" }, []string{"departs", "returns"}},
	} {
		request := fair()
		test.change(request)
		_, err := client.PlanCarnet(t.Context(), request)
		if diff := cmp.Diff(test.want, assessmenttest.WrongFields(t, err)); diff != "" {
			t.Errorf("%s: wrong fields (-want +got):\n%s", test.name, diff)
		}
	}
}
