package hub

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/token"
)

// NATSOptions say what an external nats-server needs.
type NATSOptions struct {
	// Out is the folder to write to.
	Out string
	// Name is the server's name; unique in a cluster.
	Name string
	// Listen is host:port for the hub's processes.
	Listen string
	// Store is the directory of the log, as the server will see it.
	Store string
	// Key is the key whose public half the processes verify tokens with.
	Key *token.Key
}

// NATSFiles are what WriteNATSConfig wrote.
type NATSFiles struct {
	// Config is for nats-server -c.
	Config string
	// Passwords are files that hold the password of one party each, by party.
	Passwords map[string]string
	// PublicKey is a PEM file, for every process that takes tokens.
	PublicKey string
}

// WriteNATSConfig writes the configuration of a nats-server for the hub, a file
// with the password of each party, and the public key of the tokens. Passwords
// that are there already are kept, so that it can be run again.
func WriteNATSConfig(o NATSOptions) (NATSFiles, error) {
	files := NATSFiles{
		Config:    filepath.Join(o.Out, "nats-server.conf"),
		PublicKey: filepath.Join(o.Out, "token.pub"),
		Passwords: map[string]string{},
	}
	dir := filepath.Join(o.Out, "passwords")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return NATSFiles{}, fmt.Errorf("hub: make the folder of the passwords: %w", err)
	}
	passwords := map[string]string{}
	for _, party := range append(bus.Providers(), bus.Hub) {
		files.Passwords[party] = filepath.Join(dir, party)
		password, err := keepPassword(files.Passwords[party])
		if err != nil {
			return NATSFiles{}, fmt.Errorf("hub: the password of %s: %w", party, err)
		}
		passwords[party] = password
	}
	config, err := bus.ServerConfig(bus.ServerSettings{Name: o.Name, Listen: o.Listen, StoreDir: o.Store, Passwords: passwords})
	if err != nil {
		return NATSFiles{}, err
	}
	public, err := o.Key.PublicPEM()
	if err != nil {
		return NATSFiles{}, err
	}
	if err := errors.Join(writeFile(files.Config, []byte(config)), writeFile(files.PublicKey, public)); err != nil {
		return NATSFiles{}, fmt.Errorf("hub: write the configuration of the server: %w", err)
	}
	return files, nil
}

// keepPassword reads the password in a file, or makes one of 128 bits.
func keepPassword(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(data)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	password := rand.Text()
	return password, writeFile(path, []byte(password+"\n"))
}
