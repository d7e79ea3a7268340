package identifier

import (
	"regexp"
	"slices"
	"strings"
)

// vatForm is the form of one country's numbers after its prefix.
type vatForm struct {
	pattern *regexp.Regexp
	example string
}

// vatForms are the forms the Commission publishes for VIES, by VAT prefix.
// Greece's prefix is EL; Northern Ireland (XI) counts for goods.
var vatForms = map[string]vatForm{
	"AT": {regexp.MustCompile(`^U[0-9]{8}$`), "ATU12345678"},
	"BE": {regexp.MustCompile(`^[01][0-9]{9}$`), "BE0123456789"},
	"BG": {regexp.MustCompile(`^[0-9]{9,10}$`), "BG123456789"},
	"CY": {regexp.MustCompile(`^[0-9]{8}[A-Z]$`), "CY12345678L"},
	"CZ": {regexp.MustCompile(`^[0-9]{8,10}$`), "CZ12345678"},
	"DE": {regexp.MustCompile(`^[0-9]{9}$`), "DE123456789"},
	"DK": {regexp.MustCompile(`^[0-9]{8}$`), "DK12345678"},
	"EE": {regexp.MustCompile(`^[0-9]{9}$`), "EE123456789"},
	"EL": {regexp.MustCompile(`^[0-9]{9}$`), "EL123456789"},
	"ES": {regexp.MustCompile(`^([A-Z][0-9]{7}[0-9A-Z]|[0-9]{8}[A-Z])$`), "ESA12345678"},
	"FI": {regexp.MustCompile(`^[0-9]{8}$`), "FI01012636"},
	"FR": {regexp.MustCompile(`^[0-9A-HJ-NP-Z]{2}[0-9]{9}$`), "FR12345678901"},
	"HR": {regexp.MustCompile(`^[0-9]{11}$`), "HR12345678901"},
	"HU": {regexp.MustCompile(`^[0-9]{8}$`), "HU12345678"},
	"IE": {regexp.MustCompile(`^([0-9]{7}[A-Z]{1,2}|[0-9][A-Z+*][0-9]{5}[A-Z])$`), "IE1234567WA"},
	"IT": {regexp.MustCompile(`^[0-9]{11}$`), "IT12345678901"},
	"LT": {regexp.MustCompile(`^([0-9]{9}|[0-9]{12})$`), "LT123456789"},
	"LU": {regexp.MustCompile(`^[0-9]{8}$`), "LU12345678"},
	"LV": {regexp.MustCompile(`^[0-9]{11}$`), "LV12345678901"},
	"MT": {regexp.MustCompile(`^[0-9]{8}$`), "MT12345678"},
	"NL": {regexp.MustCompile(`^[0-9A-Z+*]{9}B[0-9]{2}$`), "NL123456789B01"},
	"PL": {regexp.MustCompile(`^[0-9]{10}$`), "PL1234567890"},
	"PT": {regexp.MustCompile(`^[0-9]{9}$`), "PT123456789"},
	"RO": {regexp.MustCompile(`^[0-9]{2,10}$`), "RO1234567890"},
	"SE": {regexp.MustCompile(`^[0-9]{12}$`), "SE123456789001"},
	"SI": {regexp.MustCompile(`^[0-9]{8}$`), "SI12345678"},
	"SK": {regexp.MustCompile(`^[0-9]{10}$`), "SK1234567890"},
	"XI": {regexp.MustCompile(`^([0-9]{9}|[0-9]{12}|(GD|HA)[0-9]{3})$`), "XI123456789"},
}

// ParseVAT reads an EU VAT number and returns it in capitals without spaces,
// prefix first. A Finnish number is a Business ID without its hyphen and its
// check digit is verified; other countries' numbers are verified by their form
// alone. That a number parses does not prove a VAT registration.
func ParseVAT(s string) (string, error) {
	refuse := func(wrong, right string) (string, error) {
		return "", &Error{Scheme: SchemeVAT, Value: s, Wrong: wrong, Right: right}
	}
	value := upper(strings.ReplaceAll(strings.TrimSpace(s), " ", ""))
	if len(value) < 2 || !letters(value[:2]) {
		return refuse("does not start with a country", "put the country first, such as FI01012636")
	}
	country, number := value[:2], value[2:]
	form, known := vatForms[country]
	switch {
	case country == "GR":
		return refuse("Greek VAT numbers start with EL", "write EL"+number)
	case !known:
		return refuse("the country "+country+" has no EU VAT numbers", "use one of "+strings.Join(vatCountries(), " "))
	case !form.pattern.MatchString(number):
		return refuse("is not in the form of "+country, "write it like "+form.example)
	}
	if country == "FI" {
		if want, issued := businessIDCheck(number[:7]); !issued {
			return refuse("the number "+number[:7]+" is never issued, as no check digit fits it", "compare the digits with the register")
		} else if want != number[7:] {
			return refuse("the last digit, the check digit, is wrong", "with these digits it would be FI"+number[:7]+want)
		}
	}
	return value, nil
}

func vatCountries() []string {
	var countries []string
	for country := range vatForms {
		countries = append(countries, country)
	}
	slices.Sort(countries)
	return countries
}
