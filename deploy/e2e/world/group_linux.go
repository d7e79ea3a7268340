package world

import (
	"os/exec"
	"syscall"
)

// ownGroup gives the process a group of its own, so that what it starts ends with
// it, and lets the kernel end it when the test itself is killed.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// killGroup ends the process and all that it started, at once.
func killGroup(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
