package chaos

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/grpc/codes"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// moment is whether the clients rest while a check is made.
type moment bool

const (
	// busy: what is not acknowledged may be there or not, and more may come.
	busy moment = false
	// quiet: nothing changes, so what is there was asked for by somebody.
	quiet moment = true
)

// mostUnreadable is after how many unreadable cases a check gives up: each takes
// as long as the hub's patience.
const mostUnreadable = 5

// check compares what clients were told with what a hub says, and answers every
// difference in words.
func check(ctx context.Context, r reader, calls []call, m moment) []string {
	var problems []string
	byCase := map[string][]call{}
	var openings []call
	for _, c := range calls {
		switch {
		case c.Case == "":
		case c.Kind == of(casesv1.EntryKind_ENTRY_KIND_CASE_OPENED):
			openings = append(openings, c)
		default:
			byCase[c.Case] = append(byCase[c.Case], c)
		}
	}
	var happened []call
	unreadable := 0
	for _, opening := range openings {
		if unreadable == mostUnreadable {
			return append(problems, "too many cases cannot be read; the rest was not looked at")
		}
		seen, err := r.caseOf(ctx, opening, byCase[opening.Case])
		if opening.Outcome == inDoubt && errorCode(err) == codes.NotFound {
			continue // it never happened
		}
		happened = append(happened, opening)
		if err != nil {
			problems, unreadable = append(problems, err.Error()), unreadable+1
			continue
		}
		problems = append(problems, checkCase(opening, byCase[opening.Case], seen, m)...)
	}
	problems = append(problems, checkInboxes(ctx, r, calls, happened, m)...)
	problems = append(problems, checkStaff(ctx, r, calls)...)
	return append(problems, checkDrafts(ctx, r, calls, m)...)
}

// checkCase compares one case: that every call has its one trace at the place
// where it was acknowledged, and that there is no other.
func checkCase(opening call, calls []call, seen *seenCase, m moment) []string {
	var problems []string
	complain := func(format string, args ...any) {
		problems = append(problems, fmt.Sprintf("%s: ", opening.Case)+fmt.Sprintf(format, args...))
	}
	if seen.Case.NeedText != opening.Words {
		complain("its need is %q, and was told as %q", seen.Case.NeedText, opening.Words)
	}
	var names []string
	for _, request := range seen.Case.Requests {
		names = append(names, request.Name)
	}
	for i, leaf := range opening.Requests {
		if i >= len(names) || names[i] != opening.Case+leaf || len(names) != len(opening.Requests) {
			complain("it shows the requests %v, and was opened with %v", names, opening.Requests)
			break
		}
	}
	last := uint64(0)
	for _, e := range seen.Case.Timeline {
		if at := sequenceOf(e.Revision); at <= last {
			complain("entry %d follows on %d in its timeline", at, last)
		} else {
			last = at
		}
	}
	for _, request := range append([]string{""}, names...) {
		scope, entries := opening.Case, entriesOf(seen.Case.Timeline, request)
		if request != "" {
			scope = request
		}
		var mine []call
		for _, c := range append([]call{opening}, calls...) {
			if c.Scope == scope && c.Kind != addNote && c.Outcome != refused {
				mine = append(mine, c)
			}
		}
		problems = append(problems, matchEntries(scope, entries, mine, m)...)
		if request == "" {
			continue
		}
		one := seen.Requests[request]
		if m == quiet && one == nil {
			complain("%s is not in its provider's inbox", request)
		}
		if one != nil {
			problems = append(problems, sameEntries(request, entries, one.Timeline, m)...)
			problems = append(problems, matchNotes(request, seen, calls)...)
		}
	}
	return problems
}

func entriesOf(timeline []*casesv1.TimelineEntry, request string) []*casesv1.TimelineEntry {
	var mine []*casesv1.TimelineEntry
	for _, e := range timeline {
		if e.Request == request {
			mine = append(mine, e)
		}
	}
	return mine
}

// trace is what tells an entry from others of its kind: its words, or who picked up.
func trace(e *casesv1.TimelineEntry) string {
	if e.Kind == casesv1.EntryKind_ENTRY_KIND_PICKED_UP {
		return e.Advisor.GetName()
	}
	return e.Text
}

// matchEntries finds the call of each entry of one scope, and the entry of each
// call that was acknowledged.
func matchEntries(scope string, entries []*casesv1.TimelineEntry, calls []call, m moment) []string {
	var problems []string
	complain := func(format string, args ...any) {
		problems = append(problems, scope+": "+fmt.Sprintf(format, args...))
	}
	used := make([]bool, len(calls))
	var order []call
	requested := 0
	for _, e := range entries {
		if e.Kind == casesv1.EntryKind_ENTRY_KIND_REQUESTED {
			requested++
			continue
		}
		at := sequenceOf(e.Revision)
		i := slices.IndexFunc(calls, func(c call) bool { return c.Kind == of(e.Kind) && c.Words == trace(e) && c.Sequence == at })
		if i < 0 || used[i] {
			i = -1
			for j, c := range calls {
				// A call that was repeated may have been answered with a newer state.
				later := c.Outcome == inDoubt || c.Tries > 1 && c.Sequence > at
				if !used[j] && c.Kind == of(e.Kind) && c.Words == trace(e) && later {
					i = j
					break
				}
			}
		}
		if i < 0 {
			same := func(c call) bool { return c.Kind == of(e.Kind) && c.Words == e.Text }
			if m == quiet || slices.ContainsFunc(calls, same) {
				complain("%s %q stands at %d, and no call is left that it could come from: it is doubled, moved or made up", of(e.Kind), trace(e), at)
			}
			continue
		}
		used[i] = true
		order = append(order, calls[i])
	}
	for i, c := range calls {
		if c.Outcome == acknowledged && !used[i] {
			complain("%s %q was acknowledged at %d after %d tries, and is lost", c.Kind, c.Words, c.Sequence, c.Tries)
		}
	}
	if len(entries) > 0 && scope == entries[0].Request && (requested != 1 || entries[0].Kind != casesv1.EntryKind_ENTRY_KIND_REQUESTED) {
		complain("it was requested %d times, its first entry is %s", requested, entries[0].Kind)
	}
	for i, later := range order {
		for _, earlier := range order[:i] {
			if later.Outcome == acknowledged && later.Ended < earlier.Began {
				complain("%s %q stands before %s %q, which was asked for only after the other was acknowledged", earlier.Kind, earlier.Words, later.Kind, later.Words)
			}
		}
	}
	return append(problems, checkHolders(scope, entries)...)
}

// checkHolders reads who holds the request: nobody picks up what another holds.
func checkHolders(scope string, entries []*casesv1.TimelineEntry) []string {
	holder := ""
	for _, e := range entries {
		switch e.Kind {
		case casesv1.EntryKind_ENTRY_KIND_PICKED_UP:
			if holder != "" {
				return []string{fmt.Sprintf("%s: %s picked up what %s held", scope, e.Advisor.GetName(), holder)}
			}
			holder = e.Advisor.GetName()
		case casesv1.EntryKind_ENTRY_KIND_HANDED_BACK:
			holder = ""
		}
	}
	return nil
}

// sameEntries wants the company and the provider to see the same. While clients
// work, one of the two may be read a little later.
func sameEntries(request string, company, provider []*casesv1.TimelineEntry, m moment) []string {
	if m == busy {
		n := min(len(company), len(provider))
		company, provider = company[:n], provider[:n]
	}
	if !slices.EqualFunc(company, provider, func(a, b *casesv1.TimelineEntry) bool {
		return a.Revision == b.Revision && a.Kind == b.Kind && a.Text == b.Text
	}) {
		return []string{fmt.Sprintf("%s: the company sees %d entries, its provider %d, and they are not the same", request, len(company), len(provider))}
	}
	return nil
}

// matchNotes wants each note that was acknowledged once, and none twice.
func matchNotes(request string, seen *seenCase, calls []call) []string {
	var problems []string
	times := map[string]int{}
	for _, note := range seen.Notes[request] {
		times[note.Text]++
	}
	for _, c := range calls {
		if c.Kind == addNote && c.Scope == request && (times[c.Words] > 1 || c.Outcome == acknowledged && times[c.Words] == 0) {
			problems = append(problems, fmt.Sprintf("%s: the note %q is there %d times", request, c.Words, times[c.Words]))
		}
	}
	return problems
}

// checkInboxes wants every request in its inbox once.
func checkInboxes(ctx context.Context, r reader, calls, openings []call, m moment) []string {
	var problems []string
	maybe := slices.ContainsFunc(calls, func(c call) bool {
		return c.Kind == of(casesv1.EntryKind_ENTRY_KIND_CASE_OPENED) && c.Outcome == inDoubt
	})
	for _, key := range name.Providers {
		listed, err := r.inbox(ctx, key)
		if err != nil {
			problems = append(problems, err.Error())
			continue
		}
		times := map[string]int{}
		for _, request := range listed {
			if times[request.Name]++; times[request.Name] == 2 {
				problems = append(problems, fmt.Sprintf("the inbox of %s shows %s more than once", key, request.Name))
			}
		}
		if m == busy {
			continue
		}
		wanted := 0
		for _, opening := range openings {
			for _, leaf := range opening.Requests {
				if scope, err := name.ParseRequest(opening.Case + leaf); err != nil || scope.Party != key {
					continue
				}
				wanted++
				if times[opening.Case+leaf] == 0 {
					problems = append(problems, fmt.Sprintf("the inbox of %s lacks %s", key, opening.Case+leaf))
				}
			}
		}
		if wanted < len(times) && !maybe {
			problems = append(problems, fmt.Sprintf("the inbox of %s shows %d requests, and %d were asked for", key, len(times), wanted))
		}
	}
	return problems
}
