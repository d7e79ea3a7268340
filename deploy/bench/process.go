package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/token"
)

// process is a running hub.
type process struct {
	cmd       *exec.Cmd
	data      string
	gateway   string
	web       string
	providers map[string]string
	health    string
	ready     time.Duration // from the start of the process until it was ready
	exited    chan error
}

// readyWithin is how long a hub may take to be ready.
const readyWithin = 10 * time.Minute

// start runs the hub on a data folder and waits until it is ready. more are flags that are
// made when it is known where the pages are.
func (b *bench) start(ctx context.Context, data string, more ...func(web string) ([]string, error)) (*process, error) {
	ports, err := freePorts(2 + 1 + len(name.Providers))
	if err != nil {
		return nil, err
	}
	at := func(i int) string { return "127.0.0.1:" + strconv.Itoa(ports+i) }
	p := &process{data: data, gateway: at(0), web: at(1), health: at(2), providers: map[string]string{}, exited: make(chan error, 1)}
	for i, key := range name.Providers {
		p.providers[key] = at(3 + i)
	}
	log, err := os.Create(filepath.Join(b.dir, "hub.log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	flags := []string{"run", "--data", data, "--listen", at(0), "--web", at(1), "--health", at(2), "--provider-listen", at(3), "--log-level", "warn"}
	for _, make := range more {
		made, err := make(p.web)
		if err != nil {
			return nil, err
		}
		flags = append(flags, made...)
	}
	p.cmd = exec.CommandContext(ctx, b.hub, flags...)
	// No limits on callers; as a variable, which an older build passes over.
	p.cmd.Env = append(append(os.Environ(), "HUB_RATE_LIMIT=0"), b.env...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the hub: %w", err)
	}
	go func() { p.exited <- p.cmd.Wait() }()
	for time.Since(began) < readyWithin {
		select {
		case err := <-p.exited:
			text, _ := os.ReadFile(log.Name())
			return nil, fmt.Errorf("the hub ended at its start: %w\n%s", err, text)
		case <-ctx.Done():
			return nil, ctx.Err()
		default:
		}
		if answer, err := http.Get("http://" + p.health + "/readyz"); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				p.ready = time.Since(began)
				return p, nil
			}
		}
		if err := rest(ctx, 5*time.Millisecond); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("the hub was not ready in time")
}

// stop ends the hub in good order, or with kill at once.
func (p *process) stop(signal syscall.Signal) error {
	if err := p.cmd.Process.Signal(signal); err != nil {
		return err
	}
	select {
	case err := <-p.exited:
		if signal == syscall.SIGTERM && err != nil {
			return fmt.Errorf("the hub ended badly: %w", err)
		}
		return nil
	case <-time.After(30 * time.Second):
		return errors.Join(errors.New("the hub did not end within 30 s"), p.cmd.Process.Kill())
	}
}

// rss is the resident memory in MB.
func (p *process) rss() (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024, err
		}
	}
	return 0, errors.New("the system tells no VmRSS")
}

// ticksPerSecond is what /proc counts processor time in, on every Linux.
const ticksPerSecond = 100

// cpu is the processor time that the hub has used.
func (p *process) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// The name of the program is in brackets and may hold spaces.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 13 {
		return 0, errors.New("the system tells no processor time")
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * time.Second / ticksPerSecond, errors.Join(err1, err2)
}

// sign makes tokens with the hub's own key.
func (p *process) sign() (func(token.Principal) (string, error), error) {
	key, err := token.OpenKey(filepath.Join(p.data, "keys", "token.key"))
	if err != nil {
		return nil, err
	}
	return func(who token.Principal) (string, error) { return key.Sign(who, time.Now(), 12*time.Hour) }, nil
}

// connect makes the load's clients and puts one advisor at each provider.
func (p *process) connect(ctx context.Context) (*target, error) {
	sign, err := p.sign()
	if err != nil {
		return nil, err
	}
	operator, err := sign(token.Principal{Role: policyv1.Role_ROLE_OPERATOR, Subject: "bench-operator"})
	if err != nil {
		return nil, err
	}
	connection, err := grpc.NewClient(p.gateway, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	defer func() { _ = connection.Close() }()
	for _, key := range name.Providers {
		if _, err := adminv1.NewAdminServiceClient(connection).AddStaff(as(ctx, operator), &adminv1.AddStaffRequest{
			RequestId: uuid.NewString(), Parent: name.Provider(key), AdvisorId: advisor, DisplayName: "Bench", Role: policyv1.Role_ROLE_ADVISOR,
			Languages: []string{"fi"},
		}); err != nil {
			return nil, fmt.Errorf("add an advisor: %w", err)
		}
	}
	return connect(p.gateway, p.providers, sign)
}

// freePorts finds n free ports in a row.
func freePorts(n int) (int, error) {
	for first := 20000; first < 60000; first += n {
		free := true
		for i := range n {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", first+i))
			if err != nil {
				free = false
				break
			}
			_ = l.Close()
		}
		if free {
			return first, nil
		}
	}
	return 0, errors.New("no free ports in a row")
}
