package chaos

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/token"
)

// target is one life of a hub, from a start to its end.
type target struct {
	life  int
	conn  *grpc.ClientConn
	cases casesv1.CaseServiceClient
	desks providerv1.ProviderServiceClient
	admin adminv1.AdminServiceClient
}

// line leads the clients to the hub that lives now, and lets them wait while
// there is none.
type line struct {
	mu      sync.Mutex
	now     *target
	lives   int
	changed chan struct{}
}

func newLine() *line { return &line{changed: make(chan struct{})} }

// up tells the clients of a new life.
func (l *line) up(t *testing.T, address string) *target {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lives++
	l.now = &target{
		life: l.lives, conn: conn, cases: casesv1.NewCaseServiceClient(conn),
		desks: providerv1.NewProviderServiceClient(conn), admin: adminv1.NewAdminServiceClient(conn),
	}
	close(l.changed)
	l.changed = make(chan struct{})
	return l.now
}

// down tells the clients that this life is over.
func (l *line) down() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now != nil {
		_ = l.now.conn.Close()
	}
	l.now = nil
}

// get answers the hub that lives, when one does.
func (l *line) get(ctx context.Context) (*target, error) {
	for {
		l.mu.Lock()
		now, changed := l.now, l.changed
		l.mu.Unlock()
		if now != nil {
			return now, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// companyID is the company that all clients act for, each as a person of its own.
const companyID = "9000001-1"

// people signs in whoever the tests need, with the hub's own key.
type people struct {
	key *token.Key
	mu  sync.Mutex
	old map[string]string
}

func openPeople(t *testing.T, data string) *people {
	t.Helper()
	key, err := token.OpenKey(filepath.Join(data, "keys", "token.key"))
	if err != nil {
		t.Fatal(err)
	}
	return &people{key: key, old: map[string]string{}}
}

func (p *people) as(ctx context.Context, who token.Principal) context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	signed, known := p.old[who.Subject]
	if !known {
		var err error
		if signed, err = p.key.Sign(who, time.Now().Add(-time.Minute), time.Hour); err != nil {
			panic(err) // the key is there; only a bad principal does this
		}
		p.old[who.Subject] = signed
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+signed)
}

// company is a person who acts for the company; person tells them apart.
func (p *people) company(ctx context.Context, person string) context.Context {
	return p.as(ctx, token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: "person-" + person, Companies: []string{companyID}})
}

func (p *people) advisor(ctx context.Context, provider, id string) context.Context {
	return p.as(ctx, token.Principal{Role: policyv1.Role_ROLE_ADVISOR, Subject: provider + "-" + id, Provider: provider, Advisor: id})
}

func (p *people) operator(ctx context.Context) context.Context {
	return p.as(ctx, token.Principal{Role: policyv1.Role_ROLE_OPERATOR, Subject: "operator"})
}
