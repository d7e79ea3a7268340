package demo

import (
	"fmt"
	"math/big"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
)

const (
	finnishCompanies = 200
	foreignCompanies = 15
)

// Company is a company that does not exist.
type Company struct {
	// Scheme is the register that ID is of.
	Scheme casesv1.CompanyScheme `json:"-"`
	// ID is a Business ID of the range that is not in use, or an LEI of an issuer
	// that does not exist.
	ID string `json:"id"`
	// Name says that the company is made up.
	Name string `json:"display_name"`
}

// Key is the company as tokens write it.
func (c Company) Key() string {
	if c.Scheme == casesv1.CompanyScheme_COMPANY_SCHEME_LEI {
		return identifier.SchemeLEI + ":" + c.ID
	}
	return c.ID
}

func (c Company) message() *casesv1.Company {
	return &casesv1.Company{Scheme: c.Scheme, Id: c.ID, DisplayName: c.Name}
}

// trades are lines of business in the mix of a city; "koe" is Finnish for test.
var trades = []string{
	"Koekauppa %d Oy", "Koerakennus %d Oy", "Koedata %d Oy", "Koesuunnittelu %d Oy", "Koekahvila %d Oy",
	"Koehoiva %d Oy", "Koekone %d Oy", "Koekuljetus %d Oy", "Tmi Koekampaamo %d", "Koesiivous %d Oy",
}

var foreignNames = []string{"Testwerk %d GmbH", "Provbolag %d AB", "Sample Works %d Ltd", "Essai %d SAS", "Prueba %d SL"}

// Companies are the synthetic companies, the Finnish ones first. They are the
// same at every call.
func Companies() []Company {
	list := make([]Company, 0, finnishCompanies+foreignCompanies)
	for n := range finnishCompanies {
		list = append(list, Company{
			Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID,
			ID:     identifier.NewTestBusinessID(n), Name: fmt.Sprintf(trades[n%len(trades)], n+1),
		})
	}
	for n := range foreignCompanies {
		list = append(list, Company{
			Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_LEI,
			ID:     testLEI(n), Name: fmt.Sprintf(foreignNames[n%len(foreignNames)], n+1),
		})
	}
	return list
}

// testLEI is a valid LEI (ISO 17442: modulo 97 of ISO 7064) of the issuer 9999,
// which does not exist.
func testLEI(n int) string {
	body := fmt.Sprintf("9999HUBTEST%07d", n+1)
	digits := ""
	for _, c := range body + "00" {
		if c >= 'A' {
			digits += fmt.Sprint(c - 'A' + 10)
		} else {
			digits += string(c)
		}
	}
	number, _ := new(big.Int).SetString(digits, 10)
	rest := new(big.Int).Mod(number, big.NewInt(97)).Int64()
	return fmt.Sprintf("%s%02d", body, 98-rest)
}
