package rule_test

import (
	"testing"

	"github.com/businessespoo/hub/services/kit/rule"
)

// What ParseDecimal reads, String writes so that it reads the same again.
func FuzzParseDecimal(f *testing.F) {
	for _, seed := range []string{"37.21", "1260", "-0,05", "", "1.2.3", "99999999999999.99", "٣"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		d, err := rule.ParseDecimal(in)
		if err != nil {
			return
		}
		again, err := rule.ParseDecimal(d.String())
		if err != nil || again != d {
			t.Errorf("%q is %d, but %q is %d, %v", in, d, d.String(), again, err)
		}
	})
}
