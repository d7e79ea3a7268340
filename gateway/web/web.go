// Package web is the hub's pages: plain HTML made on the server, in Finnish,
// Swedish and English, that keep themselves up to date where there is JavaScript
// and work without it. A page does nothing that an integrator could not do:
// everything goes through the gRPC API with the signed-in person's own token, so
// the rules are in one place.
package web

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/businessespoo/hub/gateway/privacy"
	"github.com/businessespoo/hub/gateway/seal"
	"github.com/businessespoo/hub/gateway/session"
	"github.com/businessespoo/hub/gateway/signin"
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
	"github.com/businessespoo/hub/services/kit/security"
)

// Options is what the pages need from the process that serves them.
type Options struct {
	// Cases and those after it are clients of the gateway's own API.
	Cases     casesv1.CaseServiceClient
	Provider  providerv1.ProviderServiceClient
	Catalogue cataloguev1.CatalogueServiceClient
	Consents  consentv1.ConsentServiceClient
	Sharing   sharingv1.SharedCaseServiceClient
	Access    accessv1.AccessServiceClient
	Keys      keysv1.KeyServiceClient
	Grants    keysv1.GrantServiceClient
	// Companies looks companies up in the public register; nil where the hub asks none.
	Companies companyv1.CompanyServiceClient
	// Rights serves the page "your data", and the erasures of operators.
	Rights rightsv1.DataRightsServiceClient
	// Admin and Identity serve the pages of operators.
	Admin    adminv1.AdminServiceClient
	Identity identityv1.SessionServiceClient
	// SignIn lets people in; nil lets in nobody.
	SignIn *signin.Client
	// Sessions keep who is signed in; nil keeps nobody.
	Sessions *session.Store
	// Token answers the token to call the API with for a session, which lives for so
	// long, or session.ErrNone for somebody who may no longer be here. It may change
	// the session to what is true now.
	Token func(context.Context, *session.Session, time.Duration) (string, error)
	// Status tells which parts of the hub are up; nil shows an empty list.
	Status func(context.Context) []PartStatus
	// BehindProxy tells that the pages are reached through a proxy alone, which sets
	// X-Forwarded-Proto and adds the visitor to X-Forwarded-For. Otherwise no such header counts.
	BehindProxy bool
	// RateLimit is how many pages a second one address gets over time; 0 is without limit.
	RateLimit float64
	// CookieKeys seal what browsers keep for the pages, the newest first, of 32 bytes
	// each; without one it ends with the process.
	CookieKeys [][]byte
	// SlowestForm bounds how long a request may take to arrive; 20 s when 0.
	SlowestForm time.Duration
	// Log gets faults of the hub, never what a person wrote; nil discards them.
	Log *slog.Logger
	// Clock tells the time; time.Now when nil.
	Clock func() time.Time
}

// server holds what every page needs. Who visitors are is in the log; it keeps only how
// often an address came.
type server struct {
	Options
	texts  texts
	pages  pages
	style  asset
	script asset
	forms  asset
	// deskScript is the script of the desk pages.
	deskScript asset
	icon       asset
	catalogue  catalogueCache
	privacy    *privacy.Register
	limits     limits
	security   *security.Log
	cookies    *seal.Box
}

// New returns the handler of all pages. It panics when the built-in texts,
// templates or styles are broken, which a test of this package finds first.
func New(options Options) http.Handler {
	if options.Log == nil {
		options.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if options.SlowestForm == 0 {
		options.SlowestForm = slowestForm
	}
	if options.Clock == nil {
		options.Clock = time.Now
	}
	s := &server{
		Options: options, texts: mustTexts(), pages: mustPages(), privacy: mustPrivacy(),
		style: newAsset("style", ".css", "text/css", styleFile), script: newAsset("hub", ".js", "text/javascript", scriptFile),
		forms: newAsset("form", ".js", "text/javascript", formsFile), deskScript: newAsset("desk", ".js", "text/javascript", deskScriptFile), icon: newAsset("icon", ".svg", "image/svg+xml", iconFile),
		limits: newLimits(options.RateLimit), cookies: mustBox(options.CookieKeys), security: security.New(options.Log, nil),
	}
	mux := http.NewServeMux()
	for pattern, page := range s.routes() {
		mux.Handle(pattern, s.serve(page))
	}
	for _, a := range []asset{s.style, s.script, s.forms, s.deskScript, s.icon} {
		mux.HandleFunc("GET "+a.path, a.serve)
	}
	mux.HandleFunc("GET "+livePath, s.live)
	return s.guard(mux)
}

// Phrases answers the texts of the pages by language and key, for documents that
// say what the pages say.
func Phrases() func(language, key string) string {
	all := mustTexts()
	return func(language, key string) string { return all.text(language, key) }
}

// mustBox makes the box of the cookies. It panics when a key has not 32 bytes.
func mustBox(keys [][]byte) *seal.Box {
	if len(keys) == 0 {
		return seal.Random(cookiePurpose)
	}
	box, err := seal.New(cookiePurpose, keys...)
	if err != nil {
		panic("web: " + err.Error())
	}
	return box
}

const cookiePurpose = "hub cookie 1"

// Patterns are the addresses of all pages, with their methods, as net/http writes
// them: for what must hold for each of them.
func Patterns() []string { return slices.Sorted(maps.Keys((&server{}).routes())) }

// page answers one request. An error becomes a page that explains it.
type page func(w http.ResponseWriter, r *http.Request, f *frame) error

var callbackPattern = signin.CallbackPath("{issuer}")

func (s *server) routes() map[string]page {
	return map[string]page{
		"GET /{$}":    s.needPage,
		"POST /{$}":   s.needPage, // the language was changed with something written
		"GET /choose": s.choosePage,
		// The need may be sensitive, so it travels in a body and never in an address.
		"POST /choose": s.choosePage,
		"GET /check":   redirect("/"),
		"POST /check":  s.checkPage,

		"POST /drafts":                s.saveDraft,
		"GET /drafts/{draft}":         s.draftPage,
		"POST /drafts/{draft}/delete": s.deleteDraft,
		"GET /kept":                   s.keptPage,
		"POST /kept":                  s.keepAction,

		"GET /cases":                   s.casesPage,
		"GET /cases/{case}":            s.casePage,
		"POST /cases/{case}":           s.caseAction,
		"GET /cases/{case}/access":     s.caseAccessPage,
		"GET /cases/{case}/add":        s.addPage,
		"POST /cases/{case}/add":       s.addAction,
		"GET /cases/{case}/referrals":  s.referralPage,
		"POST /cases/{case}/referrals": s.referralAction,
		"GET /open-code":               s.openCodePage,
		"POST /open-code":              s.openCodeAction,
		"POST /leave-case":             s.leaveCase,
		"GET /desk":                    s.ownDesk,
		"GET /desk/{provider}":         s.deskPage,
		"POST /desk/{provider}":        s.deskAction,
		"GET /desk/{provider}/next":    s.neighbourPage,
		"GET /desk/{provider}/texts":   s.textBlocksPage,
		"POST /desk/{provider}/texts":  s.textBlocksAction,
		"GET /desk/{provider}/access":  s.deskAccessPage,
		"GET /desk/{provider}/new":     s.behalfPage,
		"POST /desk/{provider}/new":    s.behalfAction,
		"GET " + deskRequestPattern:    s.deskRequestPage,
		"GET " + sharedCasePattern:     s.sharedCasePage,
		"POST " + sharedCasePattern:    s.sharedCaseAction,
		"POST " + deskRequestPattern:   s.deskRequestAction,
		"GET /desk/{provider}/team":    s.teamPage,
		"POST /desk/{provider}/team":   s.teamAction,
		"GET /desk/{provider}/keys":    s.keysPage,
		"POST /desk/{provider}/keys":   s.keysAction,
		"GET /services":                s.servicesPage,
		"GET /operator":                s.operatorPage,
		"POST /operator":               s.operatorAction,
		"GET /operator/staff":          s.operatorStaffPage,
		"POST /operator/staff":         s.operatorStaffAction,
		"GET /operator/keys":           s.operatorKeysPage,
		"POST /operator/keys":          s.operatorKeysAction,
		"GET /operator/erasures":       s.operatorErasePage,
		"POST /operator/erasures":      s.operatorEraseAction,
		"GET /operator/catalogue":      s.auditPage,
		"GET /grants":                  s.grantsPage,
		"POST /grants":                 s.grantsAction,
		"GET /status":                  s.statusPage,
		"GET /privacy":                 s.privacyPage,
		"GET /accessibility":           s.accessibilityPage,
		"GET /feedback":                s.feedbackPage,
		"POST /feedback":               s.feedbackAction,
		"GET /data":                    s.dataPage,
		"POST /data":                   s.dataAction,
		"GET /data/archive":            s.dataArchive,
		"GET /sign-in":                 s.signInPage,
		"POST /sign-in/{issuer}":       s.signInStart,
		"GET " + callbackPattern:       s.signInCallback,
		"GET /me":                      s.mePage,
		"POST /me":                     s.meAction,
		"POST /sign-out":               s.signOut,
		"/":                            s.missingPage,
	}
}

func redirect(to string) page {
	return func(w http.ResponseWriter, r *http.Request, _ *frame) error {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
}
