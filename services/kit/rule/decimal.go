package rule

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/businessespoo/hub/services/kit/catalogue"
)

// Decimal is a number in hundredths: euros with cents, or hours with two
// decimals. Sums of money are never kept in floating point.
type Decimal int64

// Whole returns n as a decimal.
func Whole(n int) Decimal { return Decimal(n) * 100 }

// ParseDecimal reads a number with at most two decimals, after a point or a
// comma, of at most 14 digits before it. It fails on anything else.
func ParseDecimal(s string) (Decimal, error) {
	digits, sign := strings.TrimSpace(s), Decimal(1)
	if rest, ok := strings.CutPrefix(digits, "-"); ok {
		digits, sign = rest, -1
	}
	whole, fraction, _ := strings.Cut(strings.Replace(digits, ",", ".", 1), ".")
	if whole == "" || len(whole) > 14 || len(fraction) > 2 {
		return 0, fmt.Errorf("rule: %q is not a number with at most two decimals", s)
	}
	var n Decimal
	for _, r := range whole + (fraction + "00")[:2] {
		if r < '0' || r > '9' {
			return 0, fmt.Errorf("rule: %q is not a number with at most two decimals", s)
		}
		n = 10*n + Decimal(r-'0')
	}
	return sign * n, nil
}

// String returns the number with a point, and with decimals only when it has any.
func (d Decimal) String() string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	if d%100 == 0 {
		return fmt.Sprintf("%s%d", sign, d/100)
	}
	return fmt.Sprintf("%s%d.%02d", sign, d/100, d%100)
}

// Scale returns d * by / in, rounded half away from zero. It is exact for any
// operands; in must not be zero.
func (d Decimal) Scale(by, in Decimal) Decimal {
	n := new(big.Int).Mul(big.NewInt(int64(d)), big.NewInt(int64(by)))
	q := big.NewInt(int64(in))
	if q.Sign() < 0 {
		n.Neg(n)
		q.Neg(q)
	}
	half := new(big.Int).Rsh(q, 1)
	if n.Sign() < 0 {
		half.Neg(half)
	}
	return Decimal(n.Add(n, half).Quo(n, q).Int64())
}

// Percent returns the given percentage of d, rounded to a hundredth.
func (d Decimal) Percent(percent Decimal) Decimal { return d.Scale(percent, Whole(100)) }

// Number returns the number as it is written in each language.
func (d Decimal) Number() catalogue.Texts {
	s := d.String()
	comma := strings.Replace(s, ".", ",", 1)
	return catalogue.Texts{FI: group(comma, "\u00a0"), SV: group(comma, "\u00a0"), EN: group(s, ",")}
}

// Euros returns the sum as money is written in each language.
func (d Decimal) Euros() catalogue.Texts {
	n := d.Number()
	return catalogue.Texts{FI: n.FI + "\u00a0€", SV: n.SV + "\u00a0€", EN: "EUR\u00a0" + n.EN}
}

// group separates the thousands of a number that has been written out.
func group(s, separator string) string {
	end := strings.IndexAny(s, ".,")
	if end < 0 {
		end = len(s)
	}
	for i := end - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + separator + s[i:]
	}
	return s
}

// DateTexts returns the date as it is written in each language.
func DateTexts(d catalogue.Date) catalogue.Texts {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return catalogue.Texts{FI: string(d), SV: string(d), EN: string(d)}
	}
	nordic := t.Format("2.1.2006")
	return catalogue.Texts{FI: nordic, SV: nordic, EN: t.Format("2 January 2006")}
}
