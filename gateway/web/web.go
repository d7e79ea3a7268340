// Package web is the hub's pages: plain HTML made on the server, without
// JavaScript, in Finnish, Swedish and English. A page does nothing that an
// integrator could not do: everything goes through the gRPC API with the
// signed-in person's own token, so the rules are in one place.
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
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
)

// Options is what the pages need from the process that serves them.
type Options struct {
	// Cases, Provider and Catalogue are clients of the gateway's own API.
	Cases     casesv1.CaseServiceClient
	Provider  providerv1.ProviderServiceClient
	Catalogue cataloguev1.CatalogueServiceClient
	// SignIn lets people in; nil lets in nobody.
	SignIn *signin.Client
	// Sessions keep who is signed in; nil keeps nobody.
	Sessions *session.Store
	// Token answers the token to call the API with for a session, which lives for a
	// moment, or session.ErrNone for somebody who may no longer be here. It may change
	// the session to what is true now.
	Token func(context.Context, *session.Session) (string, error)
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
	// Log gets faults of the hub, never what a person wrote; nil discards them.
	Log *slog.Logger
	// Clock tells the time; time.Now when nil.
	Clock func() time.Time
}

// server holds what every page needs. Who visitors are is in the log; it keeps only how
// often an address came.
type server struct {
	Options
	texts     texts
	pages     pages
	style     asset
	icon      asset
	catalogue catalogueCache
	privacy   *privacy.Register
	limits    limits
	cookies   *seal.Box
}

// New returns the handler of all pages. It panics when the built-in texts,
// templates or styles are broken, which a test of this package finds first.
func New(options Options) http.Handler {
	if options.Log == nil {
		options.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if options.Clock == nil {
		options.Clock = time.Now
	}
	s := &server{
		Options: options, texts: mustTexts(), pages: mustPages(), privacy: mustPrivacy(),
		style: newAsset("style", ".css", styleFile), icon: newAsset("icon", ".svg", iconFile),
		limits: newLimits(options.RateLimit), cookies: mustBox(options.CookieKeys),
	}
	mux := http.NewServeMux()
	for pattern, page := range s.routes() {
		mux.Handle(pattern, s.serve(page))
	}
	for _, a := range []asset{s.style, s.icon} {
		mux.HandleFunc("GET "+a.path, a.serve)
	}
	return s.guard(mux)
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

func (s *server) routes() map[string]page {
	return map[string]page{
		"GET /{$}":    s.needPage,
		"POST /{$}":   s.needPage, // the language was changed with something written
		"GET /choose": s.choosePage,
		// The need may be sensitive, so it travels in a body and never in an address.
		"POST /choose": s.choosePage,
		"GET /check":   redirect("/"),
		"POST /check":  s.checkPage,

		"GET /cases":                             s.casesPage,
		"GET /cases/{case}":                      s.casePage,
		"POST /cases/{case}":                     s.caseAction,
		"GET /cases/{case}/add":                  s.addPage,
		"POST /cases/{case}/add":                 s.addAction,
		"GET /cases/{case}/referrals":            s.referralPage,
		"POST /cases/{case}/referrals":           s.referralAction,
		"GET /open-code":                         s.openCodePage,
		"POST /open-code":                        s.openCodeAction,
		"POST /leave-case":                       s.leaveCase,
		"GET /desk":                              s.ownDesk,
		"GET /desk/{provider}":                   s.deskPage,
		"GET /desk/{provider}/new":               s.behalfPage,
		"POST /desk/{provider}/new":              s.behalfAction,
		"GET " + deskRequestPattern:              s.deskRequestPage,
		"POST " + deskRequestPattern:             s.deskRequestAction,
		"GET /status":                            s.statusPage,
		"GET /privacy":                           s.privacyPage,
		"GET /sign-in":                           s.signInPage,
		"GET /sign-in/{issuer}":                  s.signInStart,
		"GET " + signin.CallbackPath("{issuer}"): s.signInCallback,
		"GET /me":                                s.mePage,
		"POST /me":                               s.meAction,
		"POST /sign-out":                         s.signOut,
		"/":                                      s.missingPage,
	}
}

func redirect(to string) page {
	return func(w http.ResponseWriter, r *http.Request, _ *frame) error {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
}
