package web

import (
	"log/slog"
	"net/http"

	"github.com/businessespoo/hub/services/kit/security"
)

// tell writes an event about a visitor: who may be nil. The line has no address, names
// no person, and holds nothing that was sent.
func (s *server) tell(r *http.Request, who *visitor, event security.Event, reason string, attributes ...slog.Attr) {
	caller := "address/" + Visitor(r.Context())
	if r.Pattern != "" {
		attributes = append(attributes, slog.String("page", r.Pattern))
	}
	if who != nil {
		caller = who.Role + "/" + who.Provider + "/" + who.Principal.Subject
		attributes = append(attributes, slog.String("role", who.Role))
		if who.Provider != "" {
			attributes = append(attributes, slog.String("caller_provider", who.Provider))
		}
	}
	if reason != "" {
		attributes = append(attributes, slog.String("reason", reason))
	}
	s.security.Write(r.Context(), event, append(attributes, security.Caller(caller))...)
}

// forget has the browser drop what it keeps of these pages, also for its back button.
// The language stays, so cookies are dropped by name.
func forget(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
}
