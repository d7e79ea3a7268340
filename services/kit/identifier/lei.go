package identifier

import (
	"fmt"
	"strings"
)

// ParseLEI reads a Legal Entity Identifier (ISO 17442) and returns it in
// capitals: 18 letters or digits and two check digits, which make the whole,
// with A=10 to Z=35, 1 modulo 97 (ISO 7064).
func ParseLEI(s string) (string, error) {
	refuse := func(wrong, right string) (string, error) {
		return "", &Error{Scheme: SchemeLEI, Value: s, Wrong: wrong, Right: right}
	}
	value := upper(strings.TrimSpace(s))
	const form = "write 18 letters or digits and two check digits, such as 549300A0JPRWG1KI7U06"
	if len(value) != 20 {
		return refuse(fmt.Sprintf("has %d characters instead of 20", len([]rune(value))), form)
	}
	for i := range len(value) {
		if c := value[i]; !('0' <= c && c <= '9') && !('A' <= c && c <= 'Z' && i < 18) {
			return refuse(fmt.Sprintf("the character at place %d is not allowed there", i+1), form)
		}
	}
	// Computed and compared, not only checked modulo 97: 00, 01 and 99 can also
	// give 1, but the standard's own are 02 to 98.
	want := fmt.Sprintf("%02d", 98-mod97(value[:18]+"00"))
	if value[18:] != want {
		return refuse("the check digits "+value[18:]+" are wrong", "with these 18 characters they would be "+want)
	}
	return value, nil
}

// mod97 takes ASCII digits and capitals only.
func mod97(s string) int {
	rest := 0
	for i := range len(s) {
		if c := s[i]; c <= '9' {
			rest = (rest*10 + int(c-'0')) % 97
		} else {
			rest = (rest*100 + int(c-'A') + 10) % 97
		}
	}
	return rest
}
