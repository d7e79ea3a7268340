package tlsfile_test

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/businessespoo/hub/services/kit/tlsfile"
	"github.com/businessespoo/hub/services/kit/tlsfile/tlsfiletest"
)

// lines is a log that many write to at once.
type lines struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

// TestRefusedHandshakesAreLogged, with what was wrong, and a good one is not.
func TestRefusedHandshakesAreLogged(t *testing.T) {
	ours, others := tlsfiletest.New(t), tlsfiletest.New(t)
	server, _ := ours.Write(t, t.TempDir())
	client, _ := ours.Write(t, t.TempDir(), "gateway.test")
	stranger, _ := others.Write(t, t.TempDir())
	trusting := stranger
	trusting.CA = server.CA
	pool, err := credentials.NewClientTLSFromFile(server.CA, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		from   credentials.TransportCredentials
		reason string
	}{
		"a stranger's certificate": {trusting.Client(quiet), "is not signed by the trusted authority"},
		"no certificate":           {pool, "showed no certificate"},
		"no TLS":                   {insecure.NewCredentials(), "does not speak TLS"},
		"a server it distrusts":    {stranger.Client(quiet), "refused this server's certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			log := &lines{}
			address := serve(t, server.Server(tlsfile.Trusted, slog.New(slog.NewTextHandler(log, nil))))
			if _, err := call(t, address, client.Client(quiet)); err != nil || strings.Contains(log.String(), "security") {
				t.Fatalf("a trusted process: %v, %s", err, log)
			}
			_, err := call(t, address, test.from)
			refused(t, err, name)
			// In TLS 1.3 a caller may learn that it was refused before the server's line is written.
			got := ""
			for until := time.Now().Add(20 * time.Second); got == "" && time.Now().Before(until); time.Sleep(time.Millisecond) {
				got = log.String()
			}
			if !strings.Contains(got, "level=WARN msg=security event=tls_refused") || !strings.Contains(got, test.reason) {
				t.Errorf("the log says %q", got)
			}
		})
	}
}
