package identifier

import (
	"regexp"
	"slices"
	"strings"
)

// euidCountries are the countries whose business registers are connected: the
// European Economic Area. Greece is EL, as in VAT numbers.
var euidCountries = []string{
	"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IS", "IT",
	"LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
}

var (
	euidRegister = regexp.MustCompile(`^[A-Z0-9]{1,20}$`)
	euidNumber   = regexp.MustCompile(`^[A-Z0-9]([A-Z0-9 /._-]{0,48}[A-Z0-9])?$`)
)

// ParseEUID reads a European Unique Identifier (Implementing Regulation (EU)
// 2021/1042): country, register, a full stop, number in that register. It
// returns it in capitals. The number in a Finnish register is a Business ID
// and is verified as one; others are verified by form alone.
func ParseEUID(s string) (string, error) {
	refuse := func(wrong, right string) (string, error) {
		return "", &Error{Scheme: SchemeEUID, Value: s, Wrong: wrong, Right: right}
	}
	const form = "write country, register, full stop and number, such as FIFPRO.0101263-6"
	prefix, number, stop := strings.Cut(upper(strings.TrimSpace(s)), ".")
	if !stop {
		return refuse("has no full stop between register and number", form)
	}
	if len(prefix) < 3 {
		return refuse("has no country and register before the full stop", form)
	}
	country, register := prefix[:2], prefix[2:]
	if country == "GR" {
		country = "EL"
	}
	switch {
	case !slices.Contains(euidCountries, country):
		return refuse("does not start with a country of the European Economic Area", "start with one of "+strings.Join(euidCountries, " "))
	case !euidRegister.MatchString(register):
		return refuse("the register must be 1 to 20 letters A-Z or digits", form)
	case country == "FI":
		id, err := ParseBusinessID(number)
		if err != nil {
			return refuse("the number in a Finnish register is a Business ID, and "+err.Error(), form)
		}
		number = id
	case !euidNumber.MatchString(number):
		return refuse("the number must be 1 to 50 letters A-Z, digits or / . _ - and spaces between them", form)
	}
	return country + register + "." + number, nil
}
