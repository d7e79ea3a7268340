package e2e

import (
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/deploy/e2e/world"
	keysv1 "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	"github.com/businessespoo/hub/services/kit/systemkey"
)

// keySamples are those of the keys of systems, and of grants.
var keySamples = map[string]sample{
	"KeyService/IssueKey": {role: "operator", valid: func(f *fixture) proto.Message {
		return &keysv1.IssueKeyRequest{
			RequestId: newID(), Parent: "providers/chamber", DisplayName: "Archive", Scopes: systemkey.ProviderScopes(), ValidTo: time.Now().AddDate(0, 1, 0).Format(time.DateOnly),
		}
	}, change: func(m proto.Message) { m.(*keysv1.IssueKeyRequest).DisplayName = "Another" }},
	"KeyService/ListKeys": {role: "operator", valid: func(f *fixture) proto.Message { return &keysv1.ListKeysRequest{} }},
	"KeyService/RevokeKey": {role: "operator", alone: true, valid: func(f *fixture) proto.Message {
		return &keysv1.RevokeKeyRequest{RequestId: newID(), Name: "keys/" + world.KeyID(f.w.IssueKey(f.t, "providers/chamber", systemkey.RequestRead))}
	}},
	"GrantService/ListIntegrators": {role: "company", valid: func(f *fixture) proto.Message { return &keysv1.ListIntegratorsRequest{} }},
	"GrantService/GrantAccess": {role: "company", valid: func(f *fixture) proto.Message {
		f.w.IssueKey(f.t, "integrators/archive", systemkey.IntegratorScopes()...)
		return &keysv1.GrantAccessRequest{RequestId: newID(), Company: mine, Organisation: "archive", Scopes: systemkey.IntegratorScopes()}
	}, change: func(m proto.Message) { m.(*keysv1.GrantAccessRequest).Scopes = []string{systemkey.CaseRead} }},
	"GrantService/ListGrants": {role: "company", valid: func(f *fixture) proto.Message { return &keysv1.ListGrantsRequest{} }},
	"GrantService/WithdrawGrant": {role: "company", alone: true, valid: func(f *fixture) proto.Message {
		f.w.IssueKey(f.t, "integrators/leaving", systemkey.IntegratorScopes()...)
		f.w.Grant(f.t, mine, "leaving", systemkey.CaseRead)
		return &keysv1.WithdrawGrantRequest{RequestId: newID(), Company: mine, Organisation: "leaving"}
	}},
}
