package hub

import (
	"fmt"
	"net"
	"strconv"

	"github.com/businessespoo/hub/services/kit/bus"
)

// Addresses are what a running hub listens on, each as host:port.
type Addresses struct {
	// GRPC is the gateway: companies, integrators, and the providers' desks.
	GRPC string `json:"grpc"`
	// Web is the pages.
	Web string `json:"web"`
	// Health is the probes and metrics.
	Health string `json:"health"`
	// Providers are the providers' own gRPC, by key.
	Providers map[string]string `json:"providers"`
}

type listeners struct {
	grpc, web, health net.Listener
	register          net.Listener   // of a demo; nil without
	providers         []net.Listener // in the order of bus.Providers
}

// listen takes all ports at once: a hub has all of them or does not start.
func listen(o Options) (*listeners, error) {
	l := &listeners{}
	for _, one := range []struct {
		what, flag, address string
		listener            *net.Listener
	}{
		{"the gateway", "--listen", o.Listen, &l.grpc},
		{"the pages", "--web", o.Web, &l.web},
		{"health and metrics", "--health", o.Health, &l.health},
	} {
		var err error
		if *one.listener, err = open(one.what, one.flag, one.address); err != nil {
			l.close()
			return nil, err
		}
	}
	if o.Demo {
		var err error
		if l.register, err = open("the demo's company register", "--demo", "127.0.0.1:0"); err != nil {
			l.close()
			return nil, err
		}
	}
	host, first, err := net.SplitHostPort(o.ProviderListen)
	if err != nil {
		l.close()
		return nil, fmt.Errorf("hub: --provider-listen %q is not host:port, such as 127.0.0.1:9101", o.ProviderListen)
	}
	port, err := strconv.ParseUint(first, 10, 16)
	if err != nil {
		l.close()
		return nil, fmt.Errorf("hub: --provider-listen %q has no port from 0 to 65535", o.ProviderListen)
	}
	for i, key := range bus.Providers() {
		address := net.JoinHostPort(host, "0")
		if port != 0 {
			address = net.JoinHostPort(host, strconv.FormatUint(port+uint64(i), 10))
		}
		listener, err := open(key, "--provider-listen", address)
		if err != nil {
			l.close()
			return nil, err
		}
		l.providers = append(l.providers, listener)
	}
	return l, nil
}

func open(what, flag, address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("hub: %s cannot listen on %s; choose another HOST:PORT with %s: %w", what, address, flag, err)
	}
	return listener, nil
}

func (l *listeners) addresses() Addresses {
	a := Addresses{
		GRPC: l.grpc.Addr().String(), Web: l.web.Addr().String(), Health: l.health.Addr().String(),
		Providers: map[string]string{},
	}
	for i, key := range bus.Providers() {
		a.Providers[key] = l.providers[i].Addr().String()
	}
	return a
}

func (l *listeners) close() {
	for _, listener := range append([]net.Listener{l.grpc, l.web, l.health, l.register}, l.providers...) {
		if listener != nil {
			_ = listener.Close()
		}
	}
}
