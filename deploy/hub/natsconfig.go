package hub

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/tlsfile"
	"github.com/businessespoo/hub/services/kit/token"
)

// accountsFile is what the server's configuration includes.
const accountsFile = "nats-accounts.conf"

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
	// TLS are the certificate files of the server, as it will see them; hub nats-config
	// checks them where it runs. None means no TLS.
	TLS tlsfile.Files
	// Key is the key whose public half the processes verify tokens with.
	Key *token.Key
	// Rotate are the parties that get a next key beside the one they have, and
	// Retire those whose next key takes the place of the one they have. The server
	// reads its configuration again after each. AllParties stands for all.
	Rotate, Retire []string
}

// NATSFiles are what WriteNATSConfig wrote.
type NATSFiles struct {
	// Config is for nats-server -c. It includes Accounts, which says who may do
	// what and holds the public keys.
	Config, Accounts string
	// Seeds are files that hold the seed of one party each, by party.
	Seeds map[string]string
	// Next are files with the seeds of the parties that are between two keys.
	Next map[string]string
	// PublicKey is a PEM file, for every process that takes tokens.
	PublicKey string
}

// WriteNATSConfig writes the configuration of a nats-server for the hub, a file
// with the seed of each party, and the public key of the tokens. Seeds that are
// there already are kept, so that it can be run again. The configuration holds
// public keys only: those of all seeds in the folder. When keys change, the
// accounts alone are written: what an operator has changed of the rest stays.
func WriteNATSConfig(o NATSOptions) (NATSFiles, error) {
	files := NATSFiles{
		Config: filepath.Join(o.Out, "nats-server.conf"), Accounts: filepath.Join(o.Out, accountsFile),
		PublicKey: filepath.Join(o.Out, "token.pub"),
	}
	changeOfKeys := len(o.Rotate)+len(o.Retire) > 0
	if there, err := exists(files.Config); changeOfKeys && (!there || err != nil) {
		return NATSFiles{}, errors.Join(fmt.Errorf("hub: %s has no configuration of a server whose keys could change: name its folder with --out, or write one without --rotate and --retire", o.Out), err)
	}
	if len(o.Rotate) > 0 && len(o.Retire) > 0 {
		return NATSFiles{}, errors.New("hub: the nats-server must be reloaded between --rotate and --retire: give one of them at a time")
	}
	ring := keyring{dir: filepath.Join(o.Out, "seeds")}
	for _, step := range []func() error{ring.fill, func() error { return ring.rotate(o.Rotate) }, func() error { return ring.retire(o.Retire) }} {
		if err := step(); err != nil {
			return NATSFiles{}, err
		}
	}
	keys, err := ring.publicKeys()
	if err != nil {
		return NATSFiles{}, err
	}
	if files.Seeds, files.Next, err = ring.files(); err != nil {
		return NATSFiles{}, err
	}
	accounts, err := bus.AccountsConfig(keys)
	if err != nil {
		return NATSFiles{}, err
	}
	if err := writeFile(files.Accounts, []byte(accounts)); err != nil {
		return NATSFiles{}, fmt.Errorf("hub: write the accounts of the server: %w", err)
	}
	if changeOfKeys {
		return files, nil
	}
	config, err := bus.ServerConfig(bus.ServerSettings{Name: o.Name, Listen: o.Listen, StoreDir: o.Store, TLS: o.TLS, AccountsFile: accountsFile})
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
