package ytj

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"google.golang.org/protobuf/types/known/timestamppb"

	companyv1 "github.com/businessespoo/hub/proto/businessespoo/company/v1"
	"github.com/businessespoo/hub/services/kit/catalogue"
)

// The register's answer, as far as it is read. Its field status is left out on purpose: it
// is "2" for companies that are well and for those that are gone alike. How a company
// fares is told by its situations, its entries and its end.
type (
	wireAnswer struct {
		Companies []wireCompany `json:"companies"`
	}
	wireCompany struct {
		BusinessID struct {
			Value string `json:"value"`
		} `json:"businessId"`
		Names []struct {
			Name    string `json:"name"`
			Type    string `json:"type"`
			EndDate string `json:"endDate"`
		} `json:"names"`
		MainBusinessLine *struct {
			Type         string     `json:"type"`
			Descriptions []wireText `json:"descriptions"`
		} `json:"mainBusinessLine"`
		CompanyForms []struct {
			Descriptions []wireText `json:"descriptions"`
			EndDate      string     `json:"endDate"`
		} `json:"companyForms"`
		CompanySituations []struct {
			Type    string `json:"type"`
			EndDate string `json:"endDate"`
		} `json:"companySituations"`
		RegisteredEntries []wireEntry   `json:"registeredEntries"`
		Addresses         []wireAddress `json:"addresses"`
		EndDate           string        `json:"endDate"`
	}
	wireText struct {
		LanguageCode string `json:"languageCode"`
		Description  string `json:"description"`
	}
	wireEntry struct {
		Type     string `json:"type"`
		Register string `json:"register"`
		EndDate  string `json:"endDate"`
	}
	wireAddress struct {
		Type            int    `json:"type"`
		Street          string `json:"street"`
		BuildingNumber  string `json:"buildingNumber"`
		Entrance        string `json:"entrance"`
		ApartmentNumber string `json:"apartmentNumber"`
		ApartmentSuffix string `json:"apartmentIdSuffix"`
		PostCode        string `json:"postCode"`
		PostOfficeBox   string `json:"postOfficeBox"`
		FreeAddressLine string `json:"freeAddressLine"`
		PostOffices     []struct {
			City             string `json:"city"`
			LanguageCode     string `json:"languageCode"`
			MunicipalityCode string `json:"municipalityCode"`
		} `json:"postOffices"`
	}
)

// The codes of the register that are understood.
const (
	ownName                      = "1" // others are parallel and auxiliary names
	visiting, postal             = 1, 2
	finnish, swedish, english    = "1", "2", "3"
	trade, prepayment, vat, work = "1", "5", "6", "7"
)

// entered are the types of an entry that say that a company is in the register. An
// entry may also say that it is not.
var entered = map[string][]string{trade: {"1"}, prepayment: {"55"}, vat: {"80", "82", "83"}, work: {"41"}}

// situations by the register's code, the gravest first.
var situations = []struct {
	code string
	is   companyv1.Situation
}{
	{"KONK", companyv1.Situation_SITUATION_BANKRUPTCY},
	{"SELTILA", companyv1.Situation_SITUATION_LIQUIDATION},
	{"SANE", companyv1.Situation_SITUATION_RESTRUCTURING},
}

// readAnswer reads the register's answer about one company; nil when it knows none.
func readAnswer(body []byte, id string, now time.Time) (*companyv1.Company, error) {
	var all *wireAnswer
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, unreadable("no JSON of companies: %w", err)
	}
	if all == nil || all.Companies == nil {
		return nil, unreadable("no list of companies")
	}
	if len(all.Companies) == 0 {
		return nil, nil
	}
	for _, one := range all.Companies {
		if one.BusinessID.Value == id {
			return one.read(id, now), nil
		}
	}
	return nil, unreadable("another company than %s", id)
}

func (w wireCompany) read(id string, now time.Time) *companyv1.Company {
	today := string(catalogue.DateOf(now))
	c := &companyv1.Company{BusinessId: id, LookedUpTime: timestamppb.New(now), EndDate: date(w.EndDate)}
	for _, name := range w.Names {
		if name.Type == ownName && current(name.EndDate, today) && c.DisplayName == "" {
			c.DisplayName = clean(name.Name)
		}
	}
	for _, form := range w.CompanyForms {
		if current(form.EndDate, today) && c.Form == nil {
			c.Form = words(form.Descriptions)
		}
	}
	if line := w.MainBusinessLine; line != nil {
		c.LineOfBusinessCode, c.LineOfBusiness = clean(line.Type), words(line.Descriptions)
	}
	c.Address = w.address()
	c.TradeRegister, c.PrepaymentRegister = w.entry(trade, today), w.entry(prepayment, today)
	c.VatRegister, c.EmployerRegister = w.entry(vat, today), w.entry(work, today)
	c.Situation = w.situation(today)
	c.Unknown = unknown(c)
	return c
}

// entry tells whether a company is in a register. Where no entry of any register is
// told of, nothing is known; an entry of a type that is not known says nothing either.
func (w wireCompany) entry(register, today string) companyv1.Entry {
	if len(w.RegisteredEntries) == 0 {
		return companyv1.Entry_ENTRY_UNSPECIFIED
	}
	is := companyv1.Entry_ENTRY_NONE
	for _, entry := range w.RegisteredEntries {
		if entry.Register != register {
			continue
		}
		known := slices.Contains(entered[register], entry.Type)
		switch on := current(entry.EndDate, today); {
		case on && known:
			return companyv1.Entry_ENTRY_ENTERED
		case on && entry.Type != "0":
			is = companyv1.Entry_ENTRY_UNSPECIFIED
		case known && is == companyv1.Entry_ENTRY_NONE:
			is = companyv1.Entry_ENTRY_ENDED
		}
	}
	return is
}

func (w wireCompany) situation(today string) companyv1.Situation {
	found := companyv1.Situation_SITUATION_UNSPECIFIED
	for _, s := range w.CompanySituations {
		if current(s.EndDate, today) {
			found = companyv1.Situation_SITUATION_OTHER
		}
	}
	for _, known := range situations {
		for _, s := range w.CompanySituations {
			if s.Type == known.code && current(s.EndDate, today) {
				return known.is
			}
		}
	}
	return found
}

// address is where the company is, else where its post goes; nil when neither is told.
func (w wireCompany) address() *companyv1.Address {
	for _, kind := range []int{visiting, postal} {
		for _, a := range w.Addresses {
			if a.Type != kind {
				continue
			}
			shown := &companyv1.Address{Street: a.line(), PostCode: clean(a.PostCode), City: &companyv1.Words{}}
			for _, office := range a.PostOffices {
				put(shown.City, office.LanguageCode, cases.Title(language.Finnish).String(clean(office.City)))
				shown.MunicipalityCode = clean(office.MunicipalityCode)
			}
			if shown.Street != "" || shown.PostCode != "" {
				return shown
			}
		}
	}
	return nil
}

func (a wireAddress) line() string {
	switch {
	case a.Street != "":
		return clean(strings.Join([]string{a.Street, a.BuildingNumber, a.Entrance, a.ApartmentNumber + a.ApartmentSuffix}, " "))
	case a.PostOfficeBox != "":
		return clean("PL " + a.PostOfficeBox)
	}
	return clean(a.FreeAddressLine)
}

func words(texts []wireText) *companyv1.Words {
	all := &companyv1.Words{}
	for _, text := range texts {
		put(all, text.LanguageCode, clean(text.Description))
	}
	if all.Fi == "" && all.Sv == "" && all.En == "" {
		return nil
	}
	return all
}

func put(w *companyv1.Words, code, text string) {
	switch code {
	case finnish:
		w.Fi = text
	case swedish:
		w.Sv = text
	case english:
		w.En = text
	}
}

// unknown lists what the register does not tell.
func unknown(c *companyv1.Company) []string {
	var names []string
	for _, f := range []struct {
		name string
		not  bool
	}{
		{"display_name", c.DisplayName == ""},
		{"form", c.Form == nil},
		{"line_of_business", c.LineOfBusiness == nil},
		{"address", c.Address == nil},
		{"trade_register", c.TradeRegister == companyv1.Entry_ENTRY_UNSPECIFIED},
		{"prepayment_register", c.PrepaymentRegister == companyv1.Entry_ENTRY_UNSPECIFIED},
		{"vat_register", c.VatRegister == companyv1.Entry_ENTRY_UNSPECIFIED},
		{"employer_register", c.EmployerRegister == companyv1.Entry_ENTRY_UNSPECIFIED},
	} {
		if f.not {
			names = append(names, f.name)
		}
	}
	return names
}

// current tells whether what ends on a date, if it does, holds today.
func current(end, today string) bool { return end == "" || end >= today }

// date is a date as the register writes it; empty for anything else.
func date(text string) string {
	if catalogue.Date(text).Valid() {
		return text
	}
	return ""
}

// longest is how long a text of the register may be, in characters: as long as the
// contract lets a company's name be.
const longest = 200

// clean makes a text of the register one line without control characters.
func clean(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest])
	}
	return text
}
