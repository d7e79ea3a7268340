package host

import (
	"google.golang.org/grpc/metadata"

	"github.com/businessespoo/hub/services/kit/problem"
)

// still answers what tells whether a system may go on with its stream: asked before
// each message, which costs a digest and a look into a map. Nobody else is asked so often.
func (s *Server) still(c *call) func() error {
	if c.principal.Key == "" {
		return func() error { return nil }
	}
	md, _ := metadata.FromIncomingContext(c.ctx)
	return func() error {
		p, err := s.authenticate(c.ctx, md)
		if err == nil {
			err = s.allow(c.rule, p)
		}
		if kind := problem.KindOf(err); kind == problem.Unauthenticated || kind == problem.Denied {
			return err
		}
		return nil
	}
}

// keysMayHaveChanged is closed from the start for a system: its key was right a moment ago.
func (s *Server) keysMayHaveChanged(c *call) <-chan struct{} {
	if c.principal.Key == "" || s.options.KeysChanged == nil {
		return nil
	}
	changed := make(chan struct{})
	close(changed)
	return changed
}

// keysChanged is closed when a system's stream must be looked at; nil for others.
func (s *Server) keysChanged(c *call) <-chan struct{} {
	if c.principal.Key == "" || s.options.KeysChanged == nil {
		return nil
	}
	return s.options.KeysChanged()
}
