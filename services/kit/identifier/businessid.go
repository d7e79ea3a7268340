package identifier

import (
	"fmt"
	"strings"
)

const businessIDForm = "write seven digits, a hyphen and the check digit, such as 0101263-6"

// ParseBusinessID reads a Finnish Business ID (Y-tunnus) and returns it as
// NNNNNNN-C. It trims surrounding spaces and accepts the old form with six
// digits, which gets a zero in front; everything else must already be in that
// form. The check digit and its rule for remainder 1 are those of the Finnish
// Patent and Registration Office. That a number parses does not mean that it
// was issued.
func ParseBusinessID(s string) (string, error) {
	refuse := func(wrong, right string) (string, error) {
		return "", &Error{Scheme: SchemeBusinessID, Value: s, Wrong: wrong, Right: right}
	}
	number, check, hyphen := strings.Cut(strings.TrimSpace(s), "-")
	if !hyphen {
		if suggestion := withHyphen(number); suggestion != "" {
			return refuse("the hyphen before the check digit is missing", "write "+suggestion)
		}
		return refuse("is not a Business ID", businessIDForm)
	}
	if len(number) == 6 {
		number = "0" + number
	}
	if len(number) != 7 || !digits(number) {
		return refuse("the part before the hyphen must be seven digits 0-9", businessIDForm)
	}
	want, issued := businessIDCheck(number)
	if !issued {
		return refuse("the number "+number+" is never issued, as no check digit fits it", "compare the digits with the register")
	}
	if len(check) != 1 || !digits(check) {
		return refuse("the part after the hyphen must be one digit 0-9", businessIDForm)
	}
	if check != want {
		return refuse("the check digit "+check+" is wrong",
			fmt.Sprintf("with these seven digits it would be %s, as in %s-%s", want, number, want))
	}
	return number + "-" + check, nil
}

// SuggestBusinessID returns the Business ID that somebody probably meant whose text is
// refused: with the hyphen that was left out, or with the check digit that fits the other
// digits; empty when there is none. Any of the digits may be the wrong one.
func SuggestBusinessID(s string) string {
	s = strings.TrimSpace(s)
	if with := withHyphen(s); with != "" {
		return with
	}
	number, check, hyphen := strings.Cut(s, "-")
	if len(number) == 6 {
		number = "0" + number
	}
	if !hyphen || len(number) != 7 || !digits(number) || len(check) > 1 || check != "" && !digits(check) {
		return ""
	}
	want, issued := businessIDCheck(number)
	if !issued {
		return ""
	}
	return number + "-" + want
}

// businessIDCheck returns the check digit for seven digits, and false when the
// remainder is 1: such numbers are never issued.
func businessIDCheck(number string) (string, bool) {
	weights := [7]int{7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, weight := range weights {
		sum += int(number[i]-'0') * weight
	}
	switch remainder := sum % 11; remainder {
	case 0:
		return "0", true
	case 1:
		return "", false
	default:
		return string(rune('0' + 11 - remainder)), true
	}
}

// withHyphen returns the Business ID that somebody probably meant who left the
// hyphen out or typed a dash in its place, or nothing.
func withHyphen(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2212', ' ':
			return -1
		}
		return r
	}, s)
	if len(s) != 8 || !digits(s) {
		return ""
	}
	if want, issued := businessIDCheck(s[:7]); !issued || want != s[7:] {
		return ""
	}
	return s[:7] + "-" + s[7:]
}

// NewTestBusinessID returns the n-th valid Business ID, from 0, of the range
// from 9000000, which is not in use: seed data and tests take theirs from
// there. Different n give different ids. It panics unless n is 0 to 899 999.
func NewTestBusinessID(n int) string {
	if n < 0 || n >= 900_000 {
		panic(fmt.Sprintf("identifier: test Business ID %d: n must be 0 to 899999", n))
	}
	// Of ten numbers in a row at most one has remainder 1, so each ten hold nine.
	place := n % 9
	for digit := range 10 {
		number := fmt.Sprintf("9%05d%d", n/9, digit)
		check, issued := businessIDCheck(number)
		if !issued {
			continue
		}
		if place == 0 {
			return number + "-" + check
		}
		place--
	}
	panic(fmt.Sprintf("identifier: test Business ID %d: fewer than nine valid numbers among ten", n))
}
