// Package sight holds the one table of who sees what of a case, and masks
// messages by it. What a field is, the contract says (businessespoo.policy.v1);
// who may see that, the table says; kit/host and the gateway enforce it.
package sight

import (
	"errors"
	"fmt"
	"slices"

	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
)

// Relation is how somebody stands to a case, or to a part of it.
type Relation uint8

// The relations, which are the rows of the table.
const (
	// Stranger is anybody, signed in or not.
	Stranger Relation = iota
	// Company acts for the company of the case, opened it, or holds its code and secret.
	Company
	// Owner is an advisor or a lead of the provider whose request it is.
	Owner
	// OwnerSystem is that provider's system.
	OwnerSystem
	// FormerOwner is a provider, no authority, whose consent to serve was withdrawn.
	FormerOwner
	// Consented is another provider, under the company's consent.
	Consented
	// Disclosed is another authority, under a section of law, of what authorities have.
	Disclosed
	// Routed is another provider that was asked for something in the same case.
	Routed
	// Integrator is a system that acts for the company.
	Integrator
	// Operator runs the hub.
	Operator

	relations
)

var relationNames = [relations]string{
	"stranger", "company", "owner", "owner_system", "former_owner", "consented", "disclosed", "routed", "integrator", "operator",
}

// String is the relation's name.
func (r Relation) String() string { return relationNames[r] }

// Relations are all relations, in the order of the table.
func Relations() []Relation {
	all := make([]Relation, relations)
	for i := range all {
		all[i] = Relation(i)
	}
	return all
}

// Rule says when a relation sees a class.
type Rule uint8

// The rules.
const (
	// No: not by this relation.
	No Rule = iota
	// Yes: always.
	Yes
	// ByConsent: when the company's consent names the class.
	ByConsent
	// ByLaw: when a recorded disclosure names the class.
	ByLaw
	// ByScope: when the caller's scopes hold the one that the class needs.
	ByScope
	// SumOnly: never itself, only what a check over the sum of it answers.
	SumOnly
	// Never: no table may say otherwise; see Check.
	Never
)

const (
	public       = policyv1.DataClass_DATA_CLASS_PUBLIC
	header       = policyv1.DataClass_DATA_CLASS_CASE
	progress     = policyv1.DataClass_DATA_CLASS_PROGRESS
	application  = policyv1.DataClass_DATA_CLASS_APPLICATION
	result       = policyv1.DataClass_DATA_CLASS_RESULT
	decision     = policyv1.DataClass_DATA_CLASS_DECISION
	reasons      = policyv1.DataClass_DATA_CLASS_REASONS
	conversation = policyv1.DataClass_DATA_CLASS_CONVERSATION
	secret       = policyv1.DataClass_DATA_CLASS_SECRET
	credential   = policyv1.DataClass_DATA_CLASS_CREDENTIAL
	aid          = policyv1.DataClass_DATA_CLASS_AID
	access       = policyv1.DataClass_DATA_CLASS_ACCESS

	classes = credential + 1
)

// Table is who sees what: a rule for each relation and class. It is a value: a test
// changes one cell with With, and gives the result to the servers that it starts.
type Table [relations][classes]Rule

// rules is the table that every server enforces unless a test gives it another.
var rules = Table{
	Stranger:    only(public),
	Company:     row{public: Yes, header: Yes, progress: Yes, application: Yes, result: Yes, decision: Yes, reasons: Yes, conversation: Yes, secret: Never, credential: Yes, aid: Yes, access: Yes},
	Owner:       row{public: Yes, header: Yes, progress: Yes, application: Yes, result: Yes, decision: Yes, reasons: Yes, conversation: Yes, secret: Yes, credential: Never, aid: Yes, access: Yes},
	OwnerSystem: row{public: Yes, header: Yes, progress: Yes, application: Yes, result: Yes, decision: Yes, reasons: Yes, conversation: Yes, secret: Never, credential: Never, aid: Yes},
	FormerOwner: row{public: Yes, header: Yes, progress: Yes, result: Yes, decision: Yes, reasons: Yes, secret: Never, credential: Never},
	Consented:   row{public: Yes, header: Yes, progress: Yes, application: ByConsent, result: ByConsent, decision: ByConsent, conversation: ByConsent, secret: Never, credential: Never, aid: SumOnly},
	Disclosed:   row{public: Yes, header: Yes, progress: ByLaw, application: ByLaw, result: ByLaw, decision: ByLaw, secret: Never, credential: Never, aid: ByLaw},
	Routed:      row{public: Yes, header: Yes, secret: Never, credential: Never, aid: SumOnly},
	Integrator:  row{public: Yes, header: ByScope, progress: ByScope, application: ByScope, result: ByScope, secret: Never, credential: Never},
	Operator:    only(public),
}

type row = [classes]Rule

// only is a row of one class; the others it may never have.
func only(class policyv1.DataClass) row {
	var r row
	for c := range r {
		r[c] = Never
	}
	r[class] = Yes
	return r
}

// Rules is the table that the hub enforces.
func Rules() *Table { return &rules }

// Rule is the rule of one cell.
func (t *Table) Rule(r Relation, class policyv1.DataClass) Rule { return t[r][class] }

// With is the table with one cell changed.
func (t *Table) With(r Relation, class policyv1.DataClass, rule Rule) *Table {
	changed := *t
	changed[r][class] = rule
	return &changed
}

// Check returns an error that names each cell that no table may open: notes and
// keys beyond their owner, and anything of a case for who has no part in one. A
// server with such a table does not start.
func (t *Table) Check() error {
	var wrong []error
	for _, r := range Relations() {
		for class := policyv1.DataClass(1); class < classes; class++ {
			if rules[r][class] == Never && t[r][class] != Never {
				wrong = append(wrong, fmt.Errorf("sight: %s is given %s, which it may never see", r, class))
			}
		}
	}
	return errors.Join(wrong...)
}

// Given is what a relation's rules may depend on.
type Given struct {
	// Consent are the classes that the company's consent names.
	Consent Set
	// Law are the classes that a recorded disclosure names.
	Law Set
	// Scopes are what an integrator may do for the company of the case.
	Scopes []string
}

// The scopes of an integrator that the table asks for.
const (
	// ScopeCaseRead is to read headers, progress and results.
	ScopeCaseRead = "case:read"
	// ScopeApplicationRead is to read application data.
	ScopeApplicationRead = "application:read"
)

// scopeOf is the scope that a class needs.
func scopeOf(class policyv1.DataClass) string {
	if class == application {
		return ScopeApplicationRead
	}
	return ScopeCaseRead
}

// Sees answers the classes that a relation sees.
func (t *Table) Sees(r Relation, given Given) Set {
	var seen Set
	for class, rule := range t[r] {
		c := policyv1.DataClass(class)
		switch {
		case rule == Yes,
			rule == ByConsent && given.Consent.Has(c),
			rule == ByLaw && given.Law.Has(c),
			rule == ByScope && slices.Contains(given.Scopes, scopeOf(c)):
			seen |= Of(c)
		}
	}
	return seen
}

// ByRule answers the classes to which a relation's rule is this one: what a consent
// or a law can give.
func (t *Table) ByRule(r Relation, rule Rule) Set {
	var set Set
	for class, is := range t[r] {
		if is == rule {
			set |= Of(policyv1.DataClass(class))
		}
	}
	return set
}
