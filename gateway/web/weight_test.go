package web_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// heaviest is what a page may weigh with everything that it loads, in bytes, nothing of
// it compressed.
const heaviest = 100_000

// heavy has a case of seven requests with many answers and 200 things that have happened,
// many of them told at length, and a full inbox.
func heavy(b *browser) {
	const sentence = "Tarvitsemme työntekijän kahvilaan, ja hänen työnsä alkaa ensi kuussa, jos kaikki ehtii. "
	c := b.api.theCase
	for _, r := range c.Requests {
		for i := range 12 {
			r.Inputs = append(r.Inputs, &casesv1.Input{Id: fmt.Sprint("more", i), Value: sentence})
		}
	}
	for i := range 13 { // for the service of each provider, and to see more
		given := proto.CloneOf(c.Consents[0])
		given.Name, given.Provider = fmt.Sprint(c.Name, "/consents/more-", i), providers()[i%len(providers())].Name
		c.Consents = append(c.Consents, given)
	}
	kinds := []casesv1.EntryKind{
		casesv1.EntryKind_ENTRY_KIND_MESSAGE_POSTED, casesv1.EntryKind_ENTRY_KIND_REPLIED, casesv1.EntryKind_ENTRY_KIND_SUPPLEMENT_ASKED, casesv1.EntryKind_ENTRY_KIND_DECIDED,
	}
	c.Timeline = nil
	for _, r := range c.Requests {
		c.Timeline = append(c.Timeline, &casesv1.TimelineEntry{Revision: r.Name, Kind: casesv1.EntryKind_ENTRY_KIND_REQUESTED, Request: r.Name, Time: at(400)})
	}
	for i := range 200 {
		party := casesv1.Party_PARTY_PROVIDER
		if i%4 == 0 {
			party = casesv1.Party_PARTY_COMPANY
		}
		c.Timeline = append(c.Timeline, &casesv1.TimelineEntry{
			Revision: fmt.Sprint("r", i), Kind: kinds[i%4], Party: party, Time: at(300 - i), Request: requestName("omnia-2"), Provider: "providers/omnia", Advisor: maija(),
			Text: fmt.Sprintf("Numero %d. ", i+1) + strings.Repeat(sentence, 1+i%8), Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED,
			Representation: "register_role", RepresentationRole: "Toimitusjohtaja",
		})
	}
	for i := range 45 { // as many services as the seven have
		service := proto.CloneOf(b.api.services[i%len(b.api.services)])
		service.Name = fmt.Sprintf("%s-more-%d", service.Name, i)
		service.DisplayName = texts("Neuvonta kansainväliseen kauppaan ja vientiin", "Rådgivning om internationell handel och export", "Advice on trade")
		b.api.services = append(b.api.services, service)
	}
	one := b.api.requests[0]
	for i := range 50 - len(b.api.requests) {
		more := requests()[0]
		more.Name = fmt.Sprintf("cases/%s/requests/omnia-%d", caseID, 10+i)
		more.CaseTitle, more.NeedText, more.Status = one.CaseTitle, sentence+sentence, casesv1.RequestStatus_REQUEST_STATUS_NEW
		b.api.requests = append(b.api.requests, more)
	}
}

var loads = regexp.MustCompile(`(?:rel="stylesheet" href|<script src|rel="icon" href)="([^"]+)"`)

// weight is what a page weighs with all that it loads.
func (b *browser) weight(p page) int {
	total := len(p.body)
	for _, match := range loads.FindAllStringSubmatch(p.body, -1) {
		total += len(b.get(match[1]).body)
	}
	return total
}

// TestNoPageIsHeavy weighs every page, in the longest of the languages, of a case in which
// much has happened.
func TestNoPageIsHeavy(t *testing.T) {
	for token, paths := range everyPage() {
		b := newBrowser(t)
		heavy(b)
		if token != "" {
			b.signIn(token)
		}
		for _, path := range append(paths, "/cases/"+caseID+"?before=100", deskPath+"omnia-2?before=100", deskPath+"omnia-2?words=200") {
			p := b.get(path)
			if p.code == http.StatusOK && !strings.Contains(p.body, "stylesheet") {
				t.Errorf("%s loads nothing", path)
			}
			if w := b.weight(p); w >= heaviest {
				t.Errorf("%s of %.8s weighs %d bytes, want less than %d", path, token, w, heaviest)
			} else {
				t.Logf("%6d %s", w, path)
			}
		}
	}
}

// TestEarlierEntries: a page shows the newest of what has happened and leads to the rest;
// what is looked at alone is counted alone.
func TestEarlierEntries(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	heavy(b)
	shown, path := 0, casePath
	earlier := regexp.MustCompile(`href="(/cases/[^"]+)">Näytä aiemmat tapahtumat \((\d+)\)`)
	for pages := 1; ; pages++ {
		p := b.get(path)
		for _, n := range regexp.MustCompile(`Numero (\d+)\. `).FindAllStringSubmatch(p.body, -1) {
			if want := fmt.Sprint(200 - shown); n[1] != want {
				t.Fatalf("%s shows number %s, want %s", path, n[1], want)
			}
			shown++
		}
		if strings.Contains(p.body, "Näytä uusimmat") != (pages > 1) {
			t.Errorf("page %d of the story leads to the newest: %v", pages, pages == 1)
		}
		match := earlier.FindStringSubmatch(p.body)
		if match == nil {
			break
		}
		if match[2] != fmt.Sprint(200+len(b.api.theCase.Requests)-shown) {
			t.Errorf("after %d there are %s more", shown, match[2])
		}
		path, _, _ = strings.Cut(strings.ReplaceAll(match[1], "&amp;", "&"), "#")
	}
	if shown != 200 {
		t.Errorf("the pages show %d of 200", shown)
	}
	b.get(casePath+"?show=decisions").has(t, "show=decisions")
	if n := len(earlier.FindStringSubmatch(b.get(casePath + "?show=decisions").body)); n == 0 {
		t.Error("50 decisions stand on one page")
	}
	if got := earlier.FindStringSubmatch(b.get(casePath + "?show=decisions").body); got != nil && !strings.Contains(got[1], "show=decisions") {
		t.Errorf("%s leads to all", got[1])
	}
}
