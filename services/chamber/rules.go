// Package chamber is the Helsinki Region Chamber of Commerce in the hub.
//
// The rules here tell whether evidence is enough for a certificate of origin,
// and by when an ATA carnet must be back. The chamber issues both in its own
// services; what the rules say prepares the company and decides nothing.
package chamber

import (
	"slices"

	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/rule"
)

// The services of this provider that the rules are about, by their catalogue ids.
const (
	ServiceCertificateOfOrigin = "co"
	ServiceATACarnet           = "ata"
)

// Evidence is one kind of document or statement about the origin of goods.
type Evidence string

// The kinds of evidence; the last five are the ids of the input "origin_proof" of co.
const (
	ExportInvoice          Evidence = "export_invoice"
	ProFormaInvoice        Evidence = "pro_forma_invoice"
	OwnProduction          Evidence = "own_production"
	SupplierInvoice        Evidence = "supplier_invoice"
	ForeignCertificate     Evidence = "foreign_co"
	SupplyChainDeclaration Evidence = "supply_chain_declaration"
	WrittenExplanation     Evidence = "written_explanation"
)

// EvidenceList is evidence that is enough when all of it is there.
type EvidenceList struct {
	All []Evidence
	// Exceptional lists are accepted in exceptional cases only.
	Exceptional bool
}

// missing returns what of the list has not been given.
func (l EvidenceList) missing(given []Evidence) []Evidence {
	var missing []Evidence
	for _, e := range l.All {
		if !slices.Contains(given, e) {
			missing = append(missing, e)
		}
	}
	return missing
}

// OriginEvidence returns the lists for a certificate of origin: all of one list,
// or all of another. The ordinary ones come first.
//
// Source: vientiasiakirjat.fi/en/questions. The exporter's invoice is always
// needed, a pro forma only exceptionally; goods of others' production need a
// supplier's invoice, a certificate of the country of purchase or a supply-chain
// declaration; failing these, exceptionally, a written explanation.
func OriginEvidence() []EvidenceList {
	proofs := []EvidenceList{
		{All: []Evidence{OwnProduction}},
		{All: []Evidence{SupplierInvoice}},
		{All: []Evidence{ForeignCertificate}},
		{All: []Evidence{SupplyChainDeclaration}},
		{All: []Evidence{WrittenExplanation}, Exceptional: true},
	}
	var ordinary, exceptional []EvidenceList
	for _, invoice := range []Evidence{ExportInvoice, ProFormaInvoice} {
		for _, proof := range proofs {
			list := EvidenceList{
				All:         append([]Evidence{invoice}, proof.All...),
				Exceptional: proof.Exceptional || invoice == ProFormaInvoice,
			}
			if list.Exceptional {
				exceptional = append(exceptional, list)
			} else {
				ordinary = append(ordinary, list)
			}
		}
	}
	return append(ordinary, exceptional...)
}

// Authorisation is the document with which a company takes the export document
// service into use and names its administrator. The hub knows its validity, not
// the administrator.
type Authorisation struct {
	// ID is the company's or the chamber's own reference.
	ID string
	catalogue.Validity
	// NamesAdministrator tells that the document names an administrator.
	NamesAdministrator rule.Answer
}

// OriginCheck is the answer to: is this evidence enough for a certificate of origin?
type OriginCheck struct {
	Verdict rule.Verdict
	Reasons []rule.Reason
	// Matched is the list whose evidence is all there; empty when there is none.
	Matched EvidenceList
	// Missing is what would complete the nearest list; empty when one is complete.
	Missing []Evidence
	// Figures are the amounts that were counted with.
	Figures []catalogue.Amount
}

// CheckOrigin tells whether the evidence is enough and the company ready to
// apply on the date. An exceptional list is enough with a warning: the chamber
// wants the reason for it.
func CheckOrigin(given []Evidence, authorisations []Authorisation, amounts []catalogue.Amount, on catalogue.Date) OriginCheck {
	var c OriginCheck
	figures := rule.AmountsOn(amounts, on)
	c.evidence(given)
	c.authorisation(authorisations, figures, on)
	if unknown, ok := figures.Unknown(); ok {
		c.Reasons = append(c.Reasons, unknown)
	}
	c.Figures = figures.Used()
	c.Verdict = rule.Judge(c.Reasons)
	return c
}

// evidence takes the first list that is complete, else the nearest ordinary one.
func (c *OriginCheck) evidence(given []Evidence) {
	nearest := EvidenceList{}
	for _, list := range OriginEvidence() {
		missing := list.missing(given)
		switch {
		case len(missing) == 0:
			c.Matched, c.Missing = list, nil
			c.Reasons = append(c.Reasons, evidenceComplete.Check(rule.Yes))
			c.exceptions(list)
			return
		case len(nearest.All) == 0 || len(missing) < len(c.Missing):
			nearest, c.Missing = list, missing
		}
	}
	names := catalogue.Texts{}
	for i, e := range c.Missing {
		if i > 0 {
			names = catalogue.Texts{FI: names.FI + ", ", SV: names.SV + ", ", EN: names.EN + ", "}
		}
		n := e.Names()
		names = catalogue.Texts{FI: names.FI + n.FI, SV: names.SV + n.SV, EN: names.EN + n.EN}
	}
	c.Reasons = append(c.Reasons, evidenceComplete.Fill("missing", names).Check(rule.No))
}

func (c *OriginCheck) exceptions(list EvidenceList) {
	if slices.Contains(list.All, ProFormaInvoice) {
		c.Reasons = append(c.Reasons, realInvoice.Check(rule.No))
	}
	if slices.Contains(list.All, WrittenExplanation) {
		c.Reasons = append(c.Reasons, documentedOrigin.Check(rule.No))
	}
}

func (c *OriginCheck) authorisation(all []Authorisation, figures *rule.Amounts, on catalogue.Date) {
	want, ok := figures.Int("co.authorisations")
	if !ok {
		return
	}
	var valid []Authorisation
	for _, a := range all {
		if a.ValidOn(on) {
			valid = append(valid, a)
		}
	}
	switch {
	case len(valid) == 0:
		c.Reasons = append(c.Reasons, authorised.Check(rule.No))
	case len(valid) > want:
		c.Reasons = append(c.Reasons, oneAuthorisation.Check(rule.No))
	default:
		c.Reasons = append(c.Reasons, authorised.Check(rule.Yes))
		for _, a := range valid {
			c.Reasons = append(c.Reasons, administratorNamed.Check(a.NamesAdministrator))
		}
	}
}
