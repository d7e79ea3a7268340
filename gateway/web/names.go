package web

import (
	"fmt"
	"math/big"
	"strings"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// caseLink is the page of a case for its company.
func caseLink(name string) string { return "/" + name }

// CaseLink is the page of a case for its company.
func (f *frame) CaseLink(name string) string { return caseLink(name) }

// requestKey is the last part of a request's name: {provider}-{n}.
func requestKey(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// Key is the last part of a resource name.
func (f *frame) Key(name string) string { return requestKey(name) }

// DeskLink is the page of a request for its provider.
func (f *frame) DeskLink(name string) string {
	rest, ok := strings.CutPrefix(name, "cases/")
	id, key, found := strings.Cut(rest, "/requests/")
	if !ok || !found {
		return "/desk"
	}
	return "/desk/" + providerOfKey(key) + "/requests/" + id + "/" + key
}

// providerOfKey takes the number off {provider}-{n}.
func providerOfKey(key string) string {
	if i := strings.LastIndexByte(key, '-'); i > 0 {
		return key[:i]
	}
	return key
}

// Who is what an advisor is called: the name, or their key once the name has
// been deleted.
func (f *frame) Who(a *casesv1.Advisor) string {
	if a.GetDisplayName() != "" {
		return a.GetDisplayName()
	}
	return requestKey(a.GetName())
}

// Person shortens the resource name of an advisor in a refusal to their key.
func (f *frame) Person(value string) string {
	if strings.Contains(value, "/advisors/") {
		return requestKey(value)
	}
	return value
}

// CompanyName is what a company is called, with its identifier.
func (f *frame) CompanyName(c *casesv1.Company) string {
	return strings.Join(f.CompanyParts(c), " ")
}

// CompanyParts are the words of CompanyName: the last of two is the identifier, which no
// line may break.
func (f *frame) CompanyParts(c *casesv1.Company) []string {
	switch {
	case c == nil:
		return []string{f.T("company.none")}
	case c.GetDisplayName() == "":
		return []string{c.GetId()}
	default:
		return []string{c.GetDisplayName(), "(" + c.GetId() + ")"}
	}
}

// LanguageName is what a language is called; its code when it is not one of
// those that the pages offer.
func (f *frame) LanguageName(code string) string {
	if key := "language." + code; f.texts.has(f.Lang, key) {
		return f.T(key)
	}
	return code
}

// contactLanguages are those that a company can choose to be served in: the
// three of the hub, and those that are spoken most in Espoo beside them.
func contactLanguages() []string {
	return []string{"fi", "sv", "en", "ru", "et", "ar", "so", "fa", "zh", "sq", "vi", "ku", "uk", "es", "fr", "de"}
}

func (f *frame) languageChoices() []choice {
	choices := make([]choice, 0, len(contactLanguages()))
	for _, code := range contactLanguages() {
		choices = append(choices, choice{Value: code, Label: f.LanguageName(code)})
	}
	return choices
}

// parseCompany recognises an identifier by its form. A token writes a company
// without a Business ID as scheme:value.
func parseCompany(value string) (*casesv1.Company, error) {
	value = strings.TrimSpace(value)
	if scheme, rest, ok := strings.Cut(value, ":"); ok {
		id, err := identifier.ParseCompany(scheme, rest)
		return &casesv1.Company{Scheme: companyScheme(scheme), Id: id}, err
	}
	for _, scheme := range []string{identifier.SchemeBusinessID, identifier.SchemeLEI, identifier.SchemeEUID, identifier.SchemeVAT} {
		if id, err := identifier.ParseCompany(scheme, value); err == nil {
			return &casesv1.Company{Scheme: companyScheme(scheme), Id: id}, nil
		}
	}
	// Most people mean a Business ID, so its error helps most.
	_, err := identifier.ParseBusinessID(value)
	return nil, err
}

func companyScheme(scheme string) casesv1.CompanyScheme {
	switch scheme {
	case identifier.SchemeVAT:
		return casesv1.CompanyScheme_COMPANY_SCHEME_VAT
	case identifier.SchemeLEI:
		return casesv1.CompanyScheme_COMPANY_SCHEME_LEI
	case identifier.SchemeEUID:
		return casesv1.CompanyScheme_COMPANY_SCHEME_EUID
	default:
		return casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID
	}
}

// cents reads an amount in euros as people write it: 1 260,50.
func cents(value string) (int64, error) {
	number := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "€", "", ",", ".").Replace(value)
	amount, ok := new(big.Rat).SetString(number)
	if !ok || strings.ContainsAny(number, "eE/_xX") {
		return 0, fmt.Errorf("web: %.40q is not an amount in euros", value)
	}
	amount.Mul(amount, big.NewRat(100, 1))
	if !amount.IsInt() || amount.Sign() < 0 || !amount.Num().IsInt64() {
		return 0, fmt.Errorf("web: %.40q is not an amount of euros and cents", value)
	}
	return amount.Num().Int64(), nil
}

// Euros writes an amount in cents as people of the page's language do.
func (f *frame) Euros(cents int64) string {
	amount := fmt.Sprint(cents / 100)
	if rest := cents % 100; rest != 0 {
		amount += fmt.Sprintf(".%02d", rest)
	}
	if amount = f.Number(amount); f.Lang == "en" {
		return "€" + amount
	}
	return amount + "\u00a0€"
}

// Number writes a number of the catalogue, such as 1250.5, as people of the page's language
// do. What is no such number stays as it is.
func (f *frame) Number(value string) string {
	group, point := "\u00a0", ","
	if f.Lang == "en" {
		group, point = ",", "."
	}
	whole, rest, broken := strings.Cut(value, ".")
	if strings.Trim(whole+rest, "0123456789") != "" {
		return value
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + group + whole[i:]
	}
	if broken {
		whole += point + rest
	}
	return whole
}
