// Package identifier reads the numbers that companies are known by and returns
// each in its one canonical form, so that two spellings of one company never
// become two companies.
//
// Every error names the value, what is wrong with it and what would be right.
package identifier

import (
	"fmt"
	"strings"
)

// The schemes that ParseCompany knows.
const (
	// SchemeBusinessID is the Finnish Business ID (Y-tunnus), NNNNNNN-C.
	SchemeBusinessID = "business-id"
	// SchemeVAT is an EU VAT number, country prefix first.
	SchemeVAT = "vat"
	// SchemeLEI is a Legal Entity Identifier (ISO 17442), 20 characters.
	SchemeLEI = "lei"
	// SchemeEUID is the European Unique Identifier of the business registers'
	// interconnection (BRIS): country, register, a full stop, number.
	SchemeEUID = "euid"
)

// Error is what every parser of this package returns for a value it refuses.
type Error struct {
	// Scheme is one of the schemes above.
	Scheme string
	// Value is what was given, unchanged.
	Value string
	// Wrong says what is wrong with the value.
	Wrong string
	// Right says what would be right.
	Right string
}

// Error gives one line: scheme, value, what is wrong, what would be right.
func (e *Error) Error() string {
	return fmt.Sprintf("%s %s: %s; %s", e.Scheme, quote(e.Value), e.Wrong, e.Right)
}

// ParseCompany reads value under the named scheme and returns its canonical
// form. An unknown scheme is an error that lists the known ones.
func ParseCompany(scheme, value string) (string, error) {
	switch scheme {
	case SchemeBusinessID:
		return ParseBusinessID(value)
	case SchemeVAT:
		return ParseVAT(value)
	case SchemeLEI:
		return ParseLEI(value)
	case SchemeEUID:
		return ParseEUID(value)
	}
	return "", &Error{
		Scheme: "company identifier", Value: scheme,
		Wrong: "is not a known scheme",
		Right: "use one of " + strings.Join([]string{SchemeBusinessID, SchemeVAT, SchemeLEI, SchemeEUID}, ", "),
	}
}

// quote shortens a value before it goes into a message: what somebody pasted
// by mistake may be a whole document.
func quote(value string) string {
	const most = 40
	for i := range value {
		if i >= most {
			return fmt.Sprintf("%q...", value[:i])
		}
	}
	return fmt.Sprintf("%q", value)
}

// upper raises the letters a-z only. strings.ToUpper would turn the dotless ı
// and the long ſ into ASCII letters, and so accept what nobody meant.
func upper(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, s)
}

// digits tells whether s is one or more of the ASCII digits 0-9; other scripts'
// digits are refused, as registers do not use them.
func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// letters tells whether s is one or more of A-Z.
func letters(s string) bool {
	return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
