package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/businessespoo/hub/deploy/e2e/world"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// issuerSecret is that of the hub at the issuers of testdata/issuer.
const issuerSecret = "a-secret-of-the-test-alone"

// nodeIssuer is an issuer that others have written: oidc-provider, of npm.
type nodeIssuer struct{ url string }

// startIssuer starts an issuer that sends people back to an address of the hub.
func startIssuer(t *testing.T, dir, callback string) *nodeIssuer {
	t.Helper()
	port, err := world.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	node := exec.Command("node", "issuer.mjs", fmt.Sprint(port), callback)
	node.Dir = dir
	out, err := node.StdoutPipe()
	if err == nil {
		err = node.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = node.Process.Kill(), node.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the issuer says %q: %v", line, err)
	}
	return &nodeIssuer{url: fmt.Sprintf("http://127.0.0.1:%d", port)}
}

// says has the issuer say something of somebody from now on.
func (i *nodeIssuer) says(t *testing.T, person string, claims map[string]any) {
	t.Helper()
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(i.url+"/people/"+person, "application/json", bytes.NewReader(body))
	if err != nil || answer.StatusCode != http.StatusNoContent {
		t.Fatalf("the issuer does not take who %s is: %v", person, err)
	}
	_ = answer.Body.Close()
}

// signIn signs in on the issuer's own pages: first who it is, then that the hub may know.
func (i *nodeIssuer) signIn(b *world.Browser, at, person string) *world.Page {
	page := b.ToIssuer(at)
	for range 3 {
		form, ok := page.HasForm("")
		if !ok || !strings.Contains(string(page.Raw), `name="prompt"`) {
			break
		}
		for _, field := range form.Fields() {
			form.Fill(field, person)
		}
		page = form.Send("")
	}
	return page
}

// TestARealIssuer signs people in at issuers that were written by others: staff of a
// provider, and a person who acts for a company until the mandate is taken away.
func TestARealIssuer(t *testing.T) {
	dir := npm(t, "issuer", "against an independent issuer")
	var staff, companies *nodeIssuer
	w := world.LetInBy(t, &binaries, func(web string) string {
		staff = startIssuer(t, dir, "http://"+web+"/sign-in/espoo-city/callback")
		companies = startIssuer(t, dir, "http://"+web+"/sign-in/companies/callback")
		config := fmt.Sprintf(`hub_url: http://%s
issuers:
  - id: companies
    url: %s
    client_id: hub
    client_secret_file: secret
    names: {fi: Yritykset, sv: Företag, en: Companies}
    for: companies
    representations_claim: representations
  - id: espoo-city
    url: %s
    client_id: hub
    client_secret_file: secret
    names: {fi: Espoo, sv: Esbo, en: Espoo}
    for: staff
    provider: espoo-city
    advisor_claim: staff_id
    roles: [{claim: groups, value: hub-advisors, role: advisor}]
`, web, companies.url, staff.url)
		folder := t.TempDir()
		for name, text := range map[string]string{"issuers.yaml": config, "secret": issuerSecret} {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return filepath.Join(folder, "issuers.yaml")
	})
	w.Add(t, "espoo-city", "ville", "Ville Virtanen", policyv1.Role_ROLE_ADVISOR)

	staff.says(t, "ville", map[string]any{"groups": []string{"hub-advisors"}, "staff_id": "ville"})
	staff.says(t, "visitor", map[string]any{"groups": []string{"visitors"}, "staff_id": "ville"})
	his := w.Browser(t)
	if page := staff.signIn(his, "espoo-city", "ville"); page.Path != "/desk/espoo-city" || page.Status != http.StatusOK {
		t.Fatalf("ville comes to %s", page)
	}
	if page := staff.signIn(w.Browser(t), "espoo-city", "visitor"); page.Status != http.StatusForbidden {
		t.Errorf("somebody without a role comes to %s", page)
	}

	company := identifier.NewTestBusinessID(171)
	companies.says(t, "anna", world.Mandates(company))
	hers := w.Browser(t)
	if page := companies.signIn(hers, "companies", "anna"); page.Path != "/cases" || page.Status != http.StatusOK {
		t.Fatalf("anna comes to %s", page)
	}
	opened := openByPages(t, hers, company, "etsin toimitilaa kahvilalle Tapiolasta")
	opened.Has("Valtuutus (yrityspalvelut)")

	companies.says(t, "anna", world.Mandates())
	refused := hers.Open(opened.Path).Form("form-close").Send("close")
	if refused.Status != http.StatusForbidden && refused.Status != http.StatusUnprocessableEntity {
		t.Errorf("closing without a mandate comes to %s", refused)
	}
	refused.Has("Et voi enää asioida tämän yrityksen puolesta")
	if page := hers.Open(opened.Path); page.Status != http.StatusNotFound {
		t.Errorf("without a mandate the case is %s", page)
	}
}
