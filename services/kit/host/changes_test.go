package host_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	// The whole contract, so that no method of it is left out.
	_ "github.com/businessespoo/hub/proto/businessespoo/consent/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/identity/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	_ "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/problem"
)

// changing are the methods of the contract that change who may do or see what, or take
// much along, with the event that each of them is.
var changing = map[string]string{
	"KeyService.IssueKey": "key_issued", "KeyService.RevokeKey": "key_revoked",
	"GrantService.GrantAccess": "grant_given", "GrantService.WithdrawGrant": "grant_withdrawn",
	"SharedCaseService.RecordDisclosure": "disclosure_recorded",
	"SessionService.RevokeSession":       "session_ended", "SessionService.RevokeAllSessions": "session_ended",
	"DataRightsService.ExportData": "data_exported", "DataRightsService.Erase": "data_erased", "DataRightsService.RedactFact": "data_erased",
	"DataRightsService.HoldCase": "hold_changed", "DataRightsService.ReleaseCase": "hold_changed",
}

// TestChangesOfRightsAreLogged: each leaves its line when it was carried out, and not when
// it was not; nothing else that went well leaves one.
func TestChangesOfRightsAreLogged(t *testing.T) {
	out := &bytes.Buffer{}
	c := newContract(t, func(o *host.Options) { o.Log = slog.New(slog.NewJSONHandler(out, nil)) })
	for _, fail := range []error{nil, problem.New(problem.NotFound, "NOT_FOUND", "there is none")} {
		c.fail = fail
		known := 0
		for _, methods := range methods(t) {
			for _, m := range methods {
				name := string(m.Parent().Name() + "." + m.Name())
				want, found := changing[name]
				if found {
					known++
				}
				if fail != nil {
					want = ""
				}
				out.Reset()
				if err := c.call(t, m, roleOf(m)); (err == nil) != (fail == nil) || fail != nil && status.Code(err) != codes.NotFound {
					t.Fatalf("%s: %v", name, err)
				}
				var line struct{ Msg, Event, Method, Trace, Role, Caller string }
				_ = json.Unmarshal(out.Bytes(), &line) // empty, or one line: else the comparison fails
				if line.Event != want || want != "" && (line.Msg != "security" || line.Method != path(m) || line.Role == "" || len(line.Trace) != 32 || len(line.Caller) != 12) {
					t.Errorf("%s, failing %t, leaves %s", name, fail != nil, out)
				}
			}
		}
		if known != len(changing) {
			t.Errorf("the contract has %d of %d methods", known, len(changing))
		}
	}
}
