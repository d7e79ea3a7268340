package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
)

// Words that stand in one place each, so that wherever one is found tells what leaked.
const (
	wordNeed    = "zneedword"
	wordMessage = "zmessageword"
	wordReply   = "zreplyword"
	wordNote    = "znoteword"
	wordOther   = "zotherword" // written to the chamber, in the same case
)

// private is a hub with one case of the owner, at Omnia and at the chamber, in which
// each of these words was written once.
type private struct {
	*fixture
	omnia, chamber string
}

func newPrivate(t *testing.T) *private {
	t.Helper()
	w := world.Single(t, &binaries)
	w.Hire(t)
	p := &private{fixture: &fixture{t: t, w: w}}
	c := p.owner().Open(world.Opening{Need: "Palkkaan oppisopimuksella " + wordNeed, Company: mine, Services: []string{service, "chamber/training"}})
	p.omnia, p.chamber = c.Request("omnia-1"), c.Request("chamber-1")
	desk, other := p.desk(), w.Advisor(t, "chamber", world.FirstAdvisor)
	desk.PickUp(p.omnia)
	other.PickUp(p.chamber)
	c.Write("omnia-1", "Hei "+wordMessage)
	desk.Reply(p.omnia, "Hei "+wordReply)
	desk.Note(p.omnia, "Muista "+wordNote)
	c.Write("chamber-1", "Hei "+wordOther)
	other.Note(p.chamber, "Muista "+wordOther)
	c.View()
	return p
}

// lacks fails the test when an answer holds one of the words.
func (p *private) lacks(what string, answer proto.Message, err error, words ...string) {
	p.t.Helper()
	if err != nil && world.Read(err).Code != codes.NotFound && world.Read(err).Code != codes.PermissionDenied {
		p.t.Errorf("%s: %v", what, err)
	}
	text := prototext.Format(answer) + fmt.Sprint(err)
	for _, word := range words {
		if strings.Contains(text, word) {
			p.t.Errorf("%s tells %s: %s", what, word, text)
		}
	}
}

// TestWhatIsEmbeddedIsCheckedToo: an answer about one thing holds nothing of another
// that its reader may not see (GHSA-v9vp-r9j9-9889).
func TestWhatIsEmbeddedIsCheckedToo(t *testing.T) {
	p := newPrivate(t)
	owner, desk, other := p.owner(), p.desk(), p.w.Advisor(t, "chamber", world.FirstAdvisor)
	whole, err := owner.Calls.GetCase(owner.Context(), &casesv1.GetCaseRequest{Name: strings.Split(p.omnia, "/requests/")[0]})
	p.lacks("the company's view", whole, err, wordNote)
	one, err := desk.Calls.GetRequest(desk.Context(), &providerv1.GetRequestRequest{Name: p.omnia})
	p.lacks("Omnia's request", one, err, wordOther)
	if text := prototext.Format(one); !strings.Contains(text, wordMessage) || !strings.Contains(text, wordReply) {
		t.Errorf("Omnia's own request lacks what was written: %s", text)
	}
	two, err := other.Calls.GetRequest(other.Context(), &providerv1.GetRequestRequest{Name: p.chamber})
	p.lacks("the chamber's request", two, err, wordMessage, wordReply, wordNote)
	notes, err := other.Calls.ListNotes(other.Context(), &providerv1.ListNotesRequest{Parent: p.omnia})
	p.lacks("Omnia's notes for the chamber", notes, err, wordNote)
}

// TestListsHoldOnlyTheCallersOwn, whatever is asked for (GHSA-vpvj-hgh4-8389), and so
// do searches (CVE-2026-54657): also a word that only a note or another's request
// holds finds nothing.
func TestListsHoldOnlyTheCallersOwn(t *testing.T) {
	p := newPrivate(t)
	id := strings.Split(p.omnia, "/")[1]
	for who, c := range map[string]*world.Company{
		"another company": p.w.Company(t, world.CompanyUser("stranger", theirs)), "another integrator": p.w.Company(t, world.Integrator("rival", theirs)),
		"nobody's": p.w.Company(t, world.CompanyUser("newcomer")),
	} {
		for _, request := range []*casesv1.ListCasesRequest{
			{}, {CompanyId: mine}, {Provider: "providers/omnia"}, {Query: wordNeed}, {Query: "oppisopimuksella"}, {CompanyId: mine, Query: wordNeed, PageSize: 100},
		} {
			answer, err := c.Calls.ListCases(c.Context(), request)
			p.lacks(fmt.Sprintf("ListCases{%v} of %s", request, who), answer, err, id, wordNeed)
		}
	}
	owner := p.owner()
	found, err := owner.Calls.ListCases(owner.Context(), &casesv1.ListCasesRequest{Query: wordNeed})
	if err != nil || len(found.Cases) != 1 {
		t.Fatalf("the owner's search finds %v, %v; so the others prove nothing", found, err)
	}
	hidden, err := owner.Calls.ListCases(owner.Context(), &casesv1.ListCasesRequest{Query: wordNote})
	p.lacks("the owner's search for a word of a note", hidden, err, id)

	for key, words := range map[string][]string{"chamber": {wordMessage, wordReply, wordNote}, "omnia": {wordOther}, "employment": {wordNeed, wordMessage, wordOther}} {
		desk := p.w.Advisor(t, key, world.FirstAdvisor)
		for _, word := range words {
			answer, err := desk.Calls.ListRequests(desk.Context(), &providerv1.ListRequestsRequest{Parent: desk.Provider(), Query: word})
			p.lacks(key+"'s search for "+word, answer, err, id, word)
			if answer.GetTotalSize() != 0 {
				t.Errorf("%s's search for %s counts %d", key, word, answer.GetTotalSize())
			}
		}
	}
}

// TestSearchIsNoQueryLanguage: what a search engine reads as an operator is a word here,
// or refused, and how much one search asks for is bounded (GHSA-57hf-x26f-5cmh).
func TestSearchIsNoQueryLanguage(t *testing.T) {
	p := newPrivate(t)
	owner, desk := p.owner(), p.desk()
	stranger := p.w.Company(t, world.CompanyUser("stranger", theirs))
	for _, query := range []string{
		`"`, `""`, `a"b`, `*`, `a*`, `^a`, `(`, `)`, `a AND`, `NOT a`, `a OR b`, `a NEAR b`, `NEAR(a b, 5)`, `title:a`, `{title}: a`, `-a`, `+a`, `a + b`,
		`'; DROP TABLE cases; --`, `%`, `_`, "a\x00b", `\`, "OR OR OR", strings.Repeat("(", 100), strings.Repeat("a ", 9), strings.Repeat("a ", 99), `" OR ""="`, `z* OR 1=1`,
	} {
		all, err := owner.Calls.ListCases(owner.Context(), &casesv1.ListCasesRequest{Query: query})
		if got := world.Read(err); got.Code != codes.OK && got.Code != codes.InvalidArgument {
			t.Errorf("%.40q: the company is answered %s %s: %s", query, got.Code, got.Reason, got.Message)
		}
		if len(all.GetCases()) > 1 {
			t.Errorf("%.40q finds more than there is", query)
		}
		none, err := stranger.Calls.ListCases(stranger.Context(), &casesv1.ListCasesRequest{Query: query})
		if got := world.Read(err); len(none.GetCases()) > 0 || got.Code != codes.OK && got.Code != codes.InvalidArgument {
			t.Errorf("%.40q: a stranger finds %v, %v", query, none, err)
		}
		_, err = desk.Calls.ListRequests(desk.Context(), &providerv1.ListRequestsRequest{Parent: desk.Provider(), Query: query})
		if got := world.Read(err); got.Code != codes.OK && got.Code != codes.InvalidArgument {
			t.Errorf("%.40q: the desk is answered %s %s: %s", query, got.Code, got.Reason, got.Message)
		}
	}
	_, err := owner.Calls.ListCases(owner.Context(), &casesv1.ListCasesRequest{Query: strings.Repeat("sana ", 11)})
	world.Refused(t, err, codes.InvalidArgument, "QUERY_TOO_LONG")
}

// TestWhatIsWrittenIsNeverMarkup: what one person writes runs in nobody's browser, on
// the company's pages and on the desk's (GHSA-7jgm-gwhh-jp8v).
func TestWhatIsWrittenIsNeverMarkup(t *testing.T) {
	w := world.Single(t, &binaries)
	w.Hire(t)
	f := &fixture{t: t, w: w}
	const script = `"'><script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:alert(1)">x</a>{{.}}`
	c := f.owner().Open(world.Opening{
		Need: script, Company: mine, Services: []string{"omnia/staff-training"}, Answers: world.Answers{"omnia/staff-training": {"wishes": script}},
	})
	request, desk := c.Request("omnia-1"), f.desk()
	desk.PickUp(request)
	c.Write("omnia-1", script)
	desk.Reply(request, script)
	desk.Note(request, script)
	desk.Ask(request, script)
	desk.Refer(request, "chamber/training", script, script)
	c.View()
	id := strings.TrimPrefix(c.Name, "cases/")
	seen := 0
	for path, p := range map[string]principal{
		"/cases": sample{}.caller(), "/cases/" + id: sample{}.caller(), "/cases?q=" + url.QueryEscape(script): sample{}.caller(),
		"/cases/" + id + "/referrals?request=omnia-1&number=1": sample{}.caller(), "/desk/omnia": world.AdvisorOf("omnia", world.FirstAdvisor),
		"/desk/omnia/requests/" + id + "/omnia-1": world.AdvisorOf("omnia", world.FirstAdvisor), "/sign-in?next=" + url.QueryEscape(script): {},
	} {
		token := ""
		if p.Subject != "" {
			token = w.Token(t, p)
		}
		got := newVisitor(t, w, token).ask(http.MethodGet, path, nil)
		if got.status != http.StatusOK {
			t.Errorf("%s: answered %d", path, got.status)
		}
		for _, live := range []string{"<script>", "<img src=x", `href="javascript:`, "onerror=alert(1)>"} {
			if strings.Contains(got.body, live) {
				t.Errorf("%s holds %s", path, live)
			}
		}
		seen += strings.Count(got.body, "&lt;script&gt;")
	}
	if seen < 6 {
		t.Errorf("the pages show the text %d times only", seen)
	}
}

// TestNotesStayWithTheirProvider: nothing that others keep or are sent holds a word of
// a confidential note, as text or as an index of it.
func TestNotesStayWithTheirProvider(t *testing.T) {
	p := newPrivate(t)
	owner := p.owner()
	for what, c := range map[string]*world.Company{"the company": owner, "an integrator": p.w.Company(t, world.Integrator("bank", mine))} {
		stream, err := c.Calls.WatchCase(c.Context(), &casesv1.WatchCaseRequest{Name: strings.Split(p.omnia, "/requests/")[0]})
		if err != nil {
			t.Fatal(err)
		}
		first, err := stream.Recv()
		p.lacks("the watch of "+what, first, err, wordNote)
	}
	p.w.Stop(t, "gateway") // so that all is in the files
	own := 0
	for _, folder := range p.w.Projections() {
		err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if strings.Contains(string(data), wordNote) {
				if !strings.HasPrefix(filepath.Base(filepath.Dir(path)), "omnia") || !strings.HasPrefix(entry.Name(), "notes") {
					t.Errorf("%s holds a word of a note", path)
				}
				own++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if own == 0 {
		t.Error("the note is found nowhere, so its absence proves nothing")
	}
}

// TestSecretsAreNotLogged runs the hub at its most talkative, uses every kind of secret,
// rightly and wrongly, and looks for them in the log (GHSA-g7g8-qrfj-hqf7).
func TestSecretsAreNotLogged(t *testing.T) {
	w := world.Single(t, &binaries, "--log-level", "debug")
	w.Hire(t)
	f := &fixture{t: t, w: w}
	secrets := map[string]string{}
	bearer := w.Token(t, sample{}.caller())
	secrets["a token"] = bearer
	c := f.owner().Open(f.opening())
	f.desk().PickUp(c.Request("omnia-1"))
	nameless := w.Stranger(t).Open(world.Opening{Need: "Tarvitsen oppisopimuksen " + wordNeed, Services: []string{service}})
	secrets["a case's secret"], secrets["what somebody wrote"] = nameless.Secret, wordNeed
	holder := w.Holder(t, nameless.Code, nameless.Secret)
	world.Await(t, "the code to be known", func() error {
		_, err := holder.Calls.GetCase(holder.Context(), &casesv1.GetCaseRequest{Name: nameless.Name})
		return err
	})
	// Wrong ones, and faults of the hub on the way.
	const wrong = "WRONGSECRETWRONGSECRET"
	secrets["a wrong secret"] = wrong
	for _, authorization := range []string{"Case " + nameless.Code + ":" + wrong, "Bearer " + wrong, "Basic " + wrong, "Bearer " + bearer + wrong, f.unsigned(sample{}.caller())} {
		_, err := w.Cases(t).ListCases(world.Authorized(t.Context(), authorization), &casesv1.ListCasesRequest{})
		if world.Read(err).Code != codes.Unauthenticated {
			t.Errorf("a wrong authorization is answered %v", err)
		}
	}
	m := methodAt(t, casesv1.CaseService_GetCase_FullMethodName)
	_, err := f.call(m, sample{role: "company"}, &attempt{authorization: "Bearer " + bearer, raw: append([]byte{10, 30}, "\xff"+wrong+"1234567"...)})
	if world.Read(err).Code == codes.OK {
		t.Error("a broken message was taken")
	}
	// The pages: sign in rightly and wrongly, open by code, sign out.
	v := newVisitor(t, w, bearer)
	secrets["a session's cookie"] = cookieOf(t, v, "hub_session")
	v.ask(http.MethodGet, "/cases", nil)
	v.ask(http.MethodGet, "/sign-in?token="+bearer, nil)
	v.ask(http.MethodPost, "/open-code", url.Values{"code": {nameless.Code}, "secret": {nameless.Secret}})
	secrets["a holder's cookie"] = cookieOf(t, v, "hub_case")
	v.ask(http.MethodPost, "/open-code", url.Values{"code": {nameless.Code}, "secret": {wrong}})
	v.ask(http.MethodGet, "/sign-in/"+world.Companies+"/callback?code="+wrong+"&state="+wrong, nil)
	v.ask(http.MethodPost, "/sign-out", nil)
	key, err := os.ReadFile(filepath.Join(w.Data, "keys", "token.key"))
	if err != nil {
		t.Fatal(err)
	}
	secrets["the key of the tokens"] = strings.Split(string(key), "\n")[1]

	log := w.Process("gateway").Log()
	if strings.Count(log, "level=DEBUG") < 20 || !strings.Contains(log, "method=/businessespoo.cases.v1.CaseService/OpenCase") {
		t.Fatal("the log says too little to prove anything")
	}
	for what, secret := range secrets {
		for _, part := range strings.Split(secret, ".") {
			if len(part) >= 8 && strings.Contains(log, part) {
				t.Errorf("the log holds %s", what)
			}
		}
	}
	if strings.Contains(log, "authorization=") || strings.Contains(log, "Bearer ") {
		t.Error("the log holds an authorization")
	}
}

func cookieOf(t *testing.T, v *visitor, name string) string {
	t.Helper()
	at, err := url.Parse(v.base)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range v.client.Jar.Cookies(at) {
		if c.Name == name {
			return c.Value
		}
	}
	t.Fatalf("no cookie %s", name)
	return ""
}
