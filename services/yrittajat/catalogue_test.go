package yrittajat_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/services/kit/catalogue"
)

func load(t *testing.T) *catalogue.Provider {
	t.Helper()
	data, err := os.ReadFile("catalogue.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := catalogue.Load("catalogue.yaml", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestServices(t *testing.T) {
	p := load(t)
	if p.Key != "espoon-yrittajat" {
		t.Errorf("provider is %q", p.Key)
	}
	var got []string
	for _, s := range p.ServicesOn("2026-03-31") {
		got = append(got, s.ID)
	}
	want := []string{"member-advice", "templates", "ownership", "mentoring", "advocacy", "membership"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
}

// Membership must be open to non-members, or nobody could ever join.
func TestMembersOnly(t *testing.T) {
	want := map[string]bool{"member-advice": true, "templates": true, "mentoring": true}
	for _, s := range load(t).Services {
		if s.MembersOnly != want[s.ID] {
			t.Errorf("%s: members only is %t", s.ID, s.MembersOnly)
		}
	}
}

// That a company is for sale may not leak: neither that there is a request nor
// one field of it.
func TestOwnershipTransferIsSecret(t *testing.T) {
	for _, s := range load(t).Services {
		if s.Secret != (s.ID == "ownership") {
			t.Errorf("%s: secret is %t", s.ID, s.Secret)
		}
		if !s.Secret {
			continue
		}
		for _, in := range s.Inputs {
			if in.DataClass != catalogue.ClassSecret {
				t.Errorf("%s.%s is of class %s", s.ID, in.ID, in.DataClass)
			}
		}
	}
}
