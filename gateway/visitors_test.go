package gateway_test

import (
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	"github.com/businessespoo/hub/gateway"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
)

// Wrong codes that a visitor's archive is asked for with are the visitor's, and do not
// count against the pages, by which all others come.
func TestAnArchiveIsCountedAsItsVisitors(t *testing.T) {
	w := newWorld(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	n := w.start(func(o *gateway.Options) { o.Web, o.BehindProxy = listener, true })
	base := "http://" + listener.Addr().String()
	opened := get[*casesv1.OpenCaseResponse](t)(n.cases.OpenCase(t.Context(), opening("", "espoo-city/pilot")))
	w.made(idOf(opened.Case), 1)
	jar, err := cookiejar.New(nil)
	must(t, err)
	visitor := &http.Client{Jar: jar}
	ask := func(method, path string, form url.Values) int {
		r, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(form.Encode()))
		must(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		answer, err := visitor.Do(r)
		must(t, err)
		must(t, answer.Body.Close())
		return answer.StatusCode
	}
	ask(http.MethodPost, "/open-code", url.Values{"code": {opened.Case.Code}, "secret": {opened.Secret}})
	if code := ask(http.MethodGet, "/data/archive", nil); code != http.StatusOK {
		t.Fatalf("the archive is answered with %d", code)
	}
	// The browser goes on to hold the code of a case that is gone.
	get[*rightsv1.EraseResponse](t)(rightsv1.NewDataRightsServiceClient(n.conn).Erase(w.operator(), &rightsv1.EraseRequest{
		RequestId: uuid.NewString(), Case: opened.Case.Name, Ground: &rightsv1.Ground{Law: "GDPR", Section: "17", Reason: "Asked for"},
	}))
	w.eventually("the code opens nothing", func() bool { return ask(http.MethodGet, "/data/archive", nil) == http.StatusUnauthorized })
	tries := 0
	for ; tries < 40 && ask(http.MethodGet, "/data/archive", nil) != http.StatusTooManyRequests; tries++ {
	}
	if tries == 40 {
		t.Error("the visitor's wrong codes are not counted")
	}
	_, err = n.cases.GetCase(w.holder(opened.Case.Code, opened.Secret), &casesv1.GetCaseRequest{Name: opened.Case.Name})
	refused(t, err, codes.Unauthenticated, "CODE_WRONG")
}
