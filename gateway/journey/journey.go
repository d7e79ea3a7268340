// Package journey holds the ways in which a company passes through the services
// of several providers: starting a business, the first employee, exporting and
// others, as data.
//
// A journey is a directed graph of steps without cycles. It tells what may run in
// parallel and what has to wait, who does a step, what is handed over with the
// company's consent, how long it usually takes and which rules join it to other
// steps. A journey advises: it opens nothing by itself, and a company may take
// any service without one.
package journey

import (
	"slices"

	"github.com/businessespoo/hub/services/kit/catalogue"
)

// Set is all journeys with the vocabulary they share.
type Set struct {
	// ExternalParties take part in journeys without being providers of the hub:
	// they have no sign-in here and are sent nothing.
	ExternalParties []Party `yaml:"external_parties"`
	// Data that is handed over between steps.
	Data []Data `yaml:"data"`
	// Journeys in the order in which they are shown.
	Journeys []Journey `yaml:"journeys"`
}

// Journey returns the journey with that id.
func (s *Set) Journey(id string) (*Journey, bool) {
	for i := range s.Journeys {
		if s.Journeys[i].ID == id {
			return &s.Journeys[i], true
		}
	}
	return nil, false
}

// Secret tells whether a case is to be kept from everybody else: it follows a
// secret journey, or has a need that leads to secret journeys alone.
func (s *Set) Secret(journey string, needs []string) bool {
	open, secret := map[string]bool{}, map[string]bool{}
	for _, j := range s.Journeys {
		if j.Secret && j.ID == journey {
			return true
		}
		for _, need := range j.Needs {
			open[need] = open[need] || !j.Secret
			secret[need] = secret[need] || j.Secret
		}
	}
	return slices.ContainsFunc(needs, func(need string) bool { return secret[need] && !open[need] })
}

// ForNeed returns the journeys that answer a need code, in their order.
func (s *Set) ForNeed(need string) []*Journey {
	var found []*Journey
	for i := range s.Journeys {
		for _, n := range s.Journeys[i].Needs {
			if n == need {
				found = append(found, &s.Journeys[i])
			}
		}
	}
	return found
}

// Party is an organisation outside the network.
type Party struct {
	ID    string          `yaml:"id"`
	Names catalogue.Texts `yaml:"names"`
	// Web is the party's official site; empty for a kind of organisation, such as a bank.
	Web string `yaml:"web,omitempty"`
	// Provenance of the name: some authorities were merged and renamed in 2026.
	catalogue.Provenance `yaml:",inline"`
}

// Data is a kind of information that one step hands over to another.
type Data struct {
	ID    string          `yaml:"id"`
	Names catalogue.Texts `yaml:"names"`
	// Class tells who may see it, and so whether consent is needed to hand it over.
	Class catalogue.DataClass `yaml:"class"`
}

// Journey is one way through the services.
type Journey struct {
	ID           string          `yaml:"id"`
	Names        catalogue.Texts `yaml:"names"`
	Descriptions catalogue.Texts `yaml:"descriptions"`
	// Needs are the need codes that lead to the journey.
	Needs []string `yaml:"needs"`
	// Secret journeys are never named to anybody but the company and the provider
	// that has the request: not in a list, a title or a count.
	Secret bool `yaml:"secret,omitempty"`
	// Anonymous journeys may be begun without telling who one is.
	Anonymous bool `yaml:"anonymous,omitempty"`
	// Steps in an order in which each comes after those it depends on.
	Steps []Step `yaml:"steps"`
}

// Step returns the step with that id.
func (j *Journey) Step(id string) (*Step, bool) {
	for i := range j.Steps {
		if j.Steps[i].ID == id {
			return &j.Steps[i], true
		}
	}
	return nil, false
}

// Step is one thing to do in a journey. Exactly one of Service, External, Hub and
// Company tells who does it.
type Step struct {
	ID    string          `yaml:"id"`
	Names catalogue.Texts `yaml:"names"`
	// Service of a provider, written "yritysespoo/start-advice".
	Service string `yaml:"service,omitempty"`
	// Alternatives are services that may be taken instead, written as Service.
	Alternatives []string `yaml:"alternatives,omitempty"`
	// External names a party outside the network.
	External string `yaml:"external,omitempty"`
	// Hub steps are done by the hub itself, such as a check over the whole case.
	Hub bool `yaml:"hub,omitempty"`
	// Company steps are done by the company itself.
	Company bool `yaml:"company,omitempty"`
	// DependsOn are the steps to be finished before this one begins. A step that
	// is left out (see Optional and OneOf) counts as finished.
	DependsOn []string `yaml:"depends_on,omitempty"`
	// Parallel steps run beside the main line of the journey.
	Parallel bool `yaml:"parallel,omitempty"`
	// Optional steps may be left out.
	Optional bool `yaml:"optional,omitempty"`
	// OneOf names a choice: of the steps with the same name one is taken and the
	// others are left out.
	OneOf string `yaml:"one_of,omitempty"`
	// Repeats tells that the step is taken again and again, once a shipment or a month.
	Repeats bool `yaml:"repeats,omitempty"`
	// HandOffs are what comes to this step from earlier ones.
	HandOffs []HandOff `yaml:"hand_offs,omitempty"`
	// Duration is how long the step typically takes; nil when the duration of the
	// service says it, or nothing is known.
	Duration *catalogue.ExpectedTime `yaml:"duration,omitempty"`
	// Reminders are the dates that the step sets.
	Reminders []Reminder `yaml:"reminders,omitempty"`
	// Rules that the step must keep.
	Rules []Rule `yaml:"rules,omitempty"`
}

// HandOff is information that comes to a step from an earlier one.
type HandOff struct {
	// From is the id of the earlier step.
	From string `yaml:"from"`
	// Data are the ids of the [Data] handed over.
	Data []string `yaml:"data"`
	// Consent tells that the company is asked before anything is handed over.
	Consent bool `yaml:"consent,omitempty"`
	// Warm tells that the two advisors and the company meet when it is handed over.
	Warm bool `yaml:"warm,omitempty"`
}

// Reminder is something to be done a time before or after a date.
type Reminder struct {
	Names catalogue.Texts `yaml:"names"`
	// Before or After the date, in Unit; one of the two is set.
	Before int            `yaml:"before,omitempty"`
	After  int            `yaml:"after,omitempty"`
	Unit   catalogue.Unit `yaml:"unit"`
	// Of is the date that the reminder counts from, in words.
	Of                   catalogue.Texts `yaml:"of"`
	catalogue.Provenance `yaml:",inline"`
}

// Rule is something that joins a step to others: an order, a limit, a duty.
type Rule struct {
	Kind  RuleKind        `yaml:"kind"`
	Texts catalogue.Texts `yaml:"texts"`
	// Legislation is the act behind the rule, when one is known.
	Legislation          string `yaml:"legislation,omitempty"`
	catalogue.Provenance `yaml:",inline"`
}

// RuleKind tells what a rule is about.
type RuleKind string

// The kinds of rules.
const (
	// RuleOrder says what must not happen before what.
	RuleOrder RuleKind = "order"
	// RuleCumulation says which aids together may not exceed what.
	RuleCumulation RuleKind = "cumulation"
	// RuleCondition says what must hold for the step.
	RuleCondition RuleKind = "condition"
	// RulePrivacy says what must not be seen by whom.
	RulePrivacy RuleKind = "privacy"
	// RuleDuty says what must be done.
	RuleDuty RuleKind = "duty"
)

func ruleKinds() []RuleKind {
	return []RuleKind{RuleOrder, RuleCumulation, RuleCondition, RulePrivacy, RuleDuty}
}
