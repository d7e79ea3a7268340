package hub

import (
	"fmt"
	"os"
	"strings"
	"text/template"

	"github.com/businessespoo/hub/services/kit/bus"
)

var (
	welcomeText = template.Must(template.New("welcome").Parse(`
Business Espoo hub, ready. Its data is in {{.Data}}.

  pages               http://{{.At.Web}}
  gateway gRPC        {{.At.GRPC}}
{{.Providers}}  health and metrics  http://{{.At.Health}}/readyz, /livez, /metrics

`))
	tryText = template.Must(template.New("try").Parse(`
Addresses, a token for each kind of user and sample names are in {{.File}}.
Three things to try:

  1. Open http://{{.At.Web}} and say what a company needs, such as
     "palkkaan ensimmäisen työntekijän" or "a café in Tapiola".
  2. Sign in at http://{{.At.Web}}/sign-in as an advisor, take a new request from
     the inbox and answer it; then sign in as a company and see it.
  3. Ask from the command line, without signing in:
     grpcurl -plaintext -d '{"text":"alkuperätodistus Intiaan","language":"fi"}' \
       {{.At.GRPC}} businessespoo.cases.v1.CaseService/SuggestServices

Ctrl-C ends the hub; the data stays.
`))
)

func providerLines(a Addresses) string {
	var lines strings.Builder
	for i, key := range bus.Providers() {
		what := ""
		if i == 0 {
			what = "providers gRPC"
		}
		fmt.Fprintf(&lines, "  %-18s  %s %s\n", what, a.Providers[key], key)
	}
	return lines.String()
}

// tell writes for a person; what cannot be shown is no reason to stop.
func (p *process) tell(text *template.Template, values any) {
	if err := text.Execute(p.options.Out, values); err != nil {
		p.options.Log.Warn("the welcome could not be shown", "error", err)
	}
}

func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("hub: make the folder %s: %w", dir, err)
	}
	return nil
}
