package world

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/businessespoo/hub/services/kit/name"
)

const (
	module = "github.com/businessespoo/hub/"
	// natsServer is the log of a hub whose processes run apart, in the version
	// that the module names.
	natsServer = "github.com/nats-io/nats-server/v2"
)

// Builder builds the binaries that a test run starts, once, when the first test
// asks for them. They are built without the race detector: it would change what
// these tests time, and slows the projections down eight times.
type Builder struct {
	once sync.Once
	dir  string
	err  error
}

// Binary answers the path of a binary: hub, gateway, nats-server or the key of a
// provider.
func (b *Builder) Binary(which string) (string, error) {
	b.once.Do(func() { b.dir, b.err = build() })
	if b.err != nil {
		return "", b.err
	}
	return filepath.Join(b.dir, which), nil
}

// Remove deletes what was built. Call it once at the end of the test run.
func (b *Builder) Remove() error {
	if b.dir == "" {
		return nil
	}
	return os.RemoveAll(b.dir)
}

func build() (string, error) {
	dir, err := os.MkdirTemp("", "hub-e2e-*")
	if err != nil {
		return "", fmt.Errorf("world: make a folder for the binaries: %w", err)
	}
	args := []string{"build", "-o", dir + string(filepath.Separator), module + "deploy/cmd/hub", module + "gateway/cmd/gateway", natsServer}
	for _, key := range name.Providers {
		args = append(args, module+"services/cmd/"+key)
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("world: build the binaries: %w\n%s", err, out), os.RemoveAll(dir))
	}
	return dir, nil
}
