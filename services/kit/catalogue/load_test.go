package catalogue

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/services/kit/datafile"
)

func testData(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("testdata/catalogue.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

const testWords = `services:
  apprenticeship: {fi: [oppisopimus, harjoittelija töihin], sv: [läroavtal], en: [apprentice]}
`

func load(t *testing.T) *Provider {
	t.Helper()
	p, err := Load("school/catalogue.yaml", []byte(testData(t)), []byte(testWords))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLoad(t *testing.T) {
	p := load(t)
	if p.Key != "school" || p.Names.In("sv") != "Skola" || p.Contact.Web != "https://www.example.com" {
		t.Errorf("provider is %+v", p)
	}
	s, ok := p.Service("apprenticeship")
	if !ok {
		t.Fatal("apprenticeship is not there")
	}
	want := Words{FI: []string{"oppisopimus", "harjoittelija töihin"}, SV: []string{"läroavtal"}, EN: []string{"apprentice"}}
	if diff := cmp.Diff(want, s.Words); diff != "" {
		t.Errorf("words (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(ExpectedTime{Min: 1, Max: 3, Unit: UnitWeeks, Source: "Made up", Mark: MarkUnconfirmed}, s.ExpectedTime); diff != "" {
		t.Errorf("expected time (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(&Joint{With: "employment", Role: JointLead}, s.Joint); diff != "" {
		t.Errorf("joint (-want +got):\n%s", diff)
	}
	if s.Mark != MarkFound || !s.Mark.Confirmed() || s.ValidTo != "2026-12-31" {
		t.Errorf("mark is %q, valid to %q", s.Mark, s.ValidTo)
	}
	if _, ok := p.Service("dancing"); ok {
		t.Error("there is a service that the file does not have")
	}
}

func TestValidity(t *testing.T) {
	p := load(t)
	for _, c := range []struct {
		on       Date
		services int
		entity   string
		hours    string
	}{
		{on: "2018-12-31"},
		{on: "2019-01-01", services: 1, entity: "Joint Authority Example", hours: "24"},
		{on: "2024-12-31", services: 2, entity: "Joint Authority Example", hours: "24"},
		{on: "2025-01-01", services: 2, entity: "City of Example", hours: "25"},
		{on: "2027-01-01", services: 1, entity: "City of Example", hours: "25"},
	} {
		entity, hasEntity := p.LegalEntityOn(c.on)
		hours, hasHours := p.AmountOn("apprenticeship.hours_min", c.on)
		if got := len(p.ServicesOn(c.on)); got != c.services {
			t.Errorf("%s: %d services are valid, want %d", c.on, got, c.services)
		}
		if entity.Name != c.entity || hasEntity != (c.entity != "") {
			t.Errorf("%s: legal entity is %q, want %q", c.on, entity.Name, c.entity)
		}
		if hours.Value != c.hours || hasHours != (c.hours != "") {
			t.Errorf("%s: hours are %q, want %q", c.on, hours.Value, c.hours)
		}
	}
}

func TestLoadNamesTheMistake(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		words          string
		want           string
	}{
		{
			name: "empty text", old: "{fi: Kirjasto, sv: Bibliotek,", new: "{fi: Kirjasto, sv: \"\",",
			want: "school/catalogue.yaml:71: services[1] (library).names.sv: is empty; a service needs its name in fi, sv and en",
		},
		{
			name: "missing text", old: "names: {fi: Kirjasto, sv: Bibliotek, en: Library}", new: "names: {fi: Kirjasto, en: Library}",
			want: "school/catalogue.yaml:71: services[1] (library).names.sv: is empty; a service needs its name in fi, sv and en",
		},
		{
			name: "long name", old: "en: Library}", new: "en: " + strings.Repeat("y", 101) + "}",
			want: "services[1] (library).names.en: has 101 characters; at most 100 fit",
		},
		{
			name: "unknown field", old: "    members_only: true", new: "    member_only: true",
			want: `school/catalogue.yaml:78: services[1].member_only: unknown field "member_only"`,
		},
		{
			name: "field twice", old: "    members_only: true", new: "    secret: true",
			want: `school/catalogue.yaml:79: mapping key "secret" already defined`,
		},
		{
			name: "not yaml", old: "provider: school", new: "provider: [school",
			want: "school/catalogue.yaml:2: ',' or ']' must be specified",
		},
		{
			name: "wrong type", old: "max_length: 20,", new: "max_length: long,",
			want: "school/catalogue.yaml:38: services[0].inputs[1].max_length: is of type string where int is wanted",
		},
		{
			name: "unknown need", old: "needs: [networks]", new: "needs: [dancing]",
			want: `school/catalogue.yaml:74: services[1] (library).needs[0]: "dancing" is not a need; it is one of start-business,`,
		},
		{
			name: "unknown mark", old: "mark: E", new: "mark: X",
			want: `services[1] (library).mark: "X" is not known; it is one of S, F, C, O, E`,
		},
		{
			name: "unknown outcome", old: "{type: document,", new: "{type: book,",
			want: `services[1] (library).outcome.type: "book" is not known; it is one of decision,`,
		},
		{
			name: "unknown class", old: "data_class: secret", new: "data_class: hidden",
			want: `services[0] (apprenticeship).inputs[3] (pay).data_class: "hidden" is not known; it is one of public, case, application, secret`,
		},
		{
			name: "service twice", old: "id: library", new: "id: apprenticeship",
			want: `services[1] (apprenticeship).id: "apprenticeship" is given to another service too`,
		},
		{
			name: "bad service id", old: "id: library", new: "id: The Library",
			want: `services[1] (The Library).id: "The Library" is not a key`,
		},
		{
			name: "no time", old: "{immediate: true}", new: "{immediate: false}",
			want: "services[1] (library).expected_time: must be exactly one of",
		},
		{
			name: "two times", old: "{immediate: true}", new: "{immediate: true, dated: true}",
			want: "services[1] (library).expected_time: must be exactly one of",
		},
		{
			name: "time turned round", old: "{min: 1, max: 3, unit: weeks,", new: "{min: 4, max: 3, unit: weeks,",
			want: "services[0] (apprenticeship).expected_time: min is 4 and max is 3",
		},
		{
			name: "time without source", old: `unit: weeks, source: "Made up",`, new: "unit: weeks,",
			want: "services[0] (apprenticeship).expected_time.source: is empty",
		},
		{
			name: "official without address", old: "      url: https://www.example.com/apply\n", new: "",
			want: `services[0] (apprenticeship).decided.url: "" is not a web address`,
		},
		{
			name: "hub with address", old: "decided: {where: hub}", new: "decided: {where: hub, url: https://www.example.com}",
			want: `services[1] (library).decided: names an official service, but where is "hub"`,
		},
		{
			name: "price for members only", old: "    members_only: true\n", new: "",
			want: "services[1] (library).price: is members, but the service is not members_only",
		},
		{
			name: "bounds of a text", old: "type: long_text, max_length: 20,", new: "type: long_text, min: \"1\",",
			want: "inputs[1] (tasks).min: is for numbers and money; this input is a long_text",
		},
		{
			name: "bounds turned round", old: `max: "60"`, new: `max: "-60"`,
			want: "inputs[0] (weekly_hours).max: -60 is less than min 0",
		},
		{
			name: "one choice", old: "          - {id: further, names: {fi: Jatko, sv: Fortsatt, en: Further}}\n", new: "",
			want: "inputs[5] (level).choices: has 1; a choice needs at least two",
		},
		{
			name: "half a hint", old: "hints: {fi: Keskimäärin., sv: I genomsnitt., en: On average.}", new: "hints: {fi: Keskimäärin.}",
			want: "inputs[0] (weekly_hours).hints.sv: is empty; a hint is needed in fi, sv and en, or in none",
		},
		{
			name: "amounts overlap", old: "valid_from: 2025-01-01, source: \"Made up\"", new: "valid_from: 2024-06-01, source: \"Made up\"",
			want: "school/catalogue.yaml:22: amounts[1] (apprenticeship.hours_min).valid_from: 2024-06-01 overlaps another period",
		},
		{
			name: "amount in words", old: `value: "25"`, new: `value: "25 h"`,
			want: `amounts[1] (apprenticeship.hours_min).value: "25 h" is not a decimal number`,
		},
		{
			name: "no such day", old: "valid_from: 2020-01-01", new: "valid_from: 2020-02-30",
			want: `services[1] (library).valid_from: "2020-02-30" is not a date; write it as 2025-01-01`,
		},
		{
			name: "period turned round", old: "valid_to: 2026-12-31", new: "valid_to: 2018-12-31",
			want: "services[0] (apprenticeship).valid_to: 2018-12-31 is before valid_from 2019-01-01",
		},
		{
			name: "language", old: "languages: [fi]", new: "languages: [fi, de]",
			want: `services[1] (library).languages[1]: "de" is not known; it is one of fi, sv, en`,
		},
		{
			name: "words of no service", words: "services:\n  library: {fi: [kirja]}\n  dancing: {fi: [tanssi]}\n",
			want: "school/words.yaml:3: services.dancing: is not a service of school",
		},
		{
			name: "word twice", words: "services:\n  library:\n    fi:\n      - kirja\n      - kirja\n",
			want: `school/words.yaml:5: services.library.fi[1]: "kirja" is there twice`,
		},
		{
			name: "words in no language", words: "services:\n  library: {de: [Buch]}\n",
			want: `school/words.yaml:2: services.library.de: unknown field "de"`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := testData(t)
			if c.old != "" && strings.Count(data, c.old) != 1 {
				t.Fatalf("the text to replace is there %d times", strings.Count(data, c.old))
			}
			var words []byte
			if c.words != "" {
				words = []byte(c.words)
			}
			_, err := Load("school/catalogue.yaml", []byte(strings.Replace(data, c.old, c.new, 1)), words)
			var mistake *datafile.Error
			if !errors.As(err, &mistake) {
				t.Fatalf("error is %v, want a datafile.Error", err)
			}
			if got := err.Error(); !strings.Contains(got, c.want) || strings.Contains(got, "\n") {
				t.Errorf("error is\n  %s\nwant one line with\n  %s", got, c.want)
			}
		})
	}
}

func TestLoadCountsFurtherMistakes(t *testing.T) {
	data := strings.ReplaceAll(testData(t), "mark: F", "mark: X")
	_, err := Load("school/catalogue.yaml", []byte(data), nil)
	if err == nil || !strings.HasSuffix(err.Error(), "(and 4 more in this file)") {
		t.Errorf("error is %v, want five mistakes", err)
	}
}

func TestLoadRefusesNoDocumentAndTwo(t *testing.T) {
	for _, data := range []string{"", "# nothing\n", "provider: a\n---\nprovider: b\n"} {
		if _, err := Load("school/catalogue.yaml", []byte(data), nil); err == nil || !strings.Contains(err.Error(), "exactly one YAML document") {
			t.Errorf("%q: error is %v", data, err)
		}
	}
}

func TestVersionFollowsTheContent(t *testing.T) {
	read := func(data, words string) string {
		t.Helper()
		p, err := Load("school/catalogue.yaml", []byte(data), []byte(words))
		if err != nil {
			t.Fatal(err)
		}
		return p.Version
	}
	data := testData(t)
	version := read(data, testWords)
	if len(version) != 16 {
		t.Errorf("version is %q, want 16 digits", version)
	}
	if got := read("# A comment\n"+data, testWords); got != version {
		t.Errorf("a comment changes the version to %s", got)
	}
	if got := read(strings.Replace(data, "Kirjasto", "Kirjastot", 1), testWords); got == version {
		t.Error("another name leaves the version as it is")
	}
	if got := read(data, strings.Replace(testWords, "apprentice]", "trainee]", 1)); got == version {
		t.Error("another word leaves the version as it is")
	}
}

func TestNeeds(t *testing.T) {
	needs, err := Needs()
	if err != nil {
		t.Fatal(err)
	}
	if len(needs) < 25 || needs[0].ID != "start-business" || needs[0].Names.FI != "Yrityksen perustaminen" {
		t.Errorf("needs are %+v", needs)
	}
}

func FuzzLoad(f *testing.F) {
	data, err := os.ReadFile("testdata/catalogue.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data, []byte(testWords))
	f.Add([]byte("provider: {a: *b}"), []byte("services: &a [*a]"))
	f.Add([]byte("services: [{names: 3}]"), []byte("- x"))
	f.Fuzz(func(t *testing.T, data, words []byte) {
		p, err := Load("school/catalogue.yaml", data, words)
		if (p == nil) == (err == nil) {
			t.Errorf("provider %v with error %v", p, err)
		}
	})
}
