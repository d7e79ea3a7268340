package yritysespoo

import "github.com/businessespoo/hub/services/kit/catalogue"

// Section is one part of a business plan.
type Section string

// Head is the head under which a section counts in an assessment.
type Head string

// The heads. Sections without a head help the advisor and are not assessed.
const (
	HeadBusiness    Head = "business"
	HeadReadiness   Head = "readiness"
	HeadCompetition Head = "competition"
	HeadNone        Head = ""
)

// PlanSection describes a section of the plan's form.
type PlanSection struct {
	ID    Section
	Names catalogue.Texts
	Head  Head
	// Needed sections must hold something before a plan can be assessed.
	Needed bool
}

// Sections returns the sections of a business plan in the order of the form.
//
// Source: the intake fields of an open project made for the City of Espoo's
// challenge "Business Advisory Service 2.0" (Junction 2025). Which of them are
// needed is the hub's own estimate of what an advisor cannot do without.
func Sections() []PlanSection {
	return []PlanSection{
		{"idea", catalogue.Texts{FI: "liikeidea", SV: "affärsidé", EN: "business idea"}, HeadBusiness, true},
		{"competence", catalogue.Texts{FI: "osaaminen", SV: "kompetens", EN: "competence and skills"}, HeadReadiness, true},
		{"vision", catalogue.Texts{FI: "pitkän aikavälin visio", SV: "vision på lång sikt", EN: "long-term vision"}, HeadNone, false},
		{"swot", catalogue.Texts{FI: "vahvuudet ja heikkoudet", SV: "styrkor och svagheter", EN: "strengths and weaknesses"}, HeadReadiness, false},
		{"competitors", catalogue.Texts{FI: "kilpailijat", SV: "konkurrenter", EN: "competitors"}, HeadCompetition, true},
		{"competitive_situation", catalogue.Texts{FI: "kilpailutilanne", SV: "konkurrensläge", EN: "competitive situation"}, HeadCompetition, true},
		{"risks", catalogue.Texts{FI: "riskit", SV: "risker", EN: "risks"}, HeadReadiness, true},
		{"prospects", catalogue.Texts{FI: "tulevaisuudennäkymät", SV: "framtidsutsikter", EN: "future prospects"}, HeadNone, false},
		{"products", catalogue.Texts{FI: "tuotteet ja palvelut", SV: "produkter och tjänster", EN: "products and services"}, HeadBusiness, true},
		{"target_groups", catalogue.Texts{FI: "asiakkaat", SV: "kunder", EN: "customers"}, HeadBusiness, true},
		{"sales_and_marketing", catalogue.Texts{FI: "myynti ja markkinointi", SV: "försäljning och marknadsföring", EN: "sales and marketing"}, HeadBusiness, true},
		{"distribution", catalogue.Texts{FI: "jakelu", SV: "distribution", EN: "distribution"}, HeadNone, false},
		{"production", catalogue.Texts{FI: "tuotanto ja logistiikka", SV: "produktion och logistik", EN: "production and logistics"}, HeadNone, false},
		{"permits", catalogue.Texts{FI: "luvat ja ilmoitukset", SV: "tillstånd och anmälningar", EN: "permits and notices"}, HeadReadiness, true},
		{"insurance_and_contracts", catalogue.Texts{FI: "vakuutukset ja sopimukset", SV: "försäkringar och avtal", EN: "insurance and contracts"}, HeadNone, false},
		{"intellectual_property", catalogue.Texts{FI: "aineettomat oikeudet", SV: "immateriella rättigheter", EN: "intellectual property"}, HeadNone, false},
		{"support_network", catalogue.Texts{FI: "tukiverkosto", SV: "stödnätverk", EN: "support network"}, HeadNone, false},
		{"third_parties", catalogue.Texts{FI: "kumppanit ja alihankkijat", SV: "partner och underleverantörer", EN: "third parties"}, HeadNone, false},
	}
}
