package main

import (
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"slices"

	"github.com/businessespoo/hub/deploy/hub"
	"github.com/businessespoo/hub/services/kit/tlsfile"
)

type natsConfigCommand struct {
	newDataFlag
	Out     string   `placeholder:"DIR" help:"Folder to write to; the data folder when empty. Seeds that are there are kept."`
	Name    string   `env:"HUB_NATS_NAME" default:"hub-1" help:"Name of the server, unique in a cluster. (default: ${default})"`
	Listen  string   `env:"HUB_NATS_LISTEN" default:"127.0.0.1:4222" placeholder:"HOST:PORT" help:"Address on which the server takes the hub's processes. (default: ${default})"`
	Store   string   `placeholder:"DIR" help:"Directory of the log as the server will see it; it adds jetstream to it. The data folder when empty."`
	TLSCert string   `name:"tls-cert" env:"HUB_TLS_CERT" placeholder:"FILE" help:"Certificate of the server in PEM. With --tls-key and --tls-ca it speaks TLS and takes only processes that show a certificate."`
	TLSKey  string   `name:"tls-key" env:"HUB_TLS_KEY" placeholder:"FILE" help:"Private key of that certificate in PEM."`
	TLSCA   string   `name:"tls-ca" env:"HUB_TLS_CA" placeholder:"FILE" help:"Certificates in PEM that sign those of the hub's processes."`
	Rotate  []string `placeholder:"PARTY" xor:"step" help:"First half of a rotation: give these parties (hub, a provider's key, or all) a next key beside the one in use. The server takes both once it has read the configuration again."`
	Retire  []string `placeholder:"PARTY" xor:"step" help:"Second half: put the next seeds of these parties in place. The former keys are refused once the server has read the configuration again."`
}

// Run writes the files and says what they are for.
func (c *natsConfigCommand) Run(out output) error {
	if _, port, err := net.SplitHostPort(c.Listen); err != nil || port == "" {
		return fmt.Errorf("--listen %q is no address: give HOST:PORT, such as 127.0.0.1:4222", c.Listen)
	}
	folder, err := hub.OpenFolder(c.Data)
	if err != nil {
		return err
	}
	key, err := folder.TokenKey()
	if err != nil {
		return err
	}
	data, err := filepath.Abs(c.Data)
	if err != nil {
		return err
	}
	o := hub.NATSOptions{
		Out: c.Out, Name: c.Name, Listen: c.Listen, Store: c.Store, Key: key, Rotate: c.Rotate, Retire: c.Retire,
		TLS: tlsfile.Files{Cert: c.TLSCert, Key: c.TLSKey, CA: c.TLSCA},
	}
	if o.Out == "" {
		o.Out = data
	}
	if o.Store == "" {
		o.Store = data
	}
	if err := o.TLS.Check(); err != nil {
		return err
	}
	files, err := hub.WriteNATSConfig(o)
	if err != nil {
		return err
	}
	switch {
	case len(c.Rotate) > 0:
		for _, party := range slices.Sorted(maps.Keys(files.Next)) {
			fmt.Fprintf(out, "%s: the next seed of %s\n", files.Next[party], party)
		}
		fmt.Fprintf(out, "%s: takes both keys of each\n", files.Accounts)
		fmt.Fprintln(out, "Let each nats-server read its configuration again (SIGHUP). Then go on with --retire.")
	case len(c.Retire) > 0:
		fmt.Fprintf(out, "%s/: the next seeds are in place; processes go over to them within seconds, and log it\n", filepath.Join(o.Out, "seeds"))
		fmt.Fprintf(out, "%s: holds the next keys alone\n", files.Accounts)
		fmt.Fprintln(out, "When the processes have gone over, let each nats-server read its configuration again (SIGHUP).")
	default:
		fmt.Fprintf(out, "%s: run nats-server -c with it, version 2.15 or later; it includes %s\n", files.Config, filepath.Base(files.Accounts))
		fmt.Fprintf(out, "%s/: one seed per party; give each process the file of its own (--nats-seed-file)\n", filepath.Join(o.Out, "seeds"))
		fmt.Fprintf(out, "%s: what all processes verify tokens with (--token-public-key)\n", files.PublicKey)
	}
	return nil
}
