package devissuer

import (
	_ "embed"
	"html/template"
	"net/http"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// kept are the parameters that the choice sends along.
func kept() []string {
	return []string{"response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method"}
}

// choose shows the personas.
func (i *Issuer) choose(w http.ResponseWriter, r *http.Request) {
	parameters := map[string]string{}
	for _, name := range kept() {
		parameters[name] = r.FormValue(name)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	_ = page.Execute(w, map[string]any{"Title": i.Title, "Personas": i.Personas(), "Parameters": parameters}) // the browser has gone
}
