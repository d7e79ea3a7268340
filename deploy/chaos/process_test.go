package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// readyWithin is how long a hub may take to be ready; the machine may be busy.
const readyWithin = 60 * time.Second

// hubProcess is the real binary on one data folder. It takes free ports at each
// start, so that nothing else can have taken them meanwhile.
type hubProcess struct {
	binary, data, log string

	cmd   *exec.Cmd
	said  *announcement
	ended chan struct{}
}

func newHubProcess(t *testing.T, data string) *hubProcess {
	t.Helper()
	h := &hubProcess{binary: hubBinary(t), data: data, log: filepath.Join(t.TempDir(), "hub.log")}
	t.Cleanup(func() {
		h.kill()
		if text, err := os.ReadFile(h.log); t.Failed() && err == nil {
			t.Logf("log of the hub, its end:\n%s", text[max(0, len(text)-6000):])
		}
	})
	return h
}

// announcement reads what the hub prints when it is ready.
type announcement struct {
	mu    sync.Mutex
	text  bytes.Buffer
	grpc  string
	ready chan struct{}
}

var announced = regexp.MustCompile(`(?s)gateway gRPC +(\S+)\n.*health and metrics `)

func (a *announcement) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.text.Write(p)
	if found := announced.FindSubmatch(a.text.Bytes()); found != nil && a.grpc == "" {
		a.grpc = string(found[1])
		close(a.ready)
	}
	return len(p), nil
}

// launch starts the hub and does not wait.
func (h *hubProcess) launch() error {
	log, err := os.OpenFile(h.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has its own
	h.said = &announcement{ready: make(chan struct{})}
	h.cmd = exec.Command(h.binary, "run", "--data", h.data, "--listen", "127.0.0.1:0", "--web", "127.0.0.1:0",
		"--health", "127.0.0.1:0", "--provider-listen", "127.0.0.1:0", "--log-level", "warn", "--rate-limit", "0")
	h.cmd.Stdout, h.cmd.Stderr = h.said, log
	dieWithParent(h.cmd)
	if err := h.cmd.Start(); err != nil {
		return fmt.Errorf("start the hub: %w", err)
	}
	ended, cmd := make(chan struct{}), h.cmd
	h.ended = ended
	go func() {
		_ = cmd.Wait() // how it ended is seen in what it did
		close(ended)
	}()
	return nil
}

// start starts the hub, waits until it is ready and answers its gRPC address.
func (h *hubProcess) start(ctx context.Context) (string, error) {
	if err := h.launch(); err != nil {
		return "", err
	}
	select {
	case <-h.said.ready:
		return h.said.grpc, nil
	case <-h.ended:
		text, err := os.ReadFile(h.log)
		return "", errors.Join(fmt.Errorf("the hub ended at its start:\n%s", text[max(0, len(text)-3000):]), err)
	case <-ctx.Done():
		return "", ctx.Err()
	case <-time.After(readyWithin):
		return "", fmt.Errorf("the hub was not ready within %s", readyWithin)
	}
}

// kill ends the hub as kill -9 does.
func (h *hubProcess) kill() {
	if h.cmd == nil {
		return
	}
	_ = h.cmd.Process.Kill() // it may have ended by itself
	<-h.ended
}

// stop ends the hub in good order.
func (h *hubProcess) stop() error {
	if err := h.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-h.ended:
		return nil
	case <-time.After(readyWithin):
		h.kill()
		return errors.New("the hub did not end in good order")
	}
}

// command runs another command of the binary and answers what it printed.
func (h *hubProcess) command(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, h.binary, args...).CombinedOutput()
	return string(out), err
}
