package intake

import (
	"testing"
)

// TestStem pairs forms of one word, and words that must stay apart.
func TestStem(t *testing.T) {
	languages, err := loadLanguages()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		language int
		a, b     string
		same     bool
	}{
		{fi, "yritys", "yrityksen", true},
		{fi, "yritys", "yritystä", true},
		{fi, "koulutus", "koulutusta", true},
		{fi, "tontti", "tontteja", true},
		{fi, "perustaa", "perustaisin", true},
		{fi, "perustaa", "perustamaan", true},
		{fi, "työttömäksi", "työttömäks", true},
		{fi, "ulkomainen", "ulkomaisen", true},
		{fi, "lupa", "lupia", true},
		{fi, "tulli", "tulla", false},
		{fi, "laki", "lakko", false},
		{sv, "företag", "företaget", true},
		{sv, "anställa", "anställning", true},
		{sv, "anställa", "anställd", true},
		{sv, "sälja", "sålt", true},
		{sv, "lokal", "lokaler", true},
		{sv, "tomt", "tomta", true},
		{en, "hire", "hiring", true},
		{en, "sell", "sold", true},
		{en, "customs", "customer", false},
		{en, "marketing", "market", false},
	} {
		l := languages[c.language]
		if same := l.stem(c.a) == l.stem(c.b); same != c.same {
			t.Errorf("%s: %q and %q have one stem: %v (%q, %q)", l.code, c.a, c.b, same, l.stem(c.a), l.stem(c.b))
		}
	}
}

func TestGrades(t *testing.T) {
	for stem, want := range map[string]string{"lup": "luv", "luv": "lup", "kaupunk": "kaupung", "tukk": "", "": "", "p": ""} {
		if got := grades(stem); got != want {
			t.Errorf("grades(%q) = %q, want %q", stem, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"tontti", "tontti", 0},
		{"tontti", "tnotti", 1},
		{"tontti", "totti", 1},
		{"tontti", "tonttti", 1},
		{"tontti", "tintti", 1},
		{"tontti", "totnit", 2},
		{"tontti", "varasto", 3},
		{"tontti", "t", 3},
		{"", "", 0},
	} {
		if got := distance(c.a, c.b, 2); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// TestLanguageData keeps the lists of a language apart: a word that is said to
// carry no meaning cannot carry some.
func TestLanguageData(t *testing.T) {
	languages, err := loadLanguages()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range languages {
		for _, word := range l.everyday {
			if l.function[lowered(word)] {
				t.Errorf("%s: %q is both a function word and an everyday word", l.code, word)
			}
		}
		for form, base := range l.forms {
			if _, again := l.forms[base]; again && form != base {
				t.Errorf("%s: %q leads to %q, which leads further", l.code, form, base)
			}
		}
		if len(l.concepts) == 0 || len(l.light) == 0 || len(l.divider) == 0 {
			t.Errorf("%s: a list is empty", l.code)
		}
	}
}
