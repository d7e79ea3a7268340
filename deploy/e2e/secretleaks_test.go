package e2e

import (
	"fmt"
	"strings"

	"github.com/businessespoo/hub/deploy/e2e/world"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/bus"
)

// besides checks what the provider of the other request of a case with a secret
// service is told.
func (s *secrets) besides() {
	s.t.Helper()
	desk := s.w.Advisor(s.t, "omnia", world.FirstAdvisor)
	got := desk.PickUp(s.open)
	if got.CaseTitle != got.ServiceDisplayName || got.Secret {
		s.t.Errorf("omnia is told of a case %q, secret %t", got.CaseTitle, got.Secret)
	}
	o := newOnlooker(s.t, s.w, "omnia", world.AdvisorOf("omnia", world.FirstAdvisor), s.w.Tap(s.t, s.w.At.GRPC))
	told := o.sees(s.t, s.open, "omnia", "työt", "SuggestServices ", "SuggestServices työt")
	for what, answer := range told {
		for _, hint := range []string{"yrittajat", "ownership", "mistajanvaihdo"} {
			if strings.Contains(answer, hint) {
				s.t.Errorf("%s tells of %s:\n%s", what, hint, answer)
			}
		}
	}
	if list, err := desk.Calls.ListRequests(desk.Context(), &providerv1.ListRequestsRequest{Parent: desk.Provider()}); err != nil || list.TotalSize != 1 {
		s.t.Errorf("omnia lists %v, %v", list, err)
	}
	if found := heard([]*world.Tap{o.tap}, []*world.Marker{s.word}); len(found) > 0 {
		s.t.Errorf("omnia is told %v", found)
	}
}

// staysIn looks for the words and the names of the secret cases where they have
// no business.
func (s *secrets) staysIn(all []*onlooker, taps ...*world.Tap) {
	s.t.Helper()
	words, found := []*world.Marker{s.word}, heard(taps, []*world.Marker{s.word})
	for i, request := range s.requests {
		words = append(words, world.Mark(fmt.Sprint("name of secret case ", i), request[len("cases/"):strings.Index(request, "/requests/")]))
		for _, o := range all {
			for where, page := range o.visits(request, "employment") {
				found = append(found, world.Found(where, page, []*world.Marker{s.word})...)
			}
		}
	}
	if !s.w.IsSingle() {
		s.subjects()
	}
	found = append(append(found, measured(s.t, s.w, words)...), stopped(s.t, s.w, words)...)
	for part, markers := range map[string][]*world.Marker{
		"employment": words, "chamber": words, "enter-espoo": words, "espoo-city": words, "omnia": {s.word}, "yritysespoo": {s.word},
	} {
		files, err := world.FoundInFiles(s.w.Projection(part), func(string) bool { return false }, markers)
		if err != nil {
			s.t.Fatal(err)
		}
		if part != "yritysespoo" {
			found = append(found, files...)
		} else if len(files) == 0 {
			s.t.Error("the search does not find the words where they belong")
		}
	}
	for _, leak := range found {
		s.t.Errorf("others may see: %s", leak)
	}
}

// subjects reads what stands on the outside of every fact: neither subject nor
// header tells a service, or that something is secret.
func (s *secrets) subjects() {
	s.t.Helper()
	events := everyEvent(s.t, s.w.Bus(s.t, bus.Hub), bus.StreamCases)
	if len(events) < 20 {
		s.t.Errorf("only %d facts are there", len(events))
	}
	for _, ev := range events {
		outside := strings.ToLower(fmt.Sprint(ev.Subject, ev.Header))
		for _, hint := range []string{"secret", "crisis", "ownership", "advice", "hard-times", strings.ToLower(s.word.Word())} {
			if strings.Contains(outside, hint) {
				s.t.Errorf("fact %d tells %s on its outside: %s", ev.Sequence, hint, outside)
			}
		}
	}
}
