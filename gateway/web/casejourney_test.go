package web

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
)

// TestFollows: what comes before what is read past steps that nobody was asked for, by
// alternatives and by referrals, without saying twice what another one says.
func TestFollows(t *testing.T) {
	steps := []*cataloguev1.JourneyStep{
		{Id: "a", Service: "A"},
		{Id: "b", Service: "B", Alternatives: []string{"B2"}, DependsOn: []string{"a"}},
		{Id: "gap", DependsOn: []string{"b"}},
		{Id: "c", Service: "C", DependsOn: []string{"gap", "a"}},
	}
	requests := []*casesv1.Request{
		{Name: "1", Service: "C"}, {Name: "2", Service: "A"}, {Name: "3", Service: "B2"}, {Name: "4", Service: "X", ReferredFrom: "1"}, {Name: "5", Service: "Y"},
	}
	after := follows(requests, steps)
	if diff := cmp.Diff([][]int{{2}, nil, {1}, {0}, nil}, after); diff != "" {
		t.Errorf("follows (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{2, 0, 1, 3, 0}, levelsOf(after)); diff != "" {
		t.Errorf("levels (-want +got):\n%s", diff)
	}
	// A circle ends, whatever it says.
	levelsOf([][]int{{1}, {0}})
	direct([][]int{{1}, {0}})
}

// TestWrap: no line is longer than fits, and no letter is lost.
func TestWrap(t *testing.T) {
	text := "Yritystoiminnanvalmisteluneuvontapalvelu ja maahantuontilupahakemusneuvonta heti"
	for most := range 60 {
		lines := wrap(text, most)
		for _, line := range lines {
			if utf8.RuneCountInString(line) > max(most, 4) {
				t.Errorf("at %d: %q is too long", most, line)
			}
		}
		if got := strings.NewReplacer("-", "", " ", "").Replace(strings.Join(lines, "")); got != strings.ReplaceAll(text, " ", "") {
			t.Errorf("at %d: %q", most, lines)
		}
	}
	if got := wrap("", 10); !slices.Equal(got, []string{""}) {
		t.Errorf("nothing became %q", got)
	}
}
