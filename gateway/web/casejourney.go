package web

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
)

// The picture of a journey, in units of its own: as wide as the narrowest page.
const (
	pictureWidth = 320
	lanesMost    = 7
	lineHeight   = 18
	charWidth    = 7.7
	labelGap     = 22
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
func (s *server) journey(ctx context.Context, f *frame, c *casesv1.Case) *journeyView {
	if len(c.GetRequests()) < 2 {
		return nil
	}
	var steps []*cataloguev1.JourneyStep
	if answer, err := s.Catalogue.ListJourneys(ctx, &cataloguev1.ListJourneysRequest{}); err == nil {
		steps = stepsOf(answer.GetJourneys(), c)
	}
	after := follows(c.GetRequests(), steps)
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

// draw puts each request on a row of its own, those of one level beside each other.
func (f *frame) draw(requests []*casesv1.Request, order, levels []int, after [][]int) *journeyView {
	lane, lanes, used := map[int]int{}, 1, map[int]int{}
	for _, i := range order {
		lane[i] = min(used[levels[i]], lanesMost-1)
		used[levels[i]]++
		lanes = max(lanes, lane[i]+1)
	}
	step := 30
	if lanes > 4 {
		step = 18
	}
	left := 14 + (lanes-1)*step + labelGap
	v := &journeyView{Width: pictureWidth, Start: station{X: 14, Y: 14, Label: []labelLine{{X: left, Y: 19, Text: f.T("journey_view.start")}}}}
	place, y := map[int]station{}, 46
	for n, i := range order {
		r := requests[i]
		st := station{
			N: n + 1, Title: f.requestTitle(r), Provider: f.Provider(r.GetProvider()), Status: f.Status(r.GetStatus()), Link: "#" + requestKey(r.GetName()),
			State: stationState(r.GetStatus()), X: 14 + lane[i]*step, Y: y + 6,
		}
		lines := wrap(st.Title, int(float64(pictureWidth-left)/charWidth))
		for k, text := range append(lines, st.Status) {
			st.Label = append(st.Label, labelLine{X: left, Y: y + 11 + k*lineHeight, Text: text, Status: k == len(lines)})
		}
		place[i] = st
		y += (len(lines)+1)*lineHeight + 16
	}
	v.Height = y
	for _, i := range order {
		st := place[i]
		if len(after[i]) == 0 {
			v.Tracks = append(v.Tracks, track{Path: curve(v.Start, st), Done: true})
		}
		for _, j := range after[i] {
			st.After = append(st.After, place[j].Title)
			v.Tracks = append(v.Tracks, track{Path: curve(place[j], st), Done: ended(requests[j].GetStatus())})
		}
		v.Stops = append(v.Stops, st)
	}
	return v
}

func stationState(status casesv1.RequestStatus) string {
	switch status {
	case casesv1.RequestStatus_REQUEST_STATUS_COMPLETED, casesv1.RequestStatus_REQUEST_STATUS_DECIDED:
		return "past"
	case casesv1.RequestStatus_REQUEST_STATUS_NEW, casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS:
		return "now"
	case casesv1.RequestStatus_REQUEST_STATUS_WAITING:
		return "waits"
	case casesv1.RequestStatus_REQUEST_STATUS_DECLINED, casesv1.RequestStatus_REQUEST_STATUS_WITHDRAWN:
		return "stopped"
	}
	return "ahead"
}

// curve leaves a station straight down, and comes to the next one so.
func curve(from, to station) string {
	bend := min(40, (to.Y-from.Y)/2)
	return fmt.Sprintf("M%d %dC%d %d %d %d %d %dV%d", from.X, from.Y, from.X, from.Y+bend, to.X, from.Y, to.X, from.Y+bend, to.Y)
}

// wrap breaks a text into lines of at most so many characters, at spaces where it can
// and within a word that is longer.
func wrap(text string, most int) []string {
	most = max(most, 4)
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for utf8.RuneCountInString(word) > most {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			head := []rune(word)[:most-1]
			lines, word = append(lines, string(head)+"-"), strings.TrimPrefix(word, string(head))
		}
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= most:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}
