package name

import (
	"fmt"
	"strings"
)

// CompanySubject is where a party writes about a company in the log. The company is
// a Business ID, or scheme:value for one without: what a subject cannot hold is
// written as _ and two hexadecimal digits.
func CompanySubject(company, party string) string {
	var id strings.Builder
	for _, c := range []byte(company) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' {
			id.WriteByte(c)
		} else {
			fmt.Fprintf(&id, "_%02x", c)
		}
	}
	return "company." + id.String() + "." + party
}
