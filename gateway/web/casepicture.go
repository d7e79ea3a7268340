package web

import (
	"fmt"
	"strings"
	"unicode/utf8"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// The picture of a journey, in units of its own: as wide as the narrowest page.
const (
	pictureWidth = 320
	lanesMost    = 7
	lineHeight   = 18
	charWidth    = 7.7
	labelGap     = 22
)

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
