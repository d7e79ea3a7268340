package tlsfile_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/businessespoo/hub/services/kit/tlsfile"
	"github.com/businessespoo/hub/services/kit/tlsfile/tlsfiletest"
)

var quiet = slog.New(slog.DiscardHandler)

// serve runs a server on loopback and answers its address.
func serve(t *testing.T, c credentials.TransportCredentials) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.Creds(c))
	healthv1.RegisterHealthServer(server, health.NewServer())
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

// call connects anew and answers the serial number of the server's certificate.
func call(t *testing.T, address string, c credentials.TransportCredentials) (int64, error) {
	t.Helper()
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(c))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var p peer.Peer
	if _, err = healthv1.NewHealthClient(connection).Check(ctx, &healthv1.HealthCheckRequest{}, grpc.Peer(&p)); err != nil {
		return 0, err
	}
	info, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok {
		return 0, nil
	}
	return info.State.PeerCertificates[0].SerialNumber.Int64(), nil
}

func refused(t *testing.T, err error, what string) {
	t.Helper()
	if status.Code(err) != codes.Unavailable {
		t.Errorf("%s got %v", what, err)
	}
}

func TestTrustedProcessesOnly(t *testing.T) {
	ours, others := tlsfiletest.New(t), tlsfiletest.New(t)
	server, serial := ours.Write(t, t.TempDir())
	client, _ := ours.Write(t, t.TempDir(), "gateway.test")
	address := serve(t, server.Server(tlsfile.Trusted, quiet))
	if got, err := call(t, address, client.Client(quiet)); err != nil || got != serial {
		t.Errorf("a trusted process got certificate %d, want %d: %v", got, serial, err)
	}
	stranger, _ := others.Write(t, t.TempDir())
	trusting := stranger
	trusting.CA = server.CA // it trusts the server, which does not trust it
	_, err := call(t, address, trusting.Client(quiet))
	refused(t, err, "a stranger")
	_, err = call(t, address, credentials.NewTLS(nil))
	refused(t, err, "a caller without a certificate")
	_, err = call(t, address, insecure.NewCredentials())
	refused(t, err, "a caller without TLS")
	_, err = call(t, address, stranger.Client(quiet))
	refused(t, err, "a caller that does not trust the server")
}

func TestAnybodyMayCallAnOpenServer(t *testing.T) {
	ours := tlsfiletest.New(t)
	server, serial := ours.Write(t, t.TempDir())
	address := serve(t, server.Server(tlsfile.Anybody, quiet))
	pool, err := credentials.NewClientTLSFromFile(server.CA, "")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := call(t, address, pool); err != nil || got != serial {
		t.Errorf("a caller without a certificate got %d: %v", got, err)
	}
}

func TestNameMustFit(t *testing.T) {
	ours := tlsfiletest.New(t)
	server, serial := ours.Write(t, t.TempDir(), "omnia.test")
	client, _ := ours.Write(t, t.TempDir())
	address := serve(t, server.Server(tlsfile.Trusted, quiet))
	_, err := call(t, address, client.Client(quiet))
	refused(t, err, "a server with another's name")
	if got, err := call(t, address, server.Own(quiet)); err != nil || got != serial {
		t.Errorf("a process that calls itself got %d: %v", got, err)
	}
	_, err = call(t, address, client.Own(quiet))
	refused(t, err, "another process in place of oneself")
}

func TestFilesAreReplacedWithoutARestart(t *testing.T) {
	older, newer := tlsfiletest.New(t), tlsfiletest.New(t)
	serverDir, clientDir := t.TempDir(), t.TempDir()
	server, first := older.Write(t, serverDir)
	client, _ := older.Write(t, clientDir)
	serving, calling := server.Server(tlsfile.Trusted, quiet), client.Client(quiet)
	address := serve(t, serving)
	if got, err := call(t, address, calling); err != nil || got != first {
		t.Fatalf("before: certificate %d, want %d: %v", got, first, err)
	}
	// One process has the new files, the other not yet.
	_, _ = newer.Write(t, serverDir)
	_, err := call(t, address, calling)
	refused(t, err, "a certificate of the older authority")
	_, _ = newer.Write(t, clientDir)
	_, second := newer.Write(t, serverDir)
	if got, err := call(t, address, calling); err != nil || got != second {
		t.Errorf("after: certificate %d, want %d: %v", got, second, err)
	}
}

func TestBrokenFilesDoNotStopAServer(t *testing.T) {
	ours := tlsfiletest.New(t)
	server, serial := ours.Write(t, t.TempDir())
	client, _ := ours.Write(t, t.TempDir())
	var told strings.Builder
	log := slog.New(slog.NewTextHandler(&told, nil))
	serving, calling := server.Server(tlsfile.Trusted, log), client.Client(quiet)
	address := serve(t, serving)
	if _, err := call(t, address, calling); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(server.Key, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := call(t, address, calling); err != nil || got != serial {
		t.Errorf("with half a key: certificate %d, want %d: %v", got, serial, err)
	}
	if !strings.Contains(told.String(), server.Key) {
		t.Errorf("the log does not name the file: %s", told.String())
	}
}

func TestCheck(t *testing.T) {
	whole, _ := tlsfiletest.New(t).Write(t, t.TempDir())
	noCA, noKey, badCA, swapped := whole, whole, whole, whole
	noCA.CA, noKey.Key, badCA.CA = "", "", whole.Key
	swapped.Cert, swapped.Key = whole.Key, whole.Cert
	for _, c := range []struct {
		files tlsfile.Files
		want  string
	}{
		{tlsfile.Files{}, ""},
		{whole, ""},
		{noCA, "--tls-ca is missing"},
		{noKey, "--tls-key is missing"},
		{badCA, "holds no certificate"},
		{swapped, "cannot be used"},
	} {
		err := c.files.Check()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v, want %q", c.files, err, c.want)
		}
	}
	if got := (tlsfile.Files{}).Client(quiet).Info().SecurityProtocol; got != "insecure" {
		t.Errorf("without files the protocol is %s", got)
	}
}
