package e2e

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
)

// TestOddCallsAtTheDoors: what is almost a call, or in a protocol beside it, is not
// answered with data at the gateway's door or at a provider's, and tells nothing of
// the inside. The call that it is made from is answered.
func TestOddCallsAtTheDoors(t *testing.T) {
	w := world.Single(t, &binaries)
	w.Hire(t)
	f := &fixture{t: t, w: w}
	c := f.owner().Open(f.opening())
	c.View()
	plain := &http.Protocols{}
	plain.SetUnencryptedHTTP2(true)
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{Protocols: plain}}
	t.Cleanup(client.CloseIdleConnections) // a hub that stops waits for those who are connected
	message, err := proto.Marshal(&casesv1.GetCaseRequest{Name: c.Name})
	f.mustCall(nil, err)
	framed := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
	const path = "/businessespoo.cases.v1.CaseService/GetCase"
	type call struct {
		method, path string
		header       http.Header
		body         []byte
	}
	good := func() call {
		return call{http.MethodPost, path, http.Header{"Content-Type": {"application/grpc"}, "Te": {"trailers"}, "Authorization": {f.as(sample{role: "company"})}}, framed}
	}
	ask := func(c call) (int, string, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+w.At.GRPC+c.path, bytes.NewReader(c.body))
		f.mustCall(nil, err)
		r.Header = c.header
		answer, err := client.Do(r)
		if err != nil {
			return 0, "", err.Error()
		}
		defer func() { _ = answer.Body.Close() }()
		body, err := io.ReadAll(answer.Body)
		status := answer.Header.Get("Grpc-Status") + answer.Trailer.Get("Grpc-Status")
		text := string(body) + answer.Header.Get("Grpc-Message") + answer.Trailer.Get("Grpc-Message")
		if err != nil {
			text += err.Error()
		}
		return answer.StatusCode, status, text
	}
	if code, status, text := ask(good()); code != http.StatusOK || status != "0" || !strings.Contains(text, "Tarvitsen oppisopimuksen") {
		t.Fatalf("the good call is answered %d %s %q, so the others prove nothing", code, status, text)
	}
	for name, change := range map[string]func(*call){
		"GET":                    func(c *call) { c.method, c.body = http.MethodGet, nil },
		"PUT":                    func(c *call) { c.method = http.MethodPut },
		"overridden":             func(c *call) { c.method = http.MethodPut; c.header.Set("X-Http-Method-Override", "POST") },
		"JSON":                   func(c *call) { c.header.Set("Content-Type", "application/json"); c.body = []byte(`{}`) },
		"gRPC-Web":               func(c *call) { c.header.Set("Content-Type", "application/grpc-web+proto") },
		"a form":                 func(c *call) { c.header.Set("Content-Type", "application/x-www-form-urlencoded") },
		"no type":                func(c *call) { c.header.Del("Content-Type") },
		"a slash more":           func(c *call) { c.path += "/" },
		"two slashes":            func(c *call) { c.path = "/" + c.path },
		"dots":                   func(c *call) { c.path = "/businessespoo.admin.v1.AdminService/../../" + path[1:] },
		"encoded":                func(c *call) { c.path = strings.Replace(path, "GetCase", "Get%43ase", 1) },
		"another case":           func(c *call) { c.path = strings.ToLower(path) },
		"a query":                func(c *call) { c.path += "?x=1" },
		"a message cut off":      func(c *call) { c.body = c.body[:len(c.body)-3] },
		"a message of 4 GiB":     func(c *call) { copy(c.body[1:5], "\xff\xff\xff\xff") },
		"two messages":           func(c *call) { c.body = append(c.body, c.body...) },
		"compressed with what":   func(c *call) { c.header.Set("Grpc-Encoding", "zz"); c.body[0] = 1 },
		"a bomb":                 func(c *call) { c.header.Set("Grpc-Encoding", "gzip"); c.body[0] = 1 },
		"no time":                func(c *call) { c.header.Set("Grpc-Timeout", "0n") },
		"a time without measure": func(c *call) { c.header.Set("Grpc-Timeout", "99999999999999999999H") },
		"a cookie for a token": func(c *call) {
			c.header.Set("Cookie", "hub_session=x; authorization="+c.header.Get("Authorization"))
			c.header.Del("Authorization")
		},
		"a token in the path": func(c *call) {
			c.path += "?authorization=" + strings.ReplaceAll(c.header.Get("Authorization"), " ", "%20")
			c.header.Del("Authorization")
		},
		"two tokens": func(c *call) { c.header.Add("Authorization", c.header.Get("Authorization")) },
		"a binary token": func(c *call) {
			c.header["Authorization-Bin"] = c.header["Authorization"]
			c.header.Del("Authorization")
		},
		"the pages' secret": func(c *call) {
			c.header.Set("Hub-Relay", "x")
			c.header.Set("Hub-Visitor", "10.0.0.1")
			c.header.Del("Authorization")
		},
	} {
		odd := good()
		odd.body = bytes.Clone(framed)
		change(&odd)
		code, status, text := ask(odd)
		if status == "0" || strings.Contains(text, "Tarvitsen") {
			t.Errorf("%s: answered %d, status %s, %.200q", name, code, status, text)
		}
		for _, inside := range []string{"goroutine", ".go:", "/services/", "runtime error", w.Data} {
			if strings.Contains(text, inside) {
				t.Errorf("%s tells of the inside: %q", name, text)
			}
		}
	}
	// Another protocol at the same door.
	for _, door := range []string{w.At.GRPC, w.At.Providers["omnia"]} {
		conn, err := net.Dial("tcp", door)
		f.mustCall(nil, err)
		_ = conn.SetDeadline(time.Now().Add(time.Second)) // the server closes what speaks no HTTP/2 within ten
		_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: hub\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")
		answer, _ := io.ReadAll(conn)
		_ = conn.Close()
		if strings.Contains(string(answer), "101") || strings.Contains(string(answer), ".go:") {
			t.Errorf("HTTP/1.1 at %s is answered %q", door, answer)
		}
	}
	if code, status, _ := ask(good()); code != http.StatusOK || status != "0" {
		t.Errorf("after all that the good call is answered %d %s", code, status)
	}
}
