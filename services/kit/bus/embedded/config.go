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
	options, err := readConfig(file)
	if err != nil {
		return nil, err
	}
	if log == nil {
		log = slog.Default()
	}
	s := &Server{log: log, config: file}
	if err := s.run(options); err != nil {
		s.Shutdown()
		return nil, err
	}
	return s, nil
}

// Reload reads the file of StartFromConfig again, as nats-server does on SIGHUP.
func (s *Server) Reload() error {
	options, err := readConfig(s.config)
	if err != nil {
		return err
	}
	if err := s.nats.ReloadOptions(options); err != nil {
		return fmt.Errorf("embedded: take over what %s says: %w", s.config, err)
	}
	return nil
}

func readConfig(file string) (*server.Options, error) {
	options, err := server.ProcessConfigFile(file)
	if err != nil {
		return nil, fmt.Errorf("embedded: read %s: %w", file, err)
	}
	quiet(options)
	return options, nil
}

// ClientURL is where the server listens.
func (s *Server) ClientURL() string { return s.nats.ClientURL() }
