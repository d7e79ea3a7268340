package world

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// given are the ports that this test run has asked for: another test may have one
// and not listen on it yet.
var given = struct {
	sync.Mutex
	ports map[int]bool
}{ports: map[int]bool{}}

// FreePorts answers the first of n ports in a row that nobody listens on. They
// are below those that the system gives to outgoing connections, so none of these
// can take one before its process does.
func FreePorts(n int) (int, error) {
	const lowest, highest = 20000, 32000
	given.Lock()
	defer given.Unlock()
	for range 200 {
		first := lowest + rand.IntN(highest-lowest-n)
		if allFree(first, n) {
			for port := first; port < first+n; port++ {
				given.ports[port] = true
			}
			return first, nil
		}
	}
	return 0, fmt.Errorf("world: no %d free ports in a row between %d and %d", n, lowest, highest)
}

func allFree(first, n int) bool {
	for port := first; port < first+n; port++ {
		if given.ports[port] {
			return false
		}
		l, err := net.Listen("tcp", address(port))
		if err != nil {
			return false
		}
		_ = l.Close()
	}
	return true
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
