package matrix

import (
	_ "embed"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"
)

//go:embed expected.yaml
var expectedFile []byte

// expected is the content of expected.yaml.
type expected struct {
	Classes    map[string]string  `yaml:"classes"`
	Onlookers  map[string]expects `yaml:"onlookers"`
	WithoutAPI map[string]string  `yaml:"without-api"`
}

// expects is what one onlooker is expected to see.
type expects struct {
	Who  string   `yaml:"who"`
	Seen []string `yaml:"seen"`
	// By are ways by which some of it is to be met at the least.
	By map[string][]string `yaml:"by"`
}

// readExpected reads the file strictly: a misspelt class would be one that nobody sees.
func readExpected(t *testing.T) expected {
	t.Helper()
	var e expected
	if err := yaml.UnmarshalWithOptions(expectedFile, &e, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	known := func(where string, classes []string) {
		for _, class := range classes {
			if e.Classes[class] == "" {
				t.Fatalf("expected.yaml: %s names the class %q, which is not among classes", where, class)
			}
		}
	}
	for name, onlooker := range e.Onlookers {
		known(name, onlooker.Seen)
		for way, classes := range onlooker.By {
			known(name, classes)
			if !slices.Contains(ways, way) {
				t.Fatalf("expected.yaml: %s: %q is not one of the ways %v", name, way, ways)
			}
		}
	}
	return e
}
