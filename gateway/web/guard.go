package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"
	"unicode/utf8"

	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/security"
)

const (
	// largestForm bounds a posted form, in bytes: twenty services with every
	// answer at its longest fit.
	largestForm = 1 << 20
	// slowestForm bounds how long a request may take to arrive, when the options say
	// nothing else.
	slowestForm = 20 * time.Second
	// slowestReader bounds how long an answer may take to be fetched.
	slowestReader = time.Minute
	// longestPage bounds the time that a page may wait for the API.
	longestPage = 10 * time.Second
)

// guard sets the headers that every answer carries, and refuses a change that
// another site's page sends in the visitor's name.
func (s *server) guard(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = s.arrived(r)
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy(""))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		// The pages differ by cookie and language. Those that may hold somebody's matter
		// are kept nowhere: see frame.
		h.Set("Cache-Control", "private, no-cache")
		h.Add("Vary", "Cookie, Accept-Language")
		if visitOf(r.Context()).secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r.Body = http.MaxBytesReader(w, r.Body, largestForm)
		// Who sends or reads a byte at a time must not hold the pages for others. A writer
		// that knows no deadlines is a test's.
		connection := http.NewResponseController(w)
		_ = connection.SetReadDeadline(time.Now().Add(s.SlowestForm))
		_ = connection.SetWriteDeadline(time.Now().Add(slowestReader))
		if len(r.TransferEncoding) > 0 {
			// No browser sends a form in chunks. Whoever stands before the pages may have
			// counted its length otherwise, so nothing behind it is read.
			h.Set("Connection", "close")
		}
		if err := crossOrigin.Check(r); err != nil {
			f := s.frame(w, r)
			s.tell(r, f.Session, security.CrossOriginRefused, "")
			s.explain(w, r, f, problem.New(problem.Denied, "CROSS_ORIGIN", "the form was sent from another site").Because(err))
			return
		}
		if !utf8.ValidString(r.URL.Path) {
			s.explain(w, r, s.frame(w, r), errNoPage()) // no name of the API has such bytes
			return
		}
		next.ServeHTTP(w, r)
	})
}

// contentPolicy is what browsers let a page do: our own script, nothing of other sites, and
// forms that lead here and, beside that, to the sources of further.
func contentPolicy(further string) string {
	return "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'" + further + "; frame-ancestors 'none'"
}

// serve runs a page and explains its error.
func (s *server) serve(p page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), longestPage)
		defer cancel()
		r = r.WithContext(ctx)
		if err := s.limits.page(r, time.Now()); err != nil { // real time: a demo's clock leaps
			s.tell(r, nil, security.RateLimited, "PAGES")
			s.explain(w, r, s.frame(w, r), err)
			return
		}
		unreadable := readForm(r) // first: the language may be in the form
		f := s.frame(w, r)
		if unreadable != nil {
			s.explain(w, r, f, problem.New(problem.Invalid, "FORM_UNREADABLE", "the form could not be read, or is larger than 1 MiB").Because(unreadable))
			return
		}
		if err := protect(func() error { return p(w, r, f) }); err != nil {
			s.explain(w, r, f, err)
		}
	})
}

// protect turns a panic of a page into an error with its stack, for the log: pages are
// made whole before they are sent, so the visitor gets one that explains.
func protect(run func() error) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("web: panic: %v\n%s", reason, debug.Stack())
		}
	}()
	return run()
}

// readForm reads the form, and refuses bytes that are no UTF-8: the API could
// not say which field they are in.
func readForm(r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	for name, values := range r.Form {
		for _, value := range values {
			if !utf8.ValidString(name) || !utf8.ValidString(value) {
				return errors.New("a field is not UTF-8")
			}
		}
	}
	return nil
}

// missingPage answers for an address that there is not.
func (s *server) missingPage(_ http.ResponseWriter, _ *http.Request, _ *frame) error {
	return errNoPage()
}

func errNoPage() error {
	return problem.New(problem.NotFound, "NO_SUCH_PAGE", "there is no page at this address")
}
