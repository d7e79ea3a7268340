package web

import (
	"slices"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
)

// journeyView is a case's requests in the order in which they follow on each other, as
// a picture and as a list that says the same.
type journeyView struct {
	Width, Height int
	// Start is where the case was opened; the tracks lead from there.
	Start  station
	Stops  []station
	Tracks []track
}

// station is one request.
type station struct {
	N                             int
	Title, Provider, Status, Link string
	// State is past, now, waits, ahead or stopped.
	State string
	// After names what it follows on.
	After []string
	X, Y  int
	// Label is the title and the status in lines, with where they stand.
	Label []labelLine
}

type labelLine struct {
	X, Y   int
	Text   string
	Status bool
}

// track leads from one station to another; Done when the first one has ended.
type track struct {
	Path string
	Done bool
}

// journey draws the way of a case with two requests or more.
func (f *frame) journey(c *casesv1.Case) *journeyView {
	if len(c.GetRequests()) < 2 {
		return nil
	}
	after := follows(c.GetRequests(), stepsOf(f.dir.Journeys, c))
	levels := levelsOf(after)
	order := make([]int, len(after))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return levels[a] - levels[b] })
	return f.draw(c.GetRequests(), order, levels, after)
}

// stepsOf are the steps of the journey that the case follows or, when it names none,
// of the one that has most of its services, if it has two.
func stepsOf(journeys []*cataloguev1.Journey, c *casesv1.Case) []*cataloguev1.JourneyStep {
	var best []*cataloguev1.JourneyStep
	most := 1
	for _, j := range journeys {
		if j.GetId() == c.GetJourney() {
			return j.GetSteps()
		}
		n := 0
		for _, r := range c.GetRequests() {
			if slices.ContainsFunc(j.GetSteps(), func(s *cataloguev1.JourneyStep) bool { return takes(s, r.GetService()) }) {
				n++
			}
		}
		if n > most {
			best, most = j.GetSteps(), n
		}
	}
	return best
}

func takes(s *cataloguev1.JourneyStep, service string) bool {
	return s.GetService() == service || slices.Contains(s.GetAlternatives(), service)
}

// follows answers for each request on which others it follows: those whose step comes
// before its own, past steps that nobody was asked for, and the one that led to it. What
// another one of them follows on in turn is left out.
func follows(requests []*casesv1.Request, steps []*cataloguev1.JourneyStep) [][]int {
	at, byID := map[string]int{}, map[string]*cataloguev1.JourneyStep{}
	for _, s := range steps {
		byID[s.GetId()] = s
		if i := slices.IndexFunc(requests, func(r *casesv1.Request) bool { return takes(s, r.GetService()) }); i >= 0 {
			at[s.GetId()] = i
		}
	}
	out := make([][]int, len(requests))
	for i, r := range requests {
		found := map[int]bool{}
		var before func(id string, seen map[string]bool)
		before = func(id string, seen map[string]bool) {
			for _, d := range byID[id].GetDependsOn() {
				if j, asked := at[d]; asked && j != i {
					found[j] = true
				} else if !seen[d] {
					seen[d] = true
					before(d, seen)
				}
			}
		}
		for _, s := range steps {
			if takes(s, r.GetService()) {
				before(s.GetId(), map[string]bool{})
			}
		}
		for j, other := range requests {
			if found[j] || other.GetName() != "" && j != i && (other.GetName() == r.GetReferredFrom() || other.GetName() == r.GetInvitedTo()) {
				out[i] = append(out[i], j)
			}
		}
	}
	return direct(out)
}

// direct leaves of what each one follows on only what no other of them follows on.
func direct(after [][]int) [][]int {
	var leads func(from, to, left int) bool
	leads = func(from, to, left int) bool {
		return left > 0 && slices.ContainsFunc(after[from], func(k int) bool { return k == to || leads(k, to, left-1) })
	}
	out := make([][]int, len(after))
	for i, before := range after {
		for _, j := range before {
			if !slices.ContainsFunc(before, func(k int) bool { return k != j && leads(k, j, len(after)) }) {
				out[i] = append(out[i], j)
			}
		}
	}
	return out
}

// levelsOf answers how many come before each one after another. What follows on itself
// counts once.
func levelsOf(after [][]int) []int {
	levels := make([]int, len(after))
	for range after {
		for i, before := range after {
			for _, j := range before {
				levels[i] = min(max(levels[i], levels[j]+1), len(after))
			}
		}
	}
	return levels
}
