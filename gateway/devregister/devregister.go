// Package devregister is a register of companies that do not exist, with the paths
// and the answers of the real one (PRH, open data of the Business Information
// System, version 3). Demos and tests look companies up there, so that they never
// reach out; no real hub starts one.
package devregister

import (
	"encoding/json"
	"net/http"
	"sync"
)

// Path is where it answers, below its address.
const Path = "/opendata-ytj-api/v3"

// Company is a company that does not exist.
type Company struct {
	// BusinessID is one of the range that is not in use.
	BusinessID string
	// Name is what it is called.
	Name string
	// Trade is the place of its line of business among trades, and its form; any number.
	Trade int
	// Situation is KONK, SANE or SELTILA; empty when it is well.
	Situation string
	// Ended is the date on which it ended; empty while it goes on.
	Ended string
	// Young leaves out the entries in the registers of taxes, as of one that was founded today.
	Young bool
}

// Server answers for some companies.
type Server struct {
	mu   sync.Mutex
	byID map[string]Company
	// asked counts the look-ups.
	asked int
}

// New makes a register of these companies.
func New(companies []Company) *Server {
	s := &Server{byID: map[string]Company{}}
	for _, c := range companies {
		s.byID[c.BusinessID] = c
	}
	return s
}

// Asked is how many look-ups came.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// ServeHTTP answers GET .../companies?businessId=.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || r.URL.Path != Path+"/companies" {
		http.NotFound(w, r)
		return
	}
	s.mu.Lock()
	s.asked++
	company, known := s.byID[r.URL.Query().Get("businessId")]
	s.mu.Unlock()
	found := []any{}
	if known {
		found = append(found, company.record())
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(object{"totalResults": len(found), "companies": found})
}

type object = map[string]any

// trades are lines of business of the classification of 2025, with a form that fits.
var trades = []struct {
	code, fi, sv, en string
	sole             bool
}{
	{code: "47190", fi: "Muu erikoistumaton vähittäiskauppa", sv: "Övrig icke-specialiserad detaljhandel", en: "Other non-specialised retail sale"},
	{code: "41001", fi: "Asuin- ja muiden rakennusten rakentaminen", sv: "Byggande av bostadshus och andra byggnader", en: "Construction of residential and other buildings"},
	{code: "62100", fi: "Ohjelmistojen suunnittelu ja valmistus", sv: "Planering och framställning av programvara", en: "Computer programming activities"},
	{code: "71120", fi: "Insinööripalvelut ja niihin liittyvä tekninen konsultointi", sv: "Ingenjörstjänster och tillhörande teknisk rådgivning", en: "Engineering activities and related technical consultancy"},
	{code: "56110", fi: "Ravintolatoiminta", sv: "Restaurangverksamhet", en: "Restaurant activities"},
	{code: "88101", fi: "Kotipalvelut ikääntyneille ja vammaisille", sv: "Hemtjänst för äldre och funktionshindrade", en: "Home-help services for the elderly and disabled"},
	{code: "28990", fi: "Muiden erikoiskoneiden valmistus", sv: "Tillverkning av övriga specialmaskiner", en: "Manufacture of other special-purpose machinery"},
	{code: "49410", fi: "Tieliikenteen tavarankuljetus", sv: "Vägtransport av gods", en: "Freight transport by road"},
	{code: "96210", fi: "Kampaamot ja parturit", sv: "Frisörverksamhet", en: "Hairdressing and barber activities", sole: true},
	{code: "81210", fi: "Kiinteistöjen siivous", sv: "Städning av fastigheter", en: "General cleaning of buildings"},
}

// record is the company as the register writes it.
func (c Company) record() object {
	trade := trades[c.Trade%len(trades)]
	form := object{"type": "16", "descriptions": texts("Osakeyhtiö", "Aktiebolag", "Limited company")}
	if trade.sole {
		form = object{"type": "26", "descriptions": texts("Yksityinen elinkeinonharjoittaja", "Enskild näringsidkare", "Private trader")}
	}
	form["registrationDate"], form["version"], form["source"] = began, 1, "1"
	situations := []any{}
	if c.Situation != "" {
		situations = append(situations, object{"type": c.Situation, "registrationDate": "2026-03-02", "source": "1"})
	}
	return object{
		"businessId":       object{"value": c.BusinessID, "registrationDate": began, "source": "3"},
		"euId":             object{"value": "FIFPRO." + c.BusinessID, "source": "1"},
		"names":            c.names(),
		"mainBusinessLine": object{"type": trade.code, "descriptions": texts(trade.fi, trade.sv, trade.en), "typeCodeSet": "TOIMI4", "registrationDate": "2026-01-01", "source": "2"},
		"companyForms":     []any{form}, "companySituations": situations, "registeredEntries": c.entries(),
		"addresses": []any{object{
			"type": 1, "street": "Koekatu", "buildingNumber": c.BusinessID[5:7], "entrance": "A", "apartmentNumber": "", "apartmentIdSuffix": "", "co": "",
			"postCode": "02100", "registrationDate": began, "source": "0", "postOffices": []any{
				object{"city": "ESBO", "languageCode": "2", "municipalityCode": "049"}, object{"city": "ESPOO", "languageCode": "1", "municipalityCode": "049"},
			},
		}},
		"tradeRegisterStatus": "1", "status": "2", "registrationDate": began, "endDate": orNull(c.Ended), "lastModified": "2026-08-19T10:04:06",
	}
}

// began is when all of them began.
const began = "2019-05-06"

func (c Company) names() []any {
	return []any{
		object{"name": c.Name + " Konepaja", "type": "3", "registrationDate": began, "version": 1, "source": "1"},
		object{"name": "Vanha " + c.Name, "type": "1", "registrationDate": "2017-01-02", "endDate": "2019-05-05", "version": 2, "source": "1"},
		object{"name": c.Name, "type": "1", "registrationDate": began, "endDate": nil, "version": 1, "source": "1"},
	}
}

func (c Company) entries() []any {
	entry := func(register, kind, authority, end string, descriptions []any) object {
		return object{"type": kind, "descriptions": descriptions, "registrationDate": began, "endDate": orNull(end), "register": register, "authority": authority}
	}
	registered := texts("Rekisterissä", "Registrerad", "Registered")
	all := []any{
		entry("1", "0", "2", "2019-05-05", texts("Rekisteröimätön", "Oregistrerad", "Unregistered")),
		entry("1", "1", "2", c.Ended, registered),
		entry("4", "1", "1", c.Ended, registered),
	}
	if c.Young {
		return all
	}
	return append(all, entry("5", "55", "1", c.Ended, registered), entry("7", "41", "1", c.Ended, registered),
		entry("6", "80", "1", c.Ended, texts("Liiketoiminnasta arvonlisäverovelvollinen", "Momsskyldig för rörelseverksamhet", "VAT-liable for business activity")))
}

func texts(fi, sv, en string) []any {
	return []any{
		object{"languageCode": "3", "description": en}, object{"languageCode": "1", "description": fi}, object{"languageCode": "2", "description": sv},
	}
}

func orNull(date string) any {
	if date == "" {
		return nil
	}
	return date
}
