package web

import (
	"slices"
	"strconv"
)

const (
	// mostEntries is how many entries of a timeline a page shows.
	mostEntries = 40
	// mostWords bounds what those have to say, in bytes: a page is to be light also when
	// people write much. The newest one is shown whatever it says.
	mostWords = 7_000
)

// moreView leads from some entries of a timeline to the others.
type moreView struct {
	F *frame
	// Earlier leads to the N entries before those that are shown; Latest to the newest.
	// Each is empty when those are on the page.
	Earlier, Latest string
	N               int
}

// newest keeps of a timeline, newest first, what one page shows: the newest, or those
// before the entry that the address names.
func (f *frame) newest(entries []entryView) ([]entryView, moreView) {
	more := moreView{F: f}
	if before, err := strconv.Atoi(f.query.Get("before")); err == nil {
		from := slices.IndexFunc(entries, func(e entryView) bool { return e.N < before })
		if from > 0 {
			entries, more.Latest = entries[from:], f.link(map[string]string{"before": "", "words": "", "done": ""})+"#events"
		}
	}
	words := 0
	for i, e := range entries {
		words += len(e.GetText()) + len(e.GetReason())
		for _, told := range e.Told {
			words += len(told.GetText())
		}
		if i > 0 && (i == mostEntries || words > mostWords) {
			more.N = len(entries) - i
			more.Earlier = f.link(map[string]string{"before": strconv.Itoa(entries[i-1].N), "words": "", "done": ""}) + "#events"
			return entries[:i], more
		}
	}
	return entries, more
}
