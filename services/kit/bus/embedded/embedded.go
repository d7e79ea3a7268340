// Package embedded runs the log inside the process: a NATS server that does not
// listen, with its files in one directory, the rights of kit/bus, and a group
// commit that puts acknowledged messages on disk many at a time. It is the only
// package that links nats-server.
package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/businessespoo/hub/services/kit/bus"
)

// Options say where the log is kept.
type Options struct {
	// Dir is the directory of the log. It is made when missing. One process at a
	// time may use it.
	Dir string
	// Log receives what the server says; nil means slog.Default.
	Log *slog.Logger
	// MaxStore limits the log on disk, in bytes; 0 means three quarters of what
	// is free.
	MaxStore int64
	// Fatal is called when a sync has failed, with the reason. What is on disk
	// is then unknown, so nothing more may be acknowledged and the process must
	// end. Nil means: log it and exit with status 1.
	Fatal func(error)
	// GroupCommitOff acknowledges before anything is synced. It is there to show
	// that the power-cut test can fail, and loses facts anywhere else.
	GroupCommitOff bool
}

// readyWithin is how long the server may take to read the log at start. A log of
// 100,000 cases takes about 5 s after a kill.
const readyWithin = 5 * time.Minute

// Server is a running log.
type Server struct {
	nats   *server.Server
	seeds  map[string][]byte // made at each start, and nowhere but here
	log    *slog.Logger
	commit *groupCommit
	lock   *os.File
	config string // the file it was started from, if any
}

// Start opens the log in a directory, or makes a new one, and returns once it
// can be used and all that is in it is on disk. A log whose files are damaged
// stays as it is, with a DamagedError.
func Start(o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Fatal == nil {
		log := o.Log
		o.Fatal = func(err error) {
			log.Error("the log could not be put on disk, the process ends", "error", err)
			os.Exit(1)
		}
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("embedded: make the directory of the log: %w", err)
	}
	lock, err := lockDir(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{log: o.Log, lock: lock, seeds: make(map[string][]byte)}
	if err := s.start(o); err != nil {
		s.Shutdown()
		return nil, err
	}
	return s, nil
}

func (s *Server) start(o Options) error {
	keys, err := s.makeKeys()
	if err != nil {
		return err
	}
	why := groupCommitUnfit(o.Dir)
	grouped := why == "" || o.GroupCommitOff
	if why != "" {
		s.log.Info("the log syncs each message by itself", "reason", why)
	}
	options, err := serverOptions(bus.ServerSettings{
		Name: "embedded", StoreDir: o.Dir, Keys: keys, MaxStore: o.MaxStore, Lazy: grouped,
	})
	if err != nil {
		return err
	}
	options.DontListen = true
	if err := s.refuseDamage(o.Dir); err != nil {
		return err
	}
	if err := s.run(options); err != nil {
		return err
	}
	if !grouped {
		return nil
	}
	s.commit = newGroupCommit(storeDir(o.Dir), o.Fatal)
	s.commit.off = o.GroupCommitOff
	s.commit.start()
	// What an earlier process wrote may still be only in the system's memory.
	return s.commit.sync(context.Background(), "")
}

// makeKeys makes a key for each party and answers the public halves.
func (s *Server) makeKeys() (map[string][]string, error) {
	keys := make(map[string][]string)
	for _, party := range append(bus.Providers(), bus.Hub) {
		seed, err := bus.NewSeed()
		if err != nil {
			return nil, err
		}
		public, err := bus.PublicKey(seed)
		if err != nil {
			return nil, err
		}
		s.seeds[party], keys[party] = seed, []string{public}
	}
	return keys, nil
}

// refuseDamage keeps the server away from files that it would cut.
func (s *Server) refuseDamage(dir string) error {
	began := time.Now()
	damages, err := checkStreams(dir)
	if err != nil {
		return err
	}
	if took := time.Since(began); took > time.Second {
		s.log.Info("the log was checked", "took", took)
	}
	if slices.ContainsFunc(damages, func(d Damage) bool { return !d.Torn }) {
		return &DamagedError{Damages: damages}
	}
	for _, torn := range damages {
		s.log.Warn("a file of the log ends in a write that was broken off, which is cut off now", "place", torn.String())
	}
	return nil
}

func (s *Server) run(options *server.Options) error {
	ns, err := server.NewServer(options)
	if err != nil {
		return fmt.Errorf("embedded: set up the server: %w", err)
	}
	ns.SetLoggerV2(&logger{log: s.log}, false, false, false)
	s.nats = ns
	go ns.Start()
	if !ns.ReadyForConnections(readyWithin) {
		return fmt.Errorf("embedded: the server was not ready within %s", readyWithin)
	}
	if !ns.JetStreamEnabled() {
		return errors.New("embedded: the server runs without JetStream, see its log for why")
	}
	return nil
}

// serverOptions reads a configuration through the server's own parser, so the
// embedded server and an external one understand the same text.
func serverOptions(settings bus.ServerSettings) (*server.Options, error) {
	text, err := bus.ServerConfig(settings)
	if err != nil {
		return nil, err
	}
	options := &server.Options{}
	if err := options.ProcessConfigString(text); err != nil {
		return nil, fmt.Errorf("embedded: read the server's configuration: %w", err)
	}
	quiet(options)
	return options, nil
}

// quiet leaves to this process what the server would do as a program of its own.
func quiet(options *server.Options) {
	options.NoSigs = true
	options.NoLog = false
	options.DisableJetStreamBanner = true
}

// storeDir is where the server keeps the streams of the hub's account.
func storeDir(dir string) string {
	return filepath.Join(dir, server.JetStreamStoreDir, bus.Account, "streams")
}

// InProcessConn gives a connection that stays in this process.
func (s *Server) InProcessConn() (net.Conn, error) { return s.nats.InProcessConn() }

// Durability is the group commit, or nil when the server syncs each message
// itself.
func (s *Server) Durability() bus.Durability {
	if s.commit == nil {
		return nil
	}
	return s.commit
}

// BusOptions are those with which a party connects to this server.
func (s *Server) BusOptions(party string) bus.Options {
	return bus.Options{
		Party: party, Seed: func() ([]byte, error) { return bytes.Clone(s.seeds[party]), nil },
		InProcess: s, Durability: s.Durability(), Log: s.log,
	}
}

// SyncedLengths returns, for each file of the log, its length in bytes when it
// was last synced. A test simulates a power cut by cutting the files back to it.
func (s *Server) SyncedLengths() map[string]int64 {
	if s.commit == nil {
		return nil
	}
	return s.commit.syncedLengths()
}

// Shutdown stops the server after the last sync and returns when its files are
// closed. Connections must be closed before.
func (s *Server) Shutdown() {
	if s.nats != nil {
		s.nats.Shutdown()
		s.nats.WaitForShutdown()
	}
	if s.commit != nil {
		s.commit.stop()
	}
	if s.lock != nil {
		_ = s.lock.Close()
	}
}
