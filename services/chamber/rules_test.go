package chamber_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/services/chamber"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/rule"
)

func authorisation(id string, from, to catalogue.Date) chamber.Authorisation {
	return chamber.Authorisation{
		ID: id, Validity: catalogue.Validity{ValidFrom: from, ValidTo: to}, NamesAdministrator: rule.Yes,
	}
}

func TestOriginEvidenceLists(t *testing.T) {
	lists := chamber.OriginEvidence()
	if len(lists) != 10 {
		t.Fatalf("%d lists, want 10", len(lists))
	}
	for i, list := range lists {
		if want := i >= 4; list.Exceptional != want {
			t.Errorf("list %d (%v): exceptional is %t", i, list.All, list.Exceptional)
		}
	}
}

func TestCheckOriginEvidence(t *testing.T) {
	amounts := load(t).Amounts
	valid := []chamber.Authorisation{authorisation("A1", "2025-01-01", "")}
	for _, test := range []struct {
		name        string
		given       []chamber.Evidence
		want        rule.Verdict
		exceptional bool
		missing     []chamber.Evidence
	}{
		{"own production", []chamber.Evidence{chamber.ExportInvoice, chamber.OwnProduction}, rule.Possible, false, nil},
		{"supplier's invoice", []chamber.Evidence{chamber.SupplierInvoice, chamber.ExportInvoice}, rule.Possible, false, nil},
		{"certificate of the country of purchase", []chamber.Evidence{chamber.ExportInvoice, chamber.ForeignCertificate}, rule.Possible, false, nil},
		{"supply-chain declaration", []chamber.Evidence{chamber.ExportInvoice, chamber.SupplyChainDeclaration}, rule.Possible, false, nil},
		{"written explanation", []chamber.Evidence{chamber.ExportInvoice, chamber.WrittenExplanation}, rule.Uncertain, true, nil},
		{"pro forma", []chamber.Evidence{chamber.ProFormaInvoice, chamber.OwnProduction}, rule.Uncertain, true, nil},
		{"more than enough", []chamber.Evidence{chamber.ProFormaInvoice, chamber.WrittenExplanation, chamber.ExportInvoice, chamber.SupplierInvoice}, rule.Possible, false, nil},
		{"invoice only", []chamber.Evidence{chamber.ExportInvoice}, rule.NotPossible, false, []chamber.Evidence{chamber.OwnProduction}},
		{"origin without an invoice", []chamber.Evidence{chamber.SupplierInvoice}, rule.NotPossible, false, []chamber.Evidence{chamber.ExportInvoice}},
		{"nothing", nil, rule.NotPossible, false, []chamber.Evidence{chamber.ExportInvoice, chamber.OwnProduction}},
		{"unknown kind", []chamber.Evidence{"photograph"}, rule.NotPossible, false, []chamber.Evidence{chamber.ExportInvoice, chamber.OwnProduction}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := chamber.CheckOrigin(test.given, valid, amounts, "2026-03-31")
			if got.Verdict != test.want || got.Matched.Exceptional != test.exceptional {
				t.Errorf("%s, exceptional %t; want %s, %t", got.Verdict, got.Matched.Exceptional, test.want, test.exceptional)
			}
			if diff := cmp.Diff(test.missing, got.Missing); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
			if (len(got.Matched.All) == 0) != (len(test.missing) > 0) {
				t.Errorf("matched %v and missing %v", got.Matched.All, got.Missing)
			}
		})
	}
}

// A company has exactly one valid authorisation document, and it names the
// administrator.
func TestCheckOriginAuthorisation(t *testing.T) {
	amounts := load(t).Amounts
	given := []chamber.Evidence{chamber.ExportInvoice, chamber.OwnProduction}
	unnamed := authorisation("A3", "2026-01-01", "")
	unnamed.NamesAdministrator = rule.No
	for _, test := range []struct {
		name string
		all  []chamber.Authorisation
		want rule.Verdict
		code string
	}{
		{"one", []chamber.Authorisation{authorisation("A1", "2025-01-01", "")}, rule.Possible, ""},
		{"the old one has ended", []chamber.Authorisation{authorisation("A1", "2025-01-01", "2025-12-31"), authorisation("A2", "2026-01-01", "")}, rule.Possible, ""},
		{"none", nil, rule.NotPossible, "authorisation"},
		{"not valid yet", []chamber.Authorisation{authorisation("A1", "2026-04-01", "")}, rule.NotPossible, "authorisation"},
		{"two at once", []chamber.Authorisation{authorisation("A1", "2025-01-01", ""), authorisation("A2", "2026-01-01", "")}, rule.NotPossible, "one_authorisation"},
		{"no administrator", []chamber.Authorisation{unnamed}, rule.NotPossible, "administrator"},
	} {
		got := chamber.CheckOrigin(given, test.all, amounts, "2026-03-31")
		if got.Verdict != test.want {
			t.Errorf("%s: %s, want %s", test.name, got.Verdict, test.want)
		}
		if test.code != "" && !rule.Has(got.Reasons, test.code, rule.Blocks) {
			t.Errorf("%s: no reason %s among %+v", test.name, test.code, got.Reasons)
		}
	}
}

// samples go to a fair in spring and are back in summer.
func samples() chamber.Journey {
	return chamber.Journey{
		Use:       chamber.Samples,
		Processed: rule.No, Repaired: rule.No, Consumed: rule.No, GivenAway: rule.No,
		Countries: []string{"Switzerland", "Norway"}, Departure: "2026-04-13", Return: "2026-06-01",
	}
}

func TestCheckCarnet(t *testing.T) {
	amounts := load(t).Amounts
	for _, test := range []struct {
		name   string
		change func(*chamber.Journey)
		want   rule.Verdict
		code   string
		effect rule.Effect
	}{
		{"samples", func(*chamber.Journey) {}, rule.Possible, "member_countries", rule.Notes},
		{"another use", func(j *chamber.Journey) { j.Use = chamber.OtherUse }, rule.NotPossible, "use", rule.Blocks},
		{"for processing", func(j *chamber.Journey) { j.Processed = rule.Yes }, rule.NotPossible, "processing_or_repair", rule.Blocks},
		{"for repair", func(j *chamber.Journey) { j.Repaired = rule.Yes }, rule.NotPossible, "processing_or_repair", rule.Blocks},
		{"to be used up", func(j *chamber.Journey) { j.Consumed = rule.Yes }, rule.NotPossible, "consumed_or_given_away", rule.Blocks},
		{"to be given away", func(j *chamber.Journey) { j.GivenAway = rule.Yes }, rule.NotPossible, "consumed_or_given_away", rule.Blocks},
		{"not known whether used up", func(j *chamber.Journey) { j.Consumed = rule.Unknown }, rule.Uncertain, "consumed_or_given_away", rule.Missing},
		{"no countries", func(j *chamber.Journey) { j.Countries = nil }, rule.Uncertain, "countries", rule.Missing},
		{"back on the last day", func(j *chamber.Journey) { j.Return = "2027-04-12" }, rule.Possible, "return_in_time", rule.Met},
		{"back after a year", func(j *chamber.Journey) { j.Return = "2027-04-13" }, rule.NotPossible, "return_in_time", rule.Blocks},
		// Five working days from Tuesday 31 March, with Good Friday and Easter
		// Monday between, are over on Thursday 9 April.
		{"leaves on the day it is ready", func(j *chamber.Journey) { j.Departure = "2026-04-09" }, rule.Possible, "ready_before_departure", rule.Met},
		{"leaves before it is ready", func(j *chamber.Journey) { j.Departure = "2026-04-08" }, rule.Uncertain, "ready_before_departure", rule.Warns},
		{"expired before it leaves", func(j *chamber.Journey) { j.Issued, j.ValidTo, j.Return = "2026-01-05", "2026-03-31", "" }, rule.NotPossible, "valid_at_departure", rule.Blocks},
		{"printed too long", func(j *chamber.Journey) { j.Issued, j.ValidTo = "2026-03-30", "2027-03-30" }, rule.NotPossible, "validity", rule.Blocks},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := samples()
			test.change(&j)
			got := chamber.CheckCarnet(j, amounts, "2026-03-31")
			if got.Verdict != test.want {
				t.Errorf("verdict is %s, want %s: %+v", got.Verdict, test.want, got.Reasons)
			}
			if !rule.Has(got.Reasons, test.code, test.effect) {
				t.Errorf("no reason %s (%s) among %+v", test.code, test.effect, got.Reasons)
			}
		})
	}
}

// A carnet issued on 1 April 2026 is valid until 31 March 2027 at most. The
// reminders come 60, 30 and 7 days before; those that are past are not shown.
func TestCarnetDates(t *testing.T) {
	amounts := load(t).Amounts
	j := samples()
	j.Issued = "2026-04-01"
	for _, test := range []struct {
		name    string
		validTo catalogue.Date
		on      catalogue.Date
		want    []catalogue.Date
	}{
		{"all ahead", "", "2026-04-02", []catalogue.Date{"2027-01-30", "2027-03-01", "2027-03-24", "2027-03-31"}},
		{"printed shorter", "2026-12-31", "2026-04-02", []catalogue.Date{"2026-11-01", "2026-12-01", "2026-12-24", "2026-12-31"}},
		{"on the day of a reminder", "", "2027-03-01", []catalogue.Date{"2027-03-01", "2027-03-24", "2027-03-31"}},
		{"on the last day", "", "2027-03-31", []catalogue.Date{"2027-03-31"}},
		{"past", "", "2027-04-01", nil},
	} {
		j.ValidTo = test.validTo
		got := chamber.CheckCarnet(j, amounts, test.on)
		var days []catalogue.Date
		for _, r := range got.Reminders {
			days = append(days, r.On)
			if strings.ContainsAny(r.Texts.FI+r.Texts.SV+r.Texts.EN, "{}") {
				t.Errorf("%s: %q", test.name, r.Texts.EN)
			}
		}
		if diff := cmp.Diff(test.want, days); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// Without figures for the date nothing is counted, and the verdict says why.
func TestCarnetWithoutFigures(t *testing.T) {
	got := chamber.CheckCarnet(samples(), nil, "2026-03-31")
	if got.Verdict != rule.Uncertain || got.LastDay != "" || !rule.Has(got.Reasons, "figure_unknown", rule.Missing) {
		t.Errorf("%s, last day %q", got.Verdict, got.LastDay)
	}
}
