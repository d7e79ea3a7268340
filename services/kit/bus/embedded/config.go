package embedded

import (
	"fmt"
	"log/slog"

	"github.com/nats-io/nats-server/v2/server"
)

// StartFromConfig runs a server from a configuration file, listening where that
// says, as nats-server would. Tests use it as the external server. It has no
// group commit.
func StartFromConfig(file string, log *slog.Logger) (*Server, error) {
	options, err := server.ProcessConfigFile(file)
	if err != nil {
		return nil, fmt.Errorf("embedded: read %s: %w", file, err)
	}
	quiet(options)
	if log == nil {
		log = slog.Default()
	}
	s := &Server{log: log}
	if err := s.run(options); err != nil {
		s.Shutdown()
		return nil, err
	}
	return s, nil
}

// ClientURL is where the server listens.
func (s *Server) ClientURL() string { return s.nats.ClientURL() }
