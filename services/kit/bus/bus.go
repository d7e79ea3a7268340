package bus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/businessespoo/hub/services/kit/tlsfile"

	"github.com/businessespoo/hub/services/kit/problem"
)

// InProcess gives a connection to a server in the same process. It is declared
// here so that a process which uses an external server does not link one.
type InProcess interface {
	InProcessConn() (net.Conn, error)
}

// Options say who connects to which server.
type Options struct {
	// Party is who speaks: Hub, or the key of a provider. Its rights follow.
	Party string
	// URLs are the external servers, separated by commas. Unused with InProcess.
	URLs string
	// Seed proves who the party is. It is asked at each connect; with URLs also
	// every few seconds, and a connection moves to a seed that has become another.
	Seed Seed
	// TLS are the certificate files that are used with the external servers, read at
	// each connect; none means no TLS.
	TLS tlsfile.Files
	// InProcess is the embedded server; nil means URLs.
	InProcess InProcess
	// Durability is the embedded server's; nil means that the server syncs
	// itself, which the hub checks on Connect.
	Durability Durability
	// Replica tells the replicas of one party apart, 0 to Replicas-1. Two
	// processes of one provider must differ, or they take each other's consumer.
	Replica int
	// StreamReplicas is how many servers hold each stream; 0 means 1. A cluster
	// needs 3.
	StreamReplicas int
	// Log receives what an operator should know; nil means slog.Default.
	Log *slog.Logger
	// Clock tells the time; nil means time.Now.
	Clock func() time.Time
}

// secure has the server show a certificate that is trusted, and shows it this
// process's own.
func (o Options) secure() []nats.Option {
	if o.TLS == (tlsfile.Files{}) {
		return nil
	}
	return []nats.Option{nats.Secure(&tls.Config{MinVersion: tls.VersionTLS13}), nats.ClientTLSConfig(o.TLS.Certificate, o.TLS.Trusted)}
}

const connectRetry = 250 * time.Millisecond

// Bus is one party's connection to the log. It is safe for concurrent use.
type Bus struct {
	party      string
	replica    int
	replicas   int
	nc         *nats.Conn
	signer     *signer
	moving     sync.RWMutex // held to make the connection again with another key
	js         jetstream.JetStream
	durability Durability
	log        *slog.Logger
	clock      func() time.Time

	mu        sync.Mutex
	streams   map[string]jetstream.Stream
	following map[string]bool
}

// Connect opens the party's connection. While the server is not up it retries
// until ctx ends. It fails at once when the server refuses the party, is too
// old, or (seen by the hub only) acknowledges before it syncs; the error says
// what to mend. The hub calls EnsureTopology next.
func Connect(ctx context.Context, o Options) (*Bus, error) {
	if _, err := RightsOf(o.Party); err != nil {
		return nil, err
	}
	if o.Seed == nil {
		return nil, fmt.Errorf("bus: %s needs a seed to prove who it is", o.Party)
	}
	if o.Replica < 0 || o.Replica >= Replicas {
		return nil, fmt.Errorf("bus: replica %d must be from 0 to %d", o.Replica, Replicas-1)
	}
	b := &Bus{
		party: o.Party, replica: o.Replica, replicas: max(o.StreamReplicas, 1),
		durability: o.Durability, log: o.Log, clock: o.Clock, signer: &signer{seed: o.Seed},
		streams: make(map[string]jetstream.Stream), following: make(map[string]bool),
	}
	if b.log == nil {
		b.log = slog.Default()
	}
	b.log = b.log.With("party", o.Party)
	if b.clock == nil {
		b.clock = time.Now
	}
	if err := b.dial(ctx, o); err != nil {
		return nil, err
	}
	if err := b.checkServer(ctx); err != nil {
		b.Close()
		return nil, err
	}
	if o.InProcess == nil {
		go b.watchSeed(o, b.nc.StatusChanged(nats.CLOSED))
	}
	return b, nil
}

func (b *Bus) dial(ctx context.Context, o Options) error {
	for {
		options, err := b.connectionOptions(o)
		if err != nil {
			return err
		}
		nc, err := nats.Connect(o.URLs, options...)
		if err == nil {
			b.nc = nc
			b.signer.conn.Store(nc)
			break
		}
		if errors.Is(err, nats.ErrAuthorization) {
			return fmt.Errorf("bus: the server refuses %s: its key %s is not one that the server's configuration names for it, check the seed: %w",
				o.Party, b.signer.key(), err)
		}
		b.log.DebugContext(ctx, "the log is not reachable yet", "error", err)
		if wait(ctx, connectRetry) != nil {
			return fmt.Errorf("bus: connect %s: %w", o.Party, errors.Join(ctx.Err(), err))
		}
	}
	var err error
	if b.party == Hub {
		b.js, err = jetstream.New(b.nc)
	} else {
		b.js, err = jetstream.NewWithAPIPrefix(b.nc, providerAPI)
	}
	if err != nil {
		b.nc.Close()
		return fmt.Errorf("bus: open the log for %s: %w", o.Party, err)
	}
	return nil
}

func (b *Bus) connectionOptions(o Options) ([]nats.Option, error) {
	options, err := b.signer.options()
	if err != nil {
		return nil, err
	}
	var refused atomic.Bool
	options = append(options,
		nats.Name(o.Party),
		nats.CustomInboxPrefix(inboxPrefix(o.Party)),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(connectRetry),
		// A key that is refused may be taken in a moment: during a rotation the
		// server's configuration and the seeds do not change at the same time.
		nats.IgnoreAuthErrorAbort(),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if errors.Is(err, nats.ErrAuthorization) && refused.Swap(true) {
				return // it is refused four times a second, which is told once
			}
			b.log.Warn("the log reports an error", "error", err)
		}),
		nats.DisconnectErrHandler(func(nc *nats.Conn, err error) {
			if !nc.IsClosed() {
				b.log.Warn("the connection to the log is lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) {
			refused.Store(false)
			b.log.Info("the connection to the log is back")
		}),
	)
	if o.InProcess != nil {
		options = append(options, nats.InProcessServer(o.InProcess))
	}
	options = append(options, o.secure()...)
	return options, nil
}

// Party is who this bus speaks as.
func (b *Bus) Party() string { return b.party }

// Close ends the connection at once. Calls under way fail.
func (b *Bus) Close() { b.nc.Close() }

// Drain lets subscriptions finish what they have received, sends what is
// buffered and closes the connection, or gives up when ctx ends.
func (b *Bus) Drain(ctx context.Context) error {
	closed := b.nc.StatusChanged(nats.CLOSED)
	if err := b.nc.Drain(); err != nil {
		return fmt.Errorf("bus: drain %s: %w", b.party, err)
	}
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		b.nc.Close()
		return fmt.Errorf("bus: drain %s: %w", b.party, ctx.Err())
	}
}

// hubOnly refuses what a provider has no right to, with a clearer word than the
// silence that the server would answer with.
func (b *Bus) hubOnly(what string) error {
	if b.party != Hub {
		return fmt.Errorf("bus: %s may not %s, only the hub may", b.party, what)
	}
	return nil
}

// stream returns the handle of a stream, asking the server once for each.
func (b *Bus) stream(ctx context.Context, name string) (jetstream.Stream, error) {
	b.mu.Lock()
	handle, known := b.streams[name]
	b.mu.Unlock()
	if known {
		return handle, nil
	}
	handle, err := b.js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, fmt.Errorf("%w: stream %s", ErrNotFound, name)
	}
	if err != nil {
		return nil, fmt.Errorf("bus: open stream %s: %w", name, err)
	}
	b.mu.Lock()
	b.streams[name] = handle
	b.mu.Unlock()
	return handle, nil
}

// answerPatience is how long the log may take to answer a caller who would wait
// longer. While the server is away the client keeps what it is to send.
const answerPatience = 5 * time.Second

// patiently bounds a call to the log by answerPatience.
func patiently(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, limited := ctx.Deadline(); limited && time.Until(deadline) <= answerPatience {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, answerPatience)
}

// silent turns the end of answerPatience, or of the connection, into a problem of kind Unavailable. What was
// to be appended may be appended yet. When the caller's own time is over the error
// stays as it is.
func silent(ctx context.Context, err error) error {
	if ctx.Err() == nil && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrDisconnected)) {
		return problem.New(problem.Unavailable, "LOG_UNAVAILABLE", "the log does not answer now; try the same call again, with the same request_id where it has one").
			Retry(time.Second).Because(fmt.Errorf("bus: the log did not answer: %w", err))
	}
	return err
}

// wait returns after d, or with the context's error when that ends first.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
