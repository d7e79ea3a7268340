package world

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// startPatience is how long a process may take until it is ready. The machine
	// may be compiling beside it.
	startPatience = 60 * time.Second
	// stopPatience is how long an orderly end may take before it becomes a kill.
	stopPatience = 20 * time.Second
	// look is how often something is looked at that is awaited.
	look = 10 * time.Millisecond
)

// Process is one process of the hub. It can be stopped, killed and started again;
// it keeps its addresses and its data.
type Process struct {
	// Name says which: hub, gateway, nats-server or the key of a provider.
	Name string

	binary string
	args   []string
	// health is the address of the probes; listen is awaited instead when there
	// are none.
	health, listen string
	logPath        string

	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has ended; err is set then
	err   error
}

// Launch starts the process and does not wait until it is ready.
func (p *Process) Launch() error {
	log, err := os.OpenFile(p.logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("world: open the log of %s: %w", p.Name, err)
	}
	defer func() { _ = log.Close() }() // the process has its own
	cmd := exec.Command(p.binary, p.args...)
	cmd.Stdout, cmd.Stderr = log, log
	if !slices.Contains(p.args, "--demo") {
		// How fast a test calls depends on the machine, and one caller may stand for
		// many; a flag says otherwise where the limits are what is tested.
		cmd.Env = append(os.Environ(), "HUB_RATE_LIMIT=0")
	}
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("world: start %s: %w", p.Name, err)
	}
	ended := make(chan struct{})
	p.cmd, p.ended = cmd, ended
	go func() {
		p.err = cmd.Wait()
		close(ended)
	}()
	return nil
}

// Ready waits until the process serves, or fails when it ends before.
func (p *Process) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		err := p.probe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("world: %s ended before it was ready: %w", p.Name, errors.Join(p.err, err))
		case <-ctx.Done():
			return fmt.Errorf("world: %s is not ready: %w", p.Name, err)
		case <-ticker.C:
		}
	}
}

// probe asks once whether the process is ready.
func (p *Process) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if p.health == "" {
		var dialer net.Dialer
		conn, err := dialer.DialContext(ctx, "tcp", p.listen)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.health+"/readyz", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(io.LimitReader(answer.Body, 500))
		return fmt.Errorf("readyz says %s: %s", answer.Status, strings.TrimSpace(string(why)))
	}
	return nil
}

// Alive tells whether the process runs.
func (p *Process) Alive() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// Stop ends the process in good order, and kills it when that takes too long.
func (p *Process) Stop() error {
	if !p.Alive() {
		return nil
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("world: stop %s: %w", p.Name, err)
	}
	select {
	case <-p.ended:
		return p.err
	case <-time.After(stopPatience):
		return errors.Join(fmt.Errorf("world: %s still ran %s after it was told to stop", p.Name, stopPatience), p.Kill())
	}
}

// Kill ends the process at once, as a crash would.
func (p *Process) Kill() error {
	if !p.Alive() {
		return nil
	}
	if err := killGroup(p.cmd); err != nil {
		return fmt.Errorf("world: kill %s: %w", p.Name, err)
	}
	<-p.ended
	return nil
}

// Pause freezes the process and Resume lets it go on: it is there and does not answer.
func (p *Process) Pause() error { return p.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (p *Process) Resume() error { return p.cmd.Process.Signal(syscall.SIGCONT) }

// Reload lets it read its configuration again, when it is a nats-server.
func (p *Process) Reload() error { return p.cmd.Process.Signal(syscall.SIGHUP) }

// Log answers what the process has written so far, in all its lives.
func (p *Process) Log() string {
	text, err := os.ReadFile(p.logPath)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Metrics answers what the process tells who measures it.
func (p *Process) Metrics(ctx context.Context) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.health+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	return io.ReadAll(answer.Body)
}

// Measured tells whether the process has metrics: a nats-server has none.
func (p *Process) Measured() bool { return p.health != "" }

// shown is how much of a log is shown when a test fails.
const shown = 6000

func (p *Process) showLog(t testing.TB) {
	text := p.Log()
	if len(text) > shown {
		text = "...\n" + text[len(text)-shown:]
	}
	t.Logf("log of %s:\n%s", p.Name, text)
}
