package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	keysv1 "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/systemkey"
	"github.com/businessespoo/hub/services/kit/token"
)

// Bank is the organisation of the demo's integrator.
const Bank = "demo-bank"

// IssueKeys issues a key for each system of the demo, by its name in demo.json, and has
// three companies grant the bank access. Keys are shown once: the caller keeps them.
func IssueKeys(ctx context.Context, gateway string, now time.Time, sign func(p token.Principal, ttl time.Duration) (string, error)) (map[string]string, error) {
	connection, err := grpc.NewClient(gateway, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, fmt.Errorf("demo: connect to %s: %w", gateway, err)
	}
	defer func() { _ = connection.Close() }()
	callers := newCallers(sign)
	keys := map[string]string{}
	issue := func(system, parent, displayName string, scopes []string) error {
		answer, err := keysv1.NewKeyServiceClient(connection).IssueKey(callers.as(ctx, Operator()), &keysv1.IssueKeyRequest{
			RequestId: uuid.NewString(), Parent: parent, DisplayName: displayName, Scopes: scopes, ValidTo: string(catalogue.DateOf(now).AddMonths(12)),
		})
		keys[system] = answer.GetSecret()
		return err
	}
	if err := issue("integrator", "integrators/"+Bank, "Demo bank", systemkey.IntegratorScopes()); err != nil {
		return nil, fmt.Errorf("demo: issue the bank's key: %w", err)
	}
	for _, key := range bus.Providers() {
		if err := issue("provider-system-"+key, name.Provider(key), "Demo system", systemkey.ProviderScopes()); err != nil {
			return nil, fmt.Errorf("demo: issue the key of %s: %w", key, err)
		}
	}
	all := Companies()
	for _, company := range []string{all[6].Key(), all[10].Key(), all[11].Key()} {
		owner := token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: "demo-owner-" + company, Companies: []string{company}}
		if _, err := keysv1.NewGrantServiceClient(connection).GrantAccess(callers.as(ctx, owner), &keysv1.GrantAccessRequest{
			RequestId: uuid.NewString(), Company: company, Organisation: Bank, Scopes: systemkey.IntegratorScopes(),
		}); err != nil {
			return nil, fmt.Errorf("demo: grant the bank access: %w", err)
		}
	}
	return keys, nil
}
