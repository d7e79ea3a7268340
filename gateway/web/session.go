package web

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// The cookies. All are HttpOnly and SameSite=Lax and end with the browser's
// session, except the language.
const (
	sessionCookie  = "hub_session"
	holderCookie   = "hub_case"
	openedCookie   = "hub_opened"
	languageCookie = "hub_lang"
)

// session is who the visitor says they are. It decides what is shown, never
// what is allowed: the token is read here without verifying it, and the API
// verifies it at each call.
type session struct {
	id        string
	Token     string   `json:"-"`
	Subject   string   `json:"sub"`
	Role      string   `json:"role"`
	Provider  string   `json:"provider"`
	AdvisorID string   `json:"advisor"`
	Companies []string `json:"companies"`
	Expires   float64  `json:"exp"`
}

// readSession returns nil for what is not a token of three parts with a role.
func readSession(token string) *session {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil
	}
	who := &session{Token: token}
	if err := json.Unmarshal(payload, who); err != nil || who.Role == "" {
		return nil
	}
	return who
}

// until is when the token ends by itself.
func (s *session) until() time.Time { return time.Unix(int64(s.Expires), 0) }

// Desk tells whether the visitor works for a provider.
func (s *session) Desk() bool {
	return s != nil && (s.Role == "advisor" || s.Role == "lead" || s.Role == "provider_system")
}

// Lead tells whether the visitor assigns work.
func (s *session) Lead() bool { return s != nil && s.Role == "lead" }

// Advisor is the visitor's resource name as an advisor; empty for others.
func (s *session) Advisor() string {
	if s == nil || s.AdvisorID == "" {
		return ""
	}
	return "providers/" + s.Provider + "/advisors/" + s.AdvisorID
}

// Home is the page that the visitor works from.
func (s *session) Home() string {
	switch {
	case s == nil:
		return "/"
	case s.Desk():
		return "/desk/" + s.Provider
	case s.Role == "operator":
		return "/status"
	default:
		return "/cases"
	}
}

// holder is the code and secret of the one case without a name that a visitor
// has opened or come back to.
type holder struct {
	Case   string `json:"case"`
	Code   string `json:"code"`
	Secret string `json:"secret"`
}

func (h *holder) credential() string { return "Case " + h.Code + ":" + h.Secret }

func readHolder(r *http.Request) *holder {
	cookie, err := r.Cookie(cookieName(r, holderCookie))
	if err != nil {
		return nil
	}
	data, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return nil
	}
	h := &holder{}
	if err := json.Unmarshal(data, h); err != nil || !printable(h.Code) || !printable(h.Secret) || h.Case == "" {
		return nil
	}
	return h
}

// printable tells whether a text can travel as gRPC metadata: ASCII, no spaces.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != ""
}

func setHolder(w http.ResponseWriter, r *http.Request, h *holder) {
	data, _ := json.Marshal(h) // three strings always marshal
	setCookie(w, r, holderCookie, base64.RawURLEncoding.EncodeToString(data))
}

func setCookie(w http.ResponseWriter, r *http.Request, name, value string) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure(r)}
	c.Name = cookieName(r, name)
	if name == languageCookie {
		c.MaxAge = 365 * 24 * 3600
	}
	http.SetCookie(w, c)
}

func dropCookie(w http.ResponseWriter, r *http.Request, name string) {
	http.SetCookie(w, &http.Cookie{Name: cookieName(r, name), Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure(r)})
}

func secure(r *http.Request) bool { return visitOf(r.Context()).secure }

// cookieName is what a cookie is called: over https no other host and no plain page
// can set one with this prefix.
func cookieName(r *http.Request, name string) string {
	if secure(r) {
		return "__Host-" + name
	}
	return name
}
