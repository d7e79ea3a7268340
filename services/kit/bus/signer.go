package bus

import (
	"errors"
	"net"
	"sync/atomic"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// errReplaced makes the client connect again, with the other key throughout.
var errReplaced = errors.New("bus: the seed was replaced while the connection was made")

// signer proves to the server who a party is, with the seed that holds when a
// connection is made. It keeps nothing secret.
//
// The client announces the public key in its options and lets the rest sign. To
// announce another key on a connection that is made again, the options must
// change, and may only under the client's lock. The client holds that when it
// dials, and reads the options afterwards: so the dialer changes them.
type signer struct {
	seed      Seed
	conn      atomic.Pointer[nats.Conn]
	announced atomic.Pointer[string]
}

// options are those of a new connection, with the key that holds at this moment.
func (s *signer) options() ([]nats.Option, error) {
	public, err := s.seed.public()
	if err != nil {
		return nil, err
	}
	s.announced.Store(&public)
	return []nats.Option{nats.Nkey(public, s.sign), nats.SetCustomDialer(s)}, nil
}

// Dial implements the client's dialer.
func (s *signer) Dial(network, address string) (net.Conn, error) {
	// On the first connect there is no connection to change, and no need to.
	if nc := s.conn.Load(); nc != nil {
		public, err := s.seed.public()
		if err != nil {
			return nil, err
		}
		nc.Opts.Nkey = public
		s.announced.Store(&public)
	}
	dialer := net.Dialer{Timeout: nats.DefaultTimeout}
	return dialer.Dial(network, address)
}

// sign signs what the server has made up for this connection.
func (s *signer) sign(nonce []byte) ([]byte, error) {
	var signature []byte
	err := s.seed.with(func(pair nkeys.KeyPair) error {
		public, err := publicOf(pair)
		if err != nil {
			return err
		}
		if public != s.key() {
			return errReplaced
		}
		signature, err = pair.Sign(nonce)
		return err
	})
	return signature, err
}

// key is the public key that was announced last.
func (s *signer) key() string { return *s.announced.Load() }
