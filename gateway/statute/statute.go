// Package statute holds, as data, by which sections of law an authority may see
// other authorities' parts of a case without the company's consent.
package statute

import (
	_ "embed" // the grounds
	"regexp"
	"strings"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/datafile"
	"github.com/businessespoo/hub/services/kit/sight"
)

//go:embed statutes.yaml
var data []byte

// Ground is a section of law.
type Ground struct {
	ID string `yaml:"id"`
	// Act is its number and year, such as 621/1999.
	Act string `yaml:"act"`
	// Section of the act, such as 29.
	Section string `yaml:"section"`
	// Names of the act.
	Names catalogue.Texts `yaml:"names"`
	// Descriptions say when it applies.
	Descriptions catalogue.Texts `yaml:"descriptions"`
	// Classes are what it lets be seen at the most, such as decision.
	Classes []string `yaml:"classes"`

	catalogue.Provenance `yaml:",inline"`
}

// Allows are the classes that the section lets be seen at the most.
func (g *Ground) Allows() sight.Set {
	var set sight.Set
	for _, class := range g.Classes {
		set |= sight.Of(classOf(class))
	}
	return set
}

func classOf(name string) policyv1.DataClass {
	return policyv1.DataClass(policyv1.DataClass_value["DATA_CLASS_"+strings.ToUpper(name)])
}

// Grounds are all sections, in the order of the file.
type Grounds []Ground

// Find answers a section of an act.
func (g Grounds) Find(act, section string) (*Ground, bool) {
	for i := range g {
		if g[i].Act == act && g[i].Section == section {
			return &g[i], true
		}
	}
	return nil, false
}

// Load reads the grounds that are built into the binary. It fails with a
// *[datafile.Error] when that file has a mistake.
func Load() (Grounds, error) { return load("statute/statutes.yaml", data) }

var actForm = regexp.MustCompile(`^[1-9][0-9]{0,3}/[12][0-9]{3}$`)

func load(file string, data []byte) (Grounds, error) {
	var read struct {
		Grounds Grounds `yaml:"grounds"`
	}
	f, err := datafile.Read(file, data, &read)
	if err != nil {
		return nil, err
	}
	ids, sections := map[string]bool{}, map[string]bool{}
	for i := range read.Grounds {
		g := &read.Grounds[i]
		at := datafile.Field("grounds").Item(i, g.ID)
		f.Key(at.Field("id"), g.ID, "openness-appeal")
		f.Unique(at.Field("id"), ids, g.ID, "ground")
		f.Unique(at.Field("section"), sections, g.Act+" s. "+g.Section, "ground")
		if !actForm.MatchString(g.Act) {
			f.Fail(at.Field("act"), "%q is no number of an act; write it as 621/1999", g.Act)
		}
		for field, texts := range map[string]catalogue.Texts{"names": g.Names, "descriptions": g.Descriptions} {
			for _, language := range []string{"fi", "sv", "en"} {
				if strings.TrimSpace(texts.In(language)) == "" {
					f.Fail(at.Field(field), "has no text in %s", language)
				}
			}
		}
		// What a law gives at the most is what the table says that a law can give.
		possible := sight.Rules().ByRule(sight.Disclosed, sight.ByLaw)
		for _, class := range g.Classes {
			if c := classOf(class); c == 0 || !possible.Has(c) {
				f.Fail(at.Field("classes"), "%q cannot be given by law; it is one of %v", class, possible.Classes())
			}
		}
		if g.Section == "" || len(g.Classes) == 0 || g.Source == "" {
			f.Fail(at, "needs a section, classes and a source")
		}
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return read.Grounds, nil
}
