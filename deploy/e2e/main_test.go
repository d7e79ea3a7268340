// Package e2e plays the hub from outside: the real binaries, over gRPC and a
// little HTTP, in one process and in nine.
package e2e

import (
	"fmt"
	"os"
	"testing"

	"github.com/businessespoo/hub/deploy/e2e/world"
)

// binaries are built once, when the first test asks for one.
var binaries world.Builder

func TestMain(m *testing.M) {
	code := m.Run()
	if err := binaries.Remove(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
