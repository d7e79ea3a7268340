package statute

import (
	"strings"
	"testing"
)

func TestTheGroundsOfTheBinary(t *testing.T) {
	grounds, err := Load()
	if err != nil || len(grounds) == 0 {
		t.Fatalf("%d grounds: %v", len(grounds), err)
	}
	for _, g := range grounds {
		// Consent is another object and never a section of law.
		if g.Act == "621/1999" && g.Section == "26" {
			t.Errorf("%s is consent, dressed as law", g.ID)
		}
		if found, ok := grounds.Find(g.Act, g.Section); !ok || found.ID != g.ID {
			t.Errorf("%s s. %s is found as %v", g.Act, g.Section, found)
		}
	}
	if _, ok := grounds.Find("621/1999", "1000"); ok {
		t.Error("a section that is not in the file is found")
	}
}

func TestMistakesAreTold(t *testing.T) {
	good := string(data)
	for from, to := range map[string]string{
		"act: 621/1999":                                      "act: Openness Act",
		"section: \"29\"":                                    "section: \"\"",
		"classes: [progress, result, decision]":              "classes: [progress, secret]",
		"classes: [progress, application, result, decision]": "classes: []",
		"act: 293/2017":                                      "act: 293/2017\n    extra: 1",
		"en: Act on the Openness of Government Activities":   "en: \"\"",
	} {
		wrong := strings.Replace(good, from, to, 1)
		if wrong == good {
			t.Fatalf("%q is not in the file", from)
		}
		if _, err := load("statutes.yaml", []byte(wrong)); err == nil || !strings.Contains(err.Error(), "statutes.yaml") {
			t.Errorf("with %q: %v", to, err)
		}
	}
}
