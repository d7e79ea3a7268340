package main

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// meter tells who used the processors since it was made.
type meter struct {
	process          *process
	began            time.Time
	hub, load, whole time.Duration
}

// usage is the share of all processors that each used: the hub, the load of this process,
// and whatever else runs on the machine.
type usage struct {
	hub, load, others float64
	took              time.Duration
}

func (p *process) meter() (m *meter, err error) {
	m = &meter{process: p, began: time.Now()}
	m.hub, m.load, m.whole, err = p.times()
	return m, err
}

func (m *meter) read() (usage, error) {
	hub, load, whole, err := m.process.times()
	took := time.Since(m.began)
	all := float64(took) * float64(runtime.NumCPU())
	u := usage{hub: float64(hub-m.hub) / all, load: float64(load-m.load) / all, took: took}
	u.others = max(0, float64(whole-m.whole)/all-u.hub-u.load)
	return u, err
}

// times are the processor times of the hub, of this process, and of all.
func (p *process) times() (hub, load, whole time.Duration, err error) {
	if hub, err = p.cpu(); err != nil {
		return 0, 0, 0, err
	}
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return 0, 0, 0, err
	}
	whole, err = machine()
	return hub, time.Duration(own.Utime.Nano() + own.Stime.Nano()), whole, err
}

// machine is the time that the processors were not idle, for us or, on a virtual machine,
// for others on the same hardware.
func machine() (time.Duration, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	// cpu user nice system idle iowait irq softirq steal guest guest_nice
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, errors.New("the system tells no processor time in /proc/stat")
	}
	var ticks int64
	for i, field := range fields[1:9] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		if idle := i == 3 || i == 4; !idle {
			ticks += n
		}
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond, nil
}
