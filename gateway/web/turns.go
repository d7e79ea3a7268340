package web

import (
	"net/url"
	"slices"
	"strconv"
)

// turn is the newest of the saves that a page as it was once shown has made: the script
// counts them. One that comes late, since a network held it up, is told by its number and
// does not overwrite what the same page sent after it.
type turn struct {
	Page string `json:"page"`
	N    int    `json:"n"`
}

// turns are those of the pages that saved a draft last, the newest at the end.
type turns []turn

// mostTurns is how many pages a draft remembers.
const mostTurns = 20

// with answers the turns with that of a form, and false when the form's page has saved
// something newer. A form that was sent without the script has no turn, and counts.
func (t turns) with(values url.Values) (turns, bool) {
	page := values.Get("page")
	n, err := strconv.Atoi(values.Get("turn"))
	if err != nil || len(page) != len(newRequestID()) {
		return t, true
	}
	of := func(x turn) bool { return x.Page == page }
	if i := slices.IndexFunc(t, of); i >= 0 && t[i].N > n {
		return t, false
	}
	all := append(slices.DeleteFunc(slices.Clone(t), of), turn{Page: page, N: n})
	return all[max(0, len(all)-mostTurns):], true
}
