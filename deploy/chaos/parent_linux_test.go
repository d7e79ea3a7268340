package chaos

import (
	"os/exec"
	"syscall"
)

// dieWithParent lets the kernel end the hub when the test itself is killed.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
