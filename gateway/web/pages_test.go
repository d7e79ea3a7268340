package web_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// everyPage lists each page with who may see it.
func everyPage() map[string][]string {
	return map[string][]string{
		"": {"/", "/choose", "/choose?need=hire", "/open-code", "/status", "/privacy", "/accessibility", "/feedback", "/data", "/sign-in", "/nowhere", "/cases", "/cases/" + caseID, "/desk/omnia", "/services", "/operator"},
		companyToken(): {
			"/", "/cases", "/cases?q=kahvi&status=open&asks=yes", "/cases/" + caseID, "/cases/" + caseID + "?fresh=yes", "/cases/" + caseID + "?words=14", "/cases/" + caseID + "?words=omnia-2&before=9", "/cases/" + caseID + "/add",
			"/cases/" + caseID + "/add?service=" + paySubsidy, "/cases/" + caseID + "/referrals?request=omnia-3&number=1", "/cases/another", "/sign-in", "/status", "/grants", "/data",
			"/drafts/unfinished", "/drafts/unfinished?at=need", "/drafts/unfinished?at=choose", "/drafts/unfinished?at=1&changing=yes", "/drafts/unfinished?at=2",
			"/drafts/unfinished?at=3", "/drafts/unfinished?at=4", "/drafts/none", "/kept",
		},
		advisorToken("advisor"): {
			"/desk/omnia", "/desk/omnia?view=mine&status=new&language=sv&order=oldest&q=x", "/desk/omnia/requests/" + caseID + "/omnia-1",
			"/desk/omnia/requests/" + caseID + "/omnia-2", "/desk/omnia/requests/" + caseID + "/omnia-3", "/desk/employment/requests/" + caseID + "/employment-1",
			"/desk/omnia?view=waiting", "/desk/omnia?view=old&page=token-1", "/desk/omnia/texts", deskPath + "omnia-2?done=reply&view=mine", deskPath + "omnia-2?done=pickup", deskPath + "omnia-2?words=15&before=20",
			"/desk/omnia/cases/" + caseID, "/desk/omnia/new", "/desk/omnia/new?service=" + apprenticeship,
		},
		operatorToken(): {
			"/operator", "/operator?page=token-1", "/operator/staff", "/operator/staff?provider=hub", "/operator/keys", "/operator/erasures",
			"/operator/catalogue", "/operator/catalogue?provider=omnia&gap=estimated_time", "/services",
		},
		advisorToken("lead"): {"/desk/omnia", "/desk/omnia/texts", "/desk/omnia/team", "/desk/omnia/team?advisor=maija&page=token-1", "/desk/chamber/team", "/desk/omnia/keys", "/desk/chamber/keys", "/desk/omnia/requests/" + caseID + "/omnia-1", "/desk/omnia/requests/" + caseID + "/omnia-2", "/desk/employment/requests/" + caseID + "/employment-2"},
	}
}

// TestEveryPageInEveryLanguage looks at what all pages must have: texts without
// gaps, escaped content, an accessible frame.
func TestEveryPageInEveryLanguage(t *testing.T) {
	for token, paths := range everyPage() {
		b := newBrowser(t)
		if token != "" {
			b.signIn(token)
		}
		for _, path := range paths {
			for _, lang := range []string{"fi", "sv", "en"} {
				separator := "?"
				if strings.Contains(path, "?") {
					separator = "&"
				}
				p := b.get(path + separator + "lang=" + lang)
				if p.code >= http.StatusInternalServerError {
					t.Errorf("%s: status %d", p.url, p.code)
				}
				p.has(t, `<html lang="`+lang+`">`, `<main id="main"`, `href="#main"`, `name="viewport"`, `rel="stylesheet"`, `<a href="/feedback`)
				p.lacks(t, "/feedback?page=%2Fcases%2F"+caseID) // whose it is stays with the page
				p.lacks(t, "⟦", "<script>", "<b>ensimmäisen", "style=", "ZgotmplZ", "%!", "<nil>")
				headingsInOrder(t, p)
				labelled(t, p)
				wellFormed(t, p)
			}
		}
	}
}

// What the rules over the whole case said stands in the timeline, once, with the
// entry that it came with.
func TestTimelineTellsWhatWasSaid(t *testing.T) {
	b := newBrowser(t)
	b.signIn(companyToken())
	p := b.get("/cases/" + caseID)
	if n := strings.Count(p.body, "Älä aloita &lt;ennen&gt; päätöstä"); n != 1 {
		t.Errorf("the notice that two entries carry stands %d times in the timeline", n)
	}
	p.has(t, "Sinulle kerrottiin:")
}

var (
	heading = regexp.MustCompile(`<h([1-6])`)
	control = regexp.MustCompile(`<(?:input type="(?:text|url|password|date|datetime-local|checkbox|radio)"|textarea|select)[^>]*>`)
	anID    = regexp.MustCompile(` id="([^"]+)"`)
	refers  = regexp.MustCompile(` (?:for|aria-labelledby|form)="([^"]+)"| aria-describedby="([^"]+)"| href="#([^"]+)"`)
)

func headingsInOrder(t *testing.T, p page) {
	t.Helper()
	body := p.body
	if i := strings.Index(body, `<div class="summary"`); i >= 0 {
		body = body[:i] + body[i+strings.Index(body[i:], "</div>"):] // the summary stands above the page's own headings
	}
	before := 0
	for _, match := range heading.FindAllStringSubmatch(body, -1) {
		level, _ := strconv.Atoi(match[1])
		if level > before+1 || level == 1 && before != 0 {
			t.Errorf("%s: h%d follows h%d", p.url, level, before)
		}
		before = level
	}
	if before == 0 {
		t.Errorf("%s has no heading", p.url)
	}
}

// labelled checks that each control has a label and that ids are unique and
// lead somewhere.
func labelled(t *testing.T, p page) {
	t.Helper()
	ids := map[string]bool{}
	for _, match := range anID.FindAllStringSubmatch(p.body, -1) {
		if ids[match[1]] {
			t.Errorf("%s: the id %s is there twice", p.url, match[1])
		}
		ids[match[1]] = true
	}
	for _, c := range control.FindAllString(p.body, -1) {
		match := anID.FindStringSubmatch(c)
		if match == nil || !strings.Contains(p.body, `for="`+match[1]+`"`) {
			t.Errorf("%s: no label for %s", p.url, c)
		}
	}
	for _, match := range refers.FindAllStringSubmatch(p.body, -1) {
		for id := range strings.FieldsSeq(match[1] + " " + match[2] + " " + match[3]) {
			if !ids[id] {
				t.Errorf("%s: nothing has the id %s", p.url, id)
			}
		}
	}
}

// wellFormed checks that every element is closed where it should be.
func wellFormed(t *testing.T, p page) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(p.body))
	decoder.Strict = false
	decoder.AutoClose = []string{"meta", "link", "input", "img", "br"}
	decoder.Entity = xml.HTMLEntity
	var open []string
	for {
		tok, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Errorf("%s: %v", p.url, err)
			return
		}
		switch element := tok.(type) {
		case xml.StartElement:
			switch element.Name.Local {
			case "meta", "link", "input", "img", "br":
			default:
				open = append(open, element.Name.Local)
			}
		case xml.EndElement:
			if element.Name.Local == "input" || element.Name.Local == "meta" || element.Name.Local == "link" || element.Name.Local == "img" || element.Name.Local == "br" {
				continue
			}
			if len(open) == 0 || open[len(open)-1] != element.Name.Local {
				t.Errorf("%s: </%s> closes %v", p.url, element.Name.Local, open)
				return
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("%s: left open: %v", p.url, open)
	}
}

func TestHeaders(t *testing.T) {
	b := newBrowser(t)
	p := b.get("/")
	if csp := p.head.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") || !strings.Contains(csp, "script-src 'self'") || strings.Contains(csp, "unsafe") {
		t.Errorf("Content-Security-Policy is %q", csp)
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Content-Type": "text/html; charset=utf-8"} {
		if got := p.head.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	path := regexp.MustCompile(`/static/style-[0-9a-f]+\.css`).FindString(p.body)
	if style := b.get(path); style.code != http.StatusOK || !strings.HasPrefix(style.head.Get("Content-Type"), "text/css") || !strings.Contains(style.head.Get("Cache-Control"), "immutable") {
		t.Errorf("style: status %d, %v", style.code, style.head)
	}
}

// TestOtherSitesCannotPost sends a form as another site's page would make a
// browser send it.
func TestOtherSitesCannotPost(t *testing.T) {
	for _, header := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}} {
		b := newBrowser(t)
		b.signIn(companyToken())
		values := url.Values{"form": {"close"}, "do": {"close"}, "request_id": {"7b3f2a34-5e0f-4c8e-9d8e-0a4f6f3f1c11"}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.base+"/cases/"+caseID, strings.NewReader(values.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for name, value := range header {
			r.Header.Set(name, value)
		}
		if p := b.do(r); p.code != http.StatusForbidden {
			t.Errorf("%v: status %d, want 403", header, p.code)
		}
		if n := b.api.count("CloseCase"); n != 0 {
			t.Errorf("%v: the case was closed", header)
		}
	}
}

func TestLanguageIsRemembered(t *testing.T) {
	b := newBrowser(t)
	b.get("/?lang=sv").has(t, `<html lang="sv">`)
	b.get("/status").has(t, `<html lang="sv">`)
	b.get("/status?lang=xx").has(t, `<html lang="sv">`)
}
