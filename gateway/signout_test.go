package gateway_test

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/businessespoo/hub/gateway"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/token"
)

// TestSignOutCountsAtEveryGateway signs in at one gateway, goes on at another, and
// signs out there: the session ends at both, and at one that starts later.
func TestSignOutCountsAtEveryGateway(t *testing.T) {
	w := newWorld(t)
	pages := func() string {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		w.start(func(o *gateway.Options) { o.Web = listener })
		return "http://" + listener.Addr().String()
	}
	client := &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(method, address string, form url.Values, cookie *http.Cookie) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
		must(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if cookie != nil {
			r.AddCookie(cookie)
		}
		answer, err := client.Do(r)
		must(t, err)
		must(t, answer.Body.Close())
		return answer
	}
	one, other := pages(), pages()
	signed, err := w.key.Sign(token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: "p1", Companies: []string{"9000001-1"}}, w.clock.Now(), time.Hour)
	must(t, err)
	answer := ask(http.MethodPost, one+"/sign-in", url.Values{"token": {signed}}, nil)
	if answer.StatusCode != http.StatusSeeOther || len(answer.Cookies()) != 1 {
		t.Fatalf("sign-in: %s, %v", answer.Status, answer.Cookies())
	}
	cookie := answer.Cookies()[0]
	for _, address := range []string{one, other} {
		if answer := ask(http.MethodGet, address+"/cases", nil, cookie); answer.StatusCode != http.StatusOK {
			t.Fatalf("before the sign-out: %s", answer.Status)
		}
	}
	ask(http.MethodPost, other+"/sign-out", nil, cookie)
	for _, address := range []string{one, other, pages()} {
		if answer := ask(http.MethodGet, address+"/cases", nil, cookie); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("after the sign-out: %s", answer.Status)
		}
	}
}
