package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/businessespoo/hub/gateway/devissuer"
	"github.com/businessespoo/hub/gateway/signin"
	"github.com/businessespoo/hub/services/kit/name"
)

// door are the issuers that let the measurement in to the pages: one for companies, and
// one for the advisors of each provider.
type door struct {
	// file names them to the hub.
	file    string
	servers []*http.Server
}

// openDoor starts the issuers for the pages at an address.
func (b *bench) openDoor(web string) (*door, error) {
	d := &door{file: filepath.Join(b.dir, "issuers.yaml")}
	text := "hub_url: http://" + web + "\nissuers:\n"
	add := func(id, means string, claims func(n int) map[string]any) error {
		address, err := d.issuer(id, "http://"+web+signin.CallbackPath(id), claims)
		text += fmt.Sprintf("  - {id: %s, url: %q, client_id: hub, names: {fi: %s, sv: %s, en: %s}, %s}\n", id, address, id, id, id, means)
		return err
	}
	err := add("companies", "for: companies, representations_claim: representations", func(n int) map[string]any {
		return map[string]any{"representations": []map[string]string{{"company": liveCompany(n), "basis": "mandate", "role": "business-services"}}}
	})
	for _, key := range name.Providers {
		means := "for: staff, provider: " + key + ", advisor_claim: staff_id, roles: [{claim: role, value: advisor, role: advisor}]"
		err = errors.Join(err, add(key, means, func(int) map[string]any { return map[string]any{"role": "advisor", "staff_id": advisor} }))
	}
	return d, errors.Join(err, os.WriteFile(d.file, []byte(text), 0o600))
}

// issuer starts one, and answers where.
func (d *door) issuer(id, back string, claims func(n int) map[string]any) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	issuer := &devissuer.Issuer{
		URL: "http://" + listener.Addr().String(), Title: id, Now: time.Now,
		Personas: func() []devissuer.Persona {
			var all []devissuer.Persona
			for n := range livePages {
				all = append(all, devissuer.Persona{Key: persona(n), Label: persona(n), Claims: claims(n)})
			}
			return all
		},
		Redirect: func(_ *http.Request, address string) bool { return address == back },
	}
	server := &http.Server{Handler: issuer, ReadHeaderTimeout: time.Second}
	d.servers = append(d.servers, server)
	go func() { _ = server.Serve(listener) }()
	return issuer.URL, nil
}

// persona is one of many people who may do the same.
func persona(n int) string { return fmt.Sprintf("%s-%d", advisor, n) }

func (d *door) close() {
	for _, server := range d.servers {
		_ = server.Close()
	}
}

// visit signs the n-th person in to the pages at an issuer.
func (p *process) visit(ctx context.Context, issuer string, n int) (*visitor, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	v := &visitor{base: "http://" + p.web, client: &http.Client{Jar: jar, Transport: &http.Transport{MaxIdleConnsPerHost: 4}}}
	at, err := v.post(ctx, v.base+"/sign-in/"+issuer, nil)
	if err == nil {
		at, err = v.post(ctx, at.String(), url.Values{"persona": {persona(n)}})
	}
	if err == nil && at.Host != p.web {
		err = fmt.Errorf("the way in ended at %s", at)
	}
	if err != nil {
		return nil, fmt.Errorf("sign in at %s: %w", issuer, err)
	}
	return v, nil
}

// post sends a form as a page of the same site does, and answers where that led.
func (v *visitor) post(ctx context.Context, address string, values url.Values) (*url.URL, error) {
	to, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	for name, value := range to.Query() {
		if values != nil {
			values[name] = value
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, nil)
	if err != nil {
		return nil, err
	}
	r.URL.RawQuery = values.Encode()
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := v.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	_, err = io.Copy(io.Discard, answer.Body)
	if answer.StatusCode >= http.StatusBadRequest {
		return nil, fmt.Errorf("answered %s at %s", answer.Status, answer.Request.URL)
	}
	return answer.Request.URL, err
}
