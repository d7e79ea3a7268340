package web_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"

	"github.com/businessespoo/hub/gateway/session"
	"github.com/businessespoo/hub/gateway/web"
	tokens "github.com/businessespoo/hub/services/kit/token"
)

// accessLog answers rows in the order in which it has them.
type accessLog struct {
	accessv1.AccessServiceClient
	times []time.Time
}

func (l accessLog) ListAccess(context.Context, *accessv1.ListAccessRequest, ...grpc.CallOption) (*accessv1.ListAccessResponse, error) {
	answer := &accessv1.ListAccessResponse{}
	for _, at := range l.times {
		answer.Access = append(answer.Access, &accessv1.Access{Row: &accessv1.AccessRow{Time: timestamppb.New(at), Method: "CaseService.GetCase", Person: "p2"}})
	}
	return answer, nil
}

// Processes write their rows a moment apart, so the log may have them in another order
// than they happened in. The page shows each day once, the newest first.
func TestEachDayOfTheAccessLogIsShownOnce(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 11, n, 12, 0, 0, 0, time.UTC) }
	b := newBrowser(t, func(o *web.Options) {
		o.Access = accessLog{times: []time.Time{day(18), day(15), day(17), day(15), day(18)}}
	})
	b.signIn(companyToken())
	p := b.get("/cases/" + caseID + "/access?lang=fi")
	var days []string
	for _, found := range regexp.MustCompile(`<h2>([0-9.]+)</h2>`).FindAllStringSubmatch(p.body, -1) {
		days = append(days, found[1])
	}
	if diff := cmp.Diff([]string{"18.11.2026", "17.11.2026", "15.11.2026"}, days); diff != "" {
		t.Errorf("the days (-want +got):\n%s", diff)
	}
}

// An operator works with the command: the pages lead to none that refuses them, and do
// not ask somebody who is signed in to sign in.
func TestOperatorsAreLedToNoClosedPage(t *testing.T) {
	b := newBrowser(t)
	b.signIn(token(map[string]any{"sub": "op1", "role": "operator"}))
	home := b.get("/?lang=en")
	home.has(t, `href="/me"`, `href="/status"`)
	home.lacks(t, `href="/cases"`, `href="/grants"`, `href="/desk"`)
	if p := b.get("/desk?lang=en"); p.code != http.StatusForbidden || strings.Contains(p.body, "Sign in to see this page") {
		t.Errorf("an operator who asks for an inbox is answered %d", p.code)
	}
}

// Somebody who acts for companies, and has not said for which, is led from the empty
// list to the choice.
func TestNobodyChosenLeadsToTheChoice(t *testing.T) {
	b := newBrowser(t)
	b.api.cases = nil
	const choice = "/me?next=/cases"
	b.signIn(companyToken())
	b.get("/cases?lang=en").lacks(t, choice)
	list, err := b.sessions.List(t.Context(), "p1")
	if err != nil || len(list) != 1 {
		t.Fatalf("the sessions of p1: %v, %v", list, err)
	}
	if _, err := b.sessions.Change(t.Context(), list[0].ID, func(s *session.Session) {
		s.Acting = ""
		s.Representations = []tokens.Representation{{Company: "9000001-1", Basis: tokens.BasisMandate}}
	}); err != nil {
		t.Fatal(err)
	}
	b.get("/cases?lang=en").has(t, choice, "You act for yourself", "Choose a company to see its cases")
}
