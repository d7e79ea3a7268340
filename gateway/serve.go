package gateway

import (
	"crypto/rand"
	"net/http"

	"google.golang.org/grpc"

	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	companyv1 "github.com/businessespoo/hub/proto/businessespoo/company/v1"
	consentv1 "github.com/businessespoo/hub/proto/businessespoo/consent/v1"
	identityv1 "github.com/businessespoo/hub/proto/businessespoo/identity/v1"
	keysv1 "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
	sharingv1 "github.com/businessespoo/hub/proto/businessespoo/sharing/v1"

	"github.com/businessespoo/hub/gateway/api"
	"github.com/businessespoo/hub/gateway/journey"
	"github.com/businessespoo/hub/gateway/statute"
	"github.com/businessespoo/hub/gateway/web"
	"github.com/businessespoo/hub/gateway/ytj"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/security"
	"github.com/businessespoo/hub/services/kit/tlsfile"
)

// DevIssuerPath is where the issuers of a demo answer, beside the pages.
const DevIssuerPath = "/dev-issuer/"

// serve makes the gRPC server, and the pages, which are its client.
func (g *Gateway) serve(journeys *journey.Set, pages web.Options) error {
	o := g.options
	desks, err := g.connect()
	if err != nil {
		return err
	}
	// Only the pages of this process know it.
	relay := rand.Text()
	g.server = host.NewGRPC(host.Options{
		Verifier: o.Verifier, CaseHolder: g.caseHolder, SystemKey: g.book.Principal, KeysChanged: g.book.Changed,
		Binding: g.visitors.binding, Ready: g.hasRead,
		// Companies show a token, and integrators a key, and neither a certificate.
		Credentials: o.TLS.Server(tlsfile.Anybody, o.Log), Log: o.Log, Metrics: o.Metrics, Access: g.accessLog(), Sight: o.Sight,
		Limits: host.Limits{Rate: o.RateLimit, Relay: relay, Dear: []string{
			casesv1.CaseService_SuggestServices_FullMethodName, // reads a whole index
			casesv1.CaseService_OpenCase_FullMethodName,        // writes, and asks up to seven providers
		}},
	})
	grounds, err := statute.Load()
	if err != nil {
		return err
	}
	casesv1.RegisterCaseServiceServer(g.server, g.cases)
	consentv1.RegisterConsentServiceServer(g.server, &api.Consents{Cases: g.cases})
	sharingv1.RegisterSharedCaseServiceServer(g.server, &api.Sharing{Cases: g.cases, Grounds: grounds})
	cataloguev1.RegisterCatalogueServiceServer(g.server, &api.Catalogue{
		Registry: g.registry, Journeys: journeys, Today: func() catalogue.Date { return catalogue.DateOf(o.Clock()) },
	})
	providerv1.RegisterProviderServiceServer(g.server, desks)
	access := &api.Access{Cases: g.cases, Rows: g.accessRows}
	accessv1.RegisterAccessServiceServer(g.server, access)
	adminv1.RegisterAdminServiceServer(g.server, &api.Admin{
		Bus: o.Bus, Directory: g.directory, Calls: g.cases.Drafts, Now: o.Clock, Advance: o.AdvanceClock, Security: security.New(o.Log, nil), Left: g.left,
	})
	register, err := ytj.New(ytj.Options{Base: o.CompanyRegister, Now: o.Clock})
	if err != nil {
		return err
	}
	companyv1.RegisterCompanyServiceServer(g.server, api.NewCompanies(register, o.RateLimit, o.Clock))
	keys := &api.Keys{Bus: o.Bus, Book: g.book, Directory: g.directory, Now: o.Clock}
	keysv1.RegisterKeyServiceServer(g.server, keys)
	keysv1.RegisterGrantServiceServer(g.server, keys)
	rightsv1.RegisterDataRightsServiceServer(g.server, g.rights)
	sessions := &api.Sessions{Store: g.sessions, Calls: g.cases.Drafts}
	identityv1.RegisterSessionServiceServer(g.server, sessions)
	g.rights.Export.Parts = exportParts(access, keys, sessions)
	if o.Web == nil {
		return nil
	}
	return g.servePages(pages, relay, register != nil)
}

// servePages makes the pages. They call the API of this process as whoever looks at them.
func (g *Gateway) servePages(pages web.Options, relay string, register bool) error {
	o := g.options
	var err error
	if g.loopback, err = dial(o.GRPC.Addr().String(), o.TLS.Own(o.Log),
		grpc.WithUnaryInterceptor(forVisitor(relay)), grpc.WithStreamInterceptor(streamForVisitor(relay))); err != nil {
		return err
	}
	pages.Cases, pages.Provider = casesv1.NewCaseServiceClient(g.loopback), providerv1.NewProviderServiceClient(g.loopback)
	pages.Consents, pages.Sharing = consentv1.NewConsentServiceClient(g.loopback), sharingv1.NewSharedCaseServiceClient(g.loopback)
	pages.Access = accessv1.NewAccessServiceClient(g.loopback)
	pages.Rights = rightsv1.NewDataRightsServiceClient(g.loopback)
	pages.Admin, pages.Identity = adminv1.NewAdminServiceClient(g.loopback), identityv1.NewSessionServiceClient(g.loopback)
	pages.Catalogue = cataloguev1.NewCatalogueServiceClient(g.loopback)
	pages.Keys, pages.Grants = keysv1.NewKeyServiceClient(g.loopback), keysv1.NewGrantServiceClient(g.loopback)
	if register {
		pages.Companies = companyv1.NewCompanyServiceClient(g.loopback)
	}
	pages.Status, pages.Log, pages.Clock = g.status, o.Log, o.Clock
	pages.BehindProxy, pages.RateLimit = o.BehindProxy, o.RateLimit
	handler := web.New(pages)
	if o.DevIssuers != nil {
		both := http.NewServeMux()
		both.Handle("/", handler)
		both.Handle(DevIssuerPath, o.DevIssuers)
		handler = both
	}
	g.pages = append(g.pages, host.HTTPPart("pages", o.Web, handler))
	return nil
}
