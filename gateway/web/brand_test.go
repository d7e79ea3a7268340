package web

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestContrast measures what is read on what, in the light and the dark colours: 4.5 for
// text, 3 for what only has to be seen (WCAG 2.2, 1.4.3 and 1.4.11).
func TestContrast(t *testing.T) {
	css := string(styleFile)
	light, rest, _ := strings.Cut(css, "@media (prefers-color-scheme: dark)")
	dark, _, _ := strings.Cut(rest, "*, *::before")
	for scheme, block := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]+);`).FindAllStringSubmatch(block, -1) {
			colours[m[1]] = m[2]
		}
		for _, pair := range []struct {
			names string
			least float64
		}{
			{"ink paper ground tint warn-tint bad-tint good-tint inner inner-stripe", 4.5},
			{"soft paper ground tint", 4.5},
			{"accent paper ground tint", 4.5},
			{"accent-dark paper tint", 4.5},
			{"on-accent accent accent-dark", 4.5},
			{"warn paper warn-tint ground", 4.5},
			{"bad paper bad-tint", 4.5},
			{"good good-tint", 4.5},
			{"on-focus focus", 4.5},
			{"edge paper ground", 3},
		} {
			names := strings.Fields(pair.names)
			for _, under := range names[1:] {
				got, err := contrast(colours[names[0]], colours[under])
				if err != nil || got < pair.least {
					t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f (%v)", scheme, names[0], under, got, pair.least, err)
				}
			}
		}
	}
	body := css[strings.Index(css, "*, *::before"):]
	body, _, _ = strings.Cut(body, "@media print")
	if found := regexp.MustCompile(`#[0-9a-fA-F]{3,6}\b`).FindString(strings.ReplaceAll(body, "#services", "")); found != "" {
		t.Errorf("the colour %s stands outside the brand", found)
	}
}

// contrast is the ratio of two colours' luminance.
func contrast(a, b string) (float64, error) {
	x, err := luminance(a)
	if err != nil {
		return 0, err
	}
	y, err := luminance(b)
	return (max(x, y) + .05) / (min(x, y) + .05), err
}

func luminance(hex string) (float64, error) {
	hex = strings.TrimPrefix(hex, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	if len(hex) != 6 {
		return 0, fmt.Errorf("web: %q is no colour", hex)
	}
	sum := 0.0
	for i, weight := range []float64{.2126, .7152, .0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			return 0, err
		}
		c := float64(n) / 255
		if c <= .04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum, nil
}
