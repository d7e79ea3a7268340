package datafile

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type town struct {
	Name   string   `yaml:"name"`
	Houses []string `yaml:"houses"`
	People int      `yaml:"people"`
}

func TestRead(t *testing.T) {
	var out town
	f, err := Read("town.yaml", []byte("name: Espoo\nhouses: [one, two]\npeople: 3\n"), &out)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(town{Name: "Espoo", Houses: []string{"one", "two"}, People: 3}, out); diff != "" {
		t.Errorf("town (-want +got):\n%s", diff)
	}
	if err := f.Err(); err != nil {
		t.Errorf("a file without mistakes has the mistake %v", err)
	}
}

func TestReadNamesTheMistake(t *testing.T) {
	for _, c := range []struct {
		data string
		want Error
	}{
		{"name: a\nmayor: b\n", Error{Line: 2, Field: "mayor", Message: `unknown field "mayor"`}},
		{"name: a\nname: b\n", Error{Line: 2, Message: `mapping key "name" already defined at [1:1]`}},
		{"name: a\npeople: many\n", Error{Line: 2, Field: "people", Message: "is of type string where int is wanted"}},
		{"name: [a\n", Error{Line: 1, Message: "sequence end token ']' not found"}},
		{"", Error{Message: "must hold exactly one YAML document that is not empty"}},
		{"name: a\n---\nname: b\n", Error{Message: "must hold exactly one YAML document that is not empty"}},
	} {
		c.want.File = "town.yaml"
		var out town
		_, err := Read("town.yaml", []byte(c.data), &out)
		var got *Error
		if !errors.As(err, &got) {
			t.Errorf("%q: error is %v, want an Error", c.data, err)
			continue
		}
		if diff := cmp.Diff(c.want, *got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.data, diff)
		}
	}
}

func TestFailKnowsTheLine(t *testing.T) {
	const data = "name: Espoo\nhouses:\n  - one\n  - two\n"
	for _, c := range []struct {
		at   Place
		want string
	}{
		{Field("name"), "town.yaml:1: name: is wrong"},
		{Field("houses").Item(1, "two"), "town.yaml:4: houses[1] (two): is wrong"},
		{Field("houses").Item(1, "").Field("colour"), "town.yaml:4: houses[1].colour: is wrong"},
		{Field("people"), "town.yaml: people: is wrong"},
	} {
		var out town
		f, err := Read("town.yaml", []byte(data), &out)
		if err != nil {
			t.Fatal(err)
		}
		f.Fail(c.at, "is wrong")
		if got := f.Err().Error(); got != c.want {
			t.Errorf("mistake is %q, want %q", got, c.want)
		}
		f.Fail(c.at, "is wrong again")
		if got, want := f.Err().Error(), c.want+" (and 1 more in this file)"; got != want {
			t.Errorf("mistakes are %q, want %q", got, want)
		}
	}
}
