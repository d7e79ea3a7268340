// Package name reads and writes the hub's resource names and the log's scopes.
//
// A resource name is what an API caller sees (cases/{id}/requests/omnia-1); a
// scope is where the same thing stands in the log (case.{id}.omnia.1).
package name

import (
	"fmt"
	"strconv"
	"strings"
)

// Providers are the keys of the seven providers, in their fixed order.
var Providers = []string{
	"espoo-city", "enter-espoo", "omnia", "espoon-yrittajat", "chamber", "yritysespoo", "employment",
}

// Hub is the party of the hub itself in a scope.
const Hub = "hub"

// The authors of facts, the last token of a subject in a case.
const (
	// ByHub marks the company's and the hub's facts.
	ByHub = "hub"
	// ByOwn marks a provider's facts.
	ByOwn = "own"
)

// Known tells whether key is one of the seven providers.
func Known(key string) bool {
	for _, p := range Providers {
		if p == key {
			return true
		}
	}
	return false
}

// CaseIDLength is the length of a case id: 128 bits in base32.
const CaseIDLength = 26

// Scope is one unit of order and exclusion in the log: a request, or with the
// party Hub and the number 0 the case itself.
type Scope struct {
	Case   string
	Party  string
	Number int
}

// CaseScope is the scope of the case itself.
func CaseScope(caseID string) Scope { return Scope{Case: caseID, Party: Hub} }

// IsCase tells whether the scope is the case itself.
func (s Scope) IsCase() bool { return s.Party == Hub }

// String is the scope in the log, case.<id>.<party>.<n>.
func (s Scope) String() string {
	return "case." + s.Case + "." + s.Party + "." + strconv.Itoa(s.Number)
}

// Subject is where an author writes within the scope.
func (s Scope) Subject(author string) string { return s.String() + "." + author }

// Resource is the scope's resource name: cases/{id} or cases/{id}/requests/{provider}-{n}.
func (s Scope) Resource() string {
	if s.IsCase() {
		return "cases/" + s.Case
	}
	return Request(s.Case, s.Party, s.Number)
}

// ParseSubject reads a subject of the case stream into its scope and author.
func ParseSubject(subject string) (Scope, string, error) {
	parts := strings.Split(subject, ".")
	if len(parts) != 5 || parts[0] != "case" {
		return Scope{}, "", fmt.Errorf("name: subject %q is not of the form case.<id>.<party>.<n>.<author>", subject)
	}
	n, err := strconv.Atoi(parts[3])
	if err != nil || n < 0 {
		return Scope{}, "", fmt.Errorf("name: subject %q has no number as its fourth token", subject)
	}
	if (parts[2] == Hub) != (n == 0) || (parts[2] != Hub && !Known(parts[2])) {
		return Scope{}, "", fmt.Errorf("name: subject %q names no known party and number", subject)
	}
	if parts[4] != ByHub && parts[4] != ByOwn || parts[2] == Hub && parts[4] != ByHub {
		return Scope{}, "", fmt.Errorf("name: subject %q has the unknown author %q", subject, parts[4])
	}
	return Scope{Case: parts[1], Party: parts[2], Number: n}, parts[4], nil
}

// ParseCase reads cases/{id} and answers the id.
func ParseCase(resource string) (string, error) {
	id, ok := strings.CutPrefix(resource, "cases/")
	if !ok || !validCaseID(id) {
		return "", fmt.Errorf("%q is no case; a case is named cases/{id}, with an id of 26 characters of a-z and 2-7", resource)
	}
	return id, nil
}

// Case is the resource name of a case.
func Case(id string) string { return "cases/" + id }

// Request is the resource name of a request.
func Request(caseID, provider string, number int) string {
	return "cases/" + caseID + "/requests/" + provider + "-" + strconv.Itoa(number)
}

// ParseRequest reads cases/{id}/requests/{provider}-{n} into a scope.
func ParseRequest(resource string) (Scope, error) {
	wrong := func() (Scope, error) {
		return Scope{}, fmt.Errorf("%q is no request; a request is named cases/{id}/requests/{provider}-{n}, such as requests/omnia-1", resource)
	}
	rest, ok := strings.CutPrefix(resource, "cases/")
	if !ok {
		return wrong()
	}
	id, leaf, ok := strings.Cut(rest, "/requests/")
	if !ok || !validCaseID(id) {
		return wrong()
	}
	dash := strings.LastIndexByte(leaf, '-')
	if dash < 0 || !Known(leaf[:dash]) {
		return wrong()
	}
	digits := leaf[dash+1:]
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 || n > 9999 || digits != strconv.Itoa(n) {
		return wrong()
	}
	return Scope{Case: id, Party: leaf[:dash], Number: n}, nil
}

// Provider is the resource name of a provider.
func Provider(key string) string { return "providers/" + key }

// ParseProvider reads providers/{provider} and answers the key.
func ParseProvider(resource string) (string, error) {
	key, ok := strings.CutPrefix(resource, "providers/")
	if !ok || !Known(key) {
		return "", fmt.Errorf("%q is no provider; the providers are providers/{%s}", resource, strings.Join(Providers, ", "))
	}
	return key, nil
}

// Service is the resource name of a service.
func Service(provider, service string) string {
	return "providers/" + provider + "/services/" + service
}

// ParseService reads providers/{p}/services/{s} and answers both keys.
func ParseService(resource string) (provider, service string, err error) {
	return parseUnder(resource, "services", "service")
}

// Advisor is the resource name of an advisor.
func Advisor(provider, advisor string) string {
	return "providers/" + provider + "/advisors/" + advisor
}

// ParseAdvisor reads providers/{p}/advisors/{a} and answers both keys.
func ParseAdvisor(resource string) (provider, advisor string, err error) {
	return parseUnder(resource, "advisors", "advisor")
}

// Operator is the resource name of an operator.
func Operator(id string) string { return "operators/" + id }

// ParseStaff reads the name of an advisor, or operators/{id}; of an operator the
// provider is Hub.
func ParseStaff(resource string) (provider, id string, err error) {
	if id, ok := strings.CutPrefix(resource, "operators/"); ok {
		if !validKey(id) {
			return "", "", fmt.Errorf("%q is no operator; operators are named operators/{id}", resource)
		}
		return Hub, id, nil
	}
	return ParseAdvisor(resource)
}

func parseUnder(resource, collection, kind string) (string, string, error) {
	parts := strings.Split(resource, "/")
	if len(parts) != 4 || parts[0] != "providers" || parts[2] != collection || !Known(parts[1]) || !validKey(parts[3]) {
		return "", "", fmt.Errorf("%q is no %s; it is named providers/{provider}/%s/{%s}", resource, kind, collection, kind)
	}
	return parts[1], parts[3], nil
}

func validCaseID(id string) bool {
	if len(id) != CaseIDLength {
		return false
	}
	for _, c := range id {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

func validKey(key string) bool {
	if key == "" || len(key) > 60 {
		return false
	}
	for i, c := range key {
		letter := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if !letter && (i == 0 || c != '-' && c != '_') {
			return false
		}
	}
	return true
}
