package omnia_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/businessespoo/hub/services/kit/catalogue"
)

func TestCatalogue(t *testing.T) {
	data, err := os.ReadFile("catalogue.yaml")
	if err != nil {
		t.Fatal(err)
	}
	words, err := os.ReadFile("words.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := catalogue.Load("omnia/catalogue.yaml", data, words)
	if err != nil {
		t.Fatal(err)
	}
	if p.Key != "omnia" {
		t.Errorf("provider is %q, want omnia", p.Key)
	}
	ids := make([]string, len(p.Services))
	for i, s := range p.Services {
		ids[i] = s.ID
	}
	want := []string{"apprenticeship", "training-agreement", "recruit-training", "staff-training", "entrepreneur-qualification", "instructor-training", "recruit-event", "innoomnia"}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
	joint, _ := p.Service("recruit-training")
	if diff := cmp.Diff(&catalogue.Joint{With: "employment", Role: catalogue.JointLead}, joint.Joint); diff != "" {
		t.Errorf("recruit-training (-want +got):\n%s", diff)
	}
	for id, want := range map[string]string{"apprenticeship.hours_min": "25", "apprenticeship.age_min": "15"} {
		if amount, ok := p.AmountOn(id, "2026-06-01"); !ok || amount.Value != want || !amount.Mark.Confirmed() {
			t.Errorf("%s is %+v, want %s from a source", id, amount, want)
		}
	}
	// What another provider pays is an example here, never a fact.
	if amount, ok := p.AmountOn("apprenticeship.compensation_high", "2026-06-01"); !ok || amount.Mark.Confirmed() {
		t.Errorf("compensation is %+v, want an unconfirmed example", amount)
	}
	apprenticeship, _ := p.Service("apprenticeship")
	_, problems := apprenticeship.CheckInputs(map[string]string{
		"apprentice": "new_employee", "tasks": "Baking bread", "weekly_hours": "30", "instructor_named": "yes",
	}, catalogue.Checks{})
	if len(problems) > 0 {
		t.Errorf("a plain request has problems: %+v", problems)
	}
}
