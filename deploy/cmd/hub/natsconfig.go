package main

import (
	"fmt"
	"path/filepath"

	"github.com/businessespoo/hub/deploy/hub"
)

type natsConfigCommand struct {
	dataFlag
	Out    string `placeholder:"DIR" help:"Folder to write to; the data folder when empty. Passwords that are there are kept."`
	Name   string `default:"hub-1" help:"Name of the server, unique in a cluster. (default: ${default})"`
	Listen string `default:"127.0.0.1:4222" placeholder:"HOST:PORT" help:"Address on which the server takes the hub's processes. (default: ${default})"`
	Store  string `placeholder:"DIR" help:"Directory of the log as the server will see it; it adds jetstream to it. The data folder when empty."`
}

// Run writes the files and says what they are for.
func (c *natsConfigCommand) Run(out output) error {
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
	o := hub.NATSOptions{Out: c.Out, Name: c.Name, Listen: c.Listen, Store: c.Store, Key: key}
	if o.Out == "" {
		o.Out = data
	}
	if o.Store == "" {
		o.Store = data
	}
	files, err := hub.WriteNATSConfig(o)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: run nats-server -c with it, version 2.15 or later\n", files.Config)
	fmt.Fprintf(out, "%s/: one password per party; give each process the file of its own (--nats-password-file)\n", filepath.Join(o.Out, "passwords"))
	fmt.Fprintf(out, "%s: what all processes verify tokens with (--token-public-key)\n", files.PublicKey)
	return nil
}
