// Package tlsfile makes TLS credentials from certificate files, which may
// be replaced while the process runs: each new connection uses the files as they
// are then. Connections that are open keep what they were made with.
package tlsfile

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/businessespoo/hub/services/kit/security"
)

// Files are the certificate files of one process, as flags. Embed them in the
// struct that kong reads. Without any the process speaks without TLS.
type Files struct {
	Cert string `name:"tls-cert" env:"HUB_TLS_CERT" placeholder:"FILE" help:"File with this process's certificate chain in PEM. With --tls-key and --tls-ca all gRPC of this process is encrypted. The files may be replaced at any time: new connections use the new ones."`
	Key  string `name:"tls-key" env:"HUB_TLS_KEY" placeholder:"FILE" help:"File with the private key of that certificate in PEM."`
	CA   string `name:"tls-ca" env:"HUB_TLS_CA" placeholder:"FILE" help:"File with the certificates, in PEM, that sign those of the processes which are trusted here."`
}

// Check fails when some of the files are named and others not, or one of them
// cannot be used. Call it at the start.
func (f Files) Check() error {
	if f == (Files{}) {
		return nil
	}
	for flag, file := range map[string]string{"--tls-cert": f.Cert, "--tls-key": f.Key, "--tls-ca": f.CA} {
		if file == "" {
			return fmt.Errorf("tlsfile: %s is missing; --tls-cert, --tls-key and --tls-ca belong together, or none of them", flag)
		}
	}
	_, err := f.load()
	return err
}

// Caller says whom a server wants to see a certificate from.
type Caller int

const (
	// Anybody may connect; a token says who calls.
	Anybody Caller = iota
	// Trusted processes may connect: those whose certificate the CA has signed.
	Trusted
)

// Server makes the credentials of a server. log is told of files that cannot be
// used; the last good ones serve meanwhile.
func (f Files) Server(from Caller, log *slog.Logger) credentials.TransportCredentials {
	return f.credentials(log, func(m *material) *tls.Config {
		c := &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{m.own}, ClientCAs: m.trusted}
		if from == Trusted {
			c.ClientAuth = tls.RequireAndVerifyClientCert
		}
		return c
	})
}

// Client makes the credentials for calls to other processes. The server must show
// a certificate for the name in its address, and gets this process's own.
func (f Files) Client(log *slog.Logger) credentials.TransportCredentials {
	return f.credentials(log, func(m *material) *tls.Config {
		return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{m.own}, RootCAs: m.trusted}
	})
}

// Own makes the credentials for calls of a process to itself. The server must show
// this process's certificate, whatever name that is for.
func (f Files) Own(log *slog.Logger) credentials.TransportCredentials {
	return f.credentials(log, func(m *material) *tls.Config {
		return &tls.Config{
			MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{m.own},
			InsecureSkipVerify: true, // in favour of the comparison below, which is stricter
			VerifyConnection: func(state tls.ConnectionState) error {
				if subtle.ConstantTimeCompare(state.PeerCertificates[0].Raw, m.own.Certificate[0]) != 1 {
					return errors.New("tlsfile: the server does not show this process's own certificate")
				}
				return nil
			},
		}
	})
}

func (f Files) credentials(log *slog.Logger, configure func(*material) *tls.Config) credentials.TransportCredentials {
	if f == (Files{}) {
		return insecure.NewCredentials()
	}
	return &reloading{files: f, configure: configure, log: log, security: security.New(log, nil), last: &last{}}
}

// Certificate answers this process's certificate as the files are now.
func (f Files) Certificate() (tls.Certificate, error) {
	m, err := f.load()
	if err != nil {
		return tls.Certificate{}, err
	}
	return m.own, nil
}

// Trusted answers the certificates that sign those of trusted processes, as the
// files are now.
func (f Files) Trusted() (*x509.CertPool, error) {
	m, err := f.load()
	if err != nil {
		return nil, err
	}
	return m.trusted, nil
}

// material is what the files hold.
type material struct {
	own     tls.Certificate
	trusted *x509.CertPool
}

func (f Files) load() (*material, error) {
	own, err := tls.LoadX509KeyPair(f.Cert, f.Key)
	if err != nil {
		return nil, fmt.Errorf("tlsfile: the certificate %s with the key %s cannot be used: %w", f.Cert, f.Key, err)
	}
	text, err := os.ReadFile(f.CA)
	if err != nil {
		return nil, fmt.Errorf("tlsfile: read the certificates that are trusted: %w", err)
	}
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("tlsfile: %s holds no certificate in PEM", f.CA)
	}
	return &material{own, trusted}, nil
}

// reloading makes the credentials anew for each handshake.
type reloading struct {
	files     Files
	configure func(*material) *tls.Config
	log       *slog.Logger
	security  *security.Log
	last      *last
}

// last is what the files held when they could be used last; shared by clones.
type last struct {
	mu   sync.Mutex
	good *material
}

func (r *reloading) now() (credentials.TransportCredentials, error) {
	r.last.mu.Lock()
	defer r.last.mu.Unlock()
	m, err := r.files.load()
	switch {
	case err == nil:
		r.last.good = m
	case r.last.good == nil:
		return nil, err
	default:
		// Files are replaced one after the other, so for a moment they do not fit.
		r.log.Warn("the certificate files cannot be used; the last good ones serve on", "error", err)
	}
	return credentials.NewTLS(r.configure(r.last.good)), nil
}

// ClientHandshake implements credentials.TransportCredentials.
func (r *reloading) ClientHandshake(ctx context.Context, authority string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	now, err := r.now()
	if err != nil {
		return nil, nil, err
	}
	return now.ClientHandshake(ctx, authority, conn)
}

// ServerHandshake implements credentials.TransportCredentials.
func (r *reloading) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	now, err := r.now()
	if err != nil {
		return nil, nil, err
	}
	secured, info, err := now.ServerHandshake(conn)
	if err != nil && !errors.Is(err, io.EOF) { // who only knocks, as a probe does, says nothing
		r.security.Write(context.Background(), security.TLSRefused, slog.String("reason", reasonOf(err)))
	}
	return secured, info, err
}

// reasonOf says what went wrong with a handshake. The library's own errors may repeat
// what a certificate says.
func reasonOf(err error) string {
	if _, is := errors.AsType[*tls.CertificateVerificationError](err); is {
		return "the caller's certificate is not signed by the trusted authority"
	}
	if _, is := errors.AsType[tls.RecordHeaderError](err); is {
		return "the caller does not speak TLS"
	}
	if operation, is := errors.AsType[*net.OpError](err); is && operation.Op == "remote error" {
		return "the caller refused this server's certificate"
	}
	if _, is := errors.AsType[net.Error](err); is {
		return "the connection ended or was too slow"
	}
	return "the caller showed no certificate, or offers no TLS 1.3"
}

// Info implements credentials.TransportCredentials.
func (r *reloading) Info() credentials.ProtocolInfo {
	return credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS13}).Info()
}

// Clone implements credentials.TransportCredentials.
func (r *reloading) Clone() credentials.TransportCredentials {
	clone := *r
	return &clone
}

// OverrideServerName implements credentials.TransportCredentials. grpc.WithAuthority
// takes its place.
func (r *reloading) OverrideServerName(string) error {
	return errors.New("tlsfile: the server's name comes from its address")
}
