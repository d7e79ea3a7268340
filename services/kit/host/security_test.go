package host_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/security"
)

// written are the lines of the log about one event.
func (w *world) written(t *testing.T, event string) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for line := range strings.Lines(w.log.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("the log has the line %q: %v", line, err)
		}
		if fields["msg"] == "security" && fields["event"] == event {
			lines = append(lines, fields)
		}
	}
	return lines
}

// TestRefusalsAreLogged: each kind of refusal is one line with its own event and
// reason, and what is answered "there is none" counts when there is one.
func TestRefusalsAreLogged(t *testing.T) {
	ask := func(w *world, authorization string, request *casesv1.GetCaseRequest) {
		ctx := t.Context()
		if authorization != "" {
			ctx = authorized(ctx, authorization)
		}
		if _, err := w.client.GetCase(ctx, request); err == nil {
			t.Errorf("%q was answered", authorization)
		}
	}
	for name, test := range map[string]struct {
		authorization func(*world) string
		request       *casesv1.GetCaseRequest
		answer        error
		event, reason string
		role          string
	}{
		"no sign-in":    {nil, nil, nil, "access_denied", "SIGN_IN_NEEDED", "none"},
		"wrong role":    {func(w *world) string { return w.token(t, advisor) }, nil, nil, "access_denied", "ROLE_NOT_ALLOWED", "advisor"},
		"broken token":  {func(*world) string { return "Bearer x" }, nil, nil, "token_refused", "TOKEN_MALFORMED", "none"},
		"wrong secret":  {func(*world) string { return "Case K7:other" }, nil, nil, "code_refused", "CASE_SECRET_WRONG", "none"},
		"wrong field":   {func(w *world) string { return w.token(t, company) }, &casesv1.GetCaseRequest{Name: "cases/../x"}, nil, "input_refused", "INVALID_FIELDS", "company"},
		"not theirs":    {func(w *world) string { return w.token(t, company) }, nil, problem.New(problem.NotFound, "NOT_FOUND", "none").Because(security.ErrHidden), "access_denied", "NOT_FOUND", "company"},
		"not the staff": {func(w *world) string { return w.token(t, company) }, nil, problem.New(problem.Denied, "STAFF_UNKNOWN", "left"), "access_denied", "STAFF_UNKNOWN", "company"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.get = func(context.Context, *casesv1.GetCaseRequest) (*casesv1.GetCaseResponse, error) {
				return nil, test.answer
			}
			authorization := ""
			if test.authorization != nil {
				authorization = test.authorization(w)
			}
			request := test.request
			if request == nil {
				request = &casesv1.GetCaseRequest{Name: caseName}
			}
			ask(w, authorization, request)
			lines := w.written(t, test.event)
			if len(lines) != 1 || strings.Count(w.log.String(), `"msg":"security"`) != 1 {
				t.Fatalf("the log has %d lines %s: %s", len(lines), test.event, w.log)
			}
			line := lines[0]
			if line["reason"] != test.reason || line["role"] != test.role || len(line["trace"].(string)) != 32 ||
				len(line["caller"].(string)) != 12 || line["method"] != casesv1.CaseService_GetCase_FullMethodName {
				t.Errorf("the line is %v", line)
			}
			if at, err := time.Parse(time.RFC3339Nano, line["time"].(string)); err != nil || !strings.HasSuffix(line["time"].(string), "Z") || at.IsZero() {
				t.Errorf("its time %v is not in UTC", line["time"])
			}
		})
	}
	t.Run("too often", func(t *testing.T) {
		w := startWorld(t, false, func(o *host.Options) { o.Limits.Rate = 0.1; o.Clock = func() time.Time { return noon } })
		w.get = func(context.Context, *casesv1.GetCaseRequest) (*casesv1.GetCaseResponse, error) {
			return &casesv1.GetCaseResponse{}, nil
		}
		ctx := authorized(t.Context(), w.token(t, company))
		for range 2 {
			_, _ = w.client.GetCase(ctx, &casesv1.GetCaseRequest{Name: caseName})
		}
		if lines := w.written(t, "rate_limited"); len(lines) != 1 || lines[0]["reason"] != "RATE_LIMITED" {
			t.Errorf("the log has %v", lines)
		}
	})
	t.Run("what is not there", func(t *testing.T) {
		w := newWorld(t)
		w.get = func(context.Context, *casesv1.GetCaseRequest) (*casesv1.GetCaseResponse, error) {
			return nil, problem.New(problem.NotFound, "NOT_FOUND", "none")
		}
		ask(w, w.token(t, company), &casesv1.GetCaseRequest{Name: caseName})
		if strings.Contains(w.log.String(), `"msg":"security"`) {
			t.Errorf("a wrong name is called an attack: %s", w.log)
		}
	})
}

// TestNobodyWritesLinesOfTheLog: whatever callers send, the log has its own lines
// alone, and what callers sent is in none of them, in both forms (log injection).
func TestNobodyWritesLinesOfTheLog(t *testing.T) {
	const forged = "x\r\ntime=2026-03-02T12:00:00Z level=INFO msg=security event=sign_in role=operator\n{\"msg\":\"security\"}"
	for _, format := range []string{"json", "text"} {
		out := &buffer{}
		log, err := host.NewLog(out, format, "debug")
		if err != nil {
			t.Fatal(err)
		}
		w := startWorld(t, false, func(o *host.Options) { o.Log = log })
		w.get = func(context.Context, *casesv1.GetCaseRequest) (*casesv1.GetCaseResponse, error) { panic(forged) }
		_, _ = w.client.GetCase(authorized(t.Context(), w.token(t, company)), &casesv1.GetCaseRequest{Name: caseName})
		asked := strings.Count(out.String(), "\n")
		if asked != 1 {
			t.Errorf("%s: a fault whose text has lines of its own wrote %d lines:\n%s", format, asked, out)
		}
		_, _ = w.client.GetCase(authorized(t.Context(), w.token(t, company)), &casesv1.GetCaseRequest{Name: forged, MinRevision: forged})
		_, _ = w.client.GetCase(metadata.AppendToOutgoingContext(t.Context(), "authorization", "Case K7:event=sign_in", "traceparent", "event=sign_in", "user-agent", "event=sign_in"), &casesv1.GetCaseRequest{Name: caseName})
		_ = w.conn.Invoke(t.Context(), "/businessespoo.cases.v1.CaseService/event=sign_in", &casesv1.GetCaseRequest{}, &casesv1.GetCaseResponse{})
		for line := range strings.Lines(strings.SplitN(out.String(), "\n", 2)[1]) {
			if strings.Contains(line, "sign_in") {
				t.Errorf("%s: a caller wrote in the log: %s", format, line)
			}
		}
	}
}
