package intake

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fixture is a small catalogue with the shapes that matter: a shared word, a
// phrase, and two services that one sentence may need.
func fixture(t testing.TB) *Intake {
	t.Helper()
	in, err := New(fixtureDocuments(), []Need{
		{Code: "premises", Names: map[string]string{"fi": "Toimitila", "sv": "Lokal", "en": "Premises"}},
		{Code: "hire", Names: map[string]string{"fi": "Palkkaaminen", "sv": "Anställa", "en": "Hiring"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func fixtureDocuments() []Document {
	service := func(name string, needs []string, fi, sv, en []string) Document {
		return Document{Name: name, Needs: needs, Texts: map[string]Texts{
			"fi": {Name: fi[0], Words: fi[1:]},
			"sv": {Name: sv[0], Words: sv[1:]},
			"en": {Name: en[0], Description: "A service of the fixture for companies.", Words: en[1:]},
		}}
	}
	return []Document{
		service("premises", []string{"premises"},
			[]string{"Toimitilaneuvonta", "toimitila", "liiketila", "tila", "varasto"},
			[]string{"Lokalrådgivning", "lokal", "butikslokal", "lager"},
			[]string{"Premises advice", "premises", "office", "warehouse"}),
		service("vacancy", []string{"hire"},
			[]string{"Avoin työpaikka", "palkata", "työntekijä", "kokki"},
			[]string{"Ledig plats", "anställa", "arbetstagare", "kock"},
			[]string{"Vacancy", "hire", "employee", "cook"}),
		service("pay-subsidy", []string{"premises", "hire"},
			[]string{"Palkkatuki", "palkkatuki", "palkata työtön"},
			[]string{"Lönesubvention", "lönesubvention", "anställa arbetslös"},
			[]string{"Pay subsidy", "pay subsidy", "hire unemployed"}),
		service("ownership", nil,
			[]string{"Omistajanvaihdos", "myydä firma", "jatkaja"},
			[]string{"Ägarskifte", "sälja firma", "efterträdare"},
			[]string{"Ownership transfer", "sell company", "successor"}),
		service("co", nil,
			[]string{"Alkuperätodistus", "alkuperätodistus"},
			[]string{"Ursprungscertifikat", "ursprungscertifikat"},
			[]string{"Certificate of origin", "certificate of origin"}),
	}
}

// TestSuggest names, for each way in which words meet, a text and the first
// service with the rule that must have led to it.
func TestSuggest(t *testing.T) {
	for _, c := range []struct {
		name, text, language, service string
		rule                          Rule
	}{
		{"inflected", "tarvitsen toimitilan", "fi", "premises", RuleStem},
		{"weak grade and plural", "etsimme varastoja", "fi", "premises", RuleStem},
		{"compound by its head", "ravintolatila", "fi", "premises", RuleCompound},
		{"compound of another language", "lagerlokal", "sv", "premises", RuleCompound},
		{"hyphen", "ATA-varasto", "fi", "premises", RuleCompound},
		{"written apart", "alkuperä todistus", "fi", "co", RuleCompound},
		{"typing error", "palkkatuik", "fi", "pay-subsidy", RuleSimilar},
		{"two typing errors", "alkupeärtodstus", "fi", "co", RuleSimilar},
		{"no diacritics", "alkuperatodistus", "fi", "co", RuleStem},
		{"typing error in Swedish", "ursprungscertifkat", "sv", "co", RuleSimilar},
		{"irregular form", "firman myyn", "fi", "ownership", RulePhrase},
		{"irregular form in English", "sold the company", "en", "ownership", RulePhrase},
		{"kind of a thing", "myyn kampaamoni", "fi", "ownership", RulePhrase},
		{"kind in a compound", "säljer min frisörsalong", "sv", "ownership", RulePhrase},
		{"phrase in any order", "an unemployed person to hire", "en", "pay-subsidy", RulePhrase},
		{"field says another language", "vi söker en lokal", "fi", "premises", RuleStem},
		{"mixed languages", "tarviin palkkatuki for my firma", "en", "pay-subsidy", RuleStem},
		{"unknown language", "warehouse", "de", "premises", RuleStem},
		{"capitals and signs", "  «TOIMITILA»!!! ", "fi", "premises", RuleStem},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := fixture(t).Suggest(c.text, c.language, 3)
			if len(got) == 0 {
				t.Fatalf("%q got nothing, want %s", c.text, c.service)
			}
			if got[0].Service != c.service || !slices.ContainsFunc(got[0].Reasons, func(r Reason) bool { return r.Rule == c.rule }) {
				t.Errorf("%q got %+v, want %s by %s", c.text, got[0], c.service, c.rule)
			}
		})
	}
}

func TestTwoNeeds(t *testing.T) {
	for text, language := range map[string]string{
		"palkkaan kokin ja tarvitsen varaston":     "fi",
		"varasto, palkkaisin kokin":                "fi",
		"vi vill anställa en kock å behöver lokal": "sv",
		"an office and also hire a cook":           "en",
	} {
		got := fixture(t).Suggest(text, language, 2)
		var services []string
		for _, s := range got {
			services = append(services, s.Service)
		}
		slices.Sort(services)
		if diff := cmp.Diff([]string{"premises", "vacancy"}, services); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestNothing(t *testing.T) {
	for text, language := range map[string]string{
		"":                                   "fi",
		"   \n\t ":                           "fi",
		"?!.,":                               "en",
		"ja se on niin":                      "fi",
		"millainen sää huomenna on":          "fi",
		"min hund är bortsprungen":           "sv",
		"day care place for my daughter":     "en",
		"qwzx prtk vvvv":                     "en",
		strings.Repeat("x", 10_000):          "fi",
		"\xff\xfe\x00":                       "fi",
		"a service of the fixture companies": "en",
	} {
		if got := fixture(t).Suggest(text, language, 3); len(got) > 0 {
			t.Errorf("%.40q got %+v, want nothing", text, got)
		}
	}
}

func TestReasons(t *testing.T) {
	got := fixture(t).Suggest("Myyn Kampaamoni", "fi", 1)
	want := []Suggestion{{
		Service:    "ownership",
		Confidence: got[0].Confidence,
		Reasons:    []Reason{{Word: "Myyn Kampaamoni", Matched: "myydä firma", Rule: RulePhrase, Language: "fi"}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("suggestions (-want +got):\n%s", diff)
	}
	if c := got[0].Confidence; c <= 0 || c > 1 {
		t.Errorf("confidence is %v, want above 0 and at most 1", c)
	}
}

func TestByNeed(t *testing.T) {
	in := fixture(t)
	for code, want := range map[string][]string{
		"hire":    {"vacancy", "pay-subsidy"},
		"unknown": nil,
		"":        nil,
	} {
		var got []string
		for _, s := range in.ByNeed(code) {
			got = append(got, s.Service)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("need %q (-want +got):\n%s", code, diff)
		}
	}
	if got := in.Suggest(" hire ", "fi", 1); len(got) != 1 || got[0].Reasons[0].Rule != RuleNeed {
		t.Errorf("the code as text got %+v, want one suggestion by need", got)
	}
}

func TestLimits(t *testing.T) {
	in := fixture(t)
	for _, limit := range []int{-1, 0} {
		if got := in.Suggest("toimitila", "fi", limit); got != nil {
			t.Errorf("at most %d got %+v, want none", limit, got)
		}
	}
	if got := in.Suggest(strings.Repeat("å", MaxText)+" toimitila", "fi", 3); len(got) > 0 {
		t.Errorf("what comes after %d characters was read: %+v", MaxText, got)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, documents := range map[string][]Document{
		"no name":      {{}},
		"twice":        {{Name: "a"}, {Name: "a"}},
		"unknown need": {{Name: "a", Needs: []string{"fly"}}},
	} {
		if _, err := New(documents, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// FuzzSuggest looks for texts that make the search fail, answer differently the
// second time, or take far longer than the longest text may.
func FuzzSuggest(f *testing.F) {
	in := fixture(f)
	for _, text := range []string{"", "palkkaan kokin ja tarvitsen varaston", "a-b'c-d", "55-vuotias", "é̀🙂", strings.Repeat("ab ", 900), "\xff", "yt:t", "İstanbul", "-", "'"} {
		f.Add(text, "fi", 3)
	}
	f.Fuzz(func(t *testing.T, text, language string, limit int) {
		start := time.Now()
		got := in.Suggest(text, language, limit)
		if took := time.Since(start); took > 10*time.Second { // it takes some milliseconds
			t.Errorf("took %v", took)
		}
		if len(got) > max(limit, 0) {
			t.Errorf("%d suggestions, want at most %d", len(got), limit)
		}
		for _, s := range got {
			if s.Confidence <= 0 || s.Confidence > 1 || len(s.Reasons) == 0 {
				t.Errorf("suggestion %+v lacks a confidence or a reason", s)
			}
		}
		if diff := cmp.Diff(got, in.Suggest(text, language, limit)); diff != "" {
			t.Errorf("the same text was answered in two ways:\n%s", diff)
		}
	})
}
