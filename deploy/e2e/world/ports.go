package world

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// FreePorts answers the first of n ports in a row that nobody listens on. They
// are below those that the system gives to outgoing connections, so none of these
// can take one before its process does.
func FreePorts(n int) (int, error) {
	const lowest, highest = 20000, 32000
	for range 200 {
		first := lowest + rand.IntN(highest-lowest-n)
		if allFree(first, n) {
			return first, nil
		}
	}
	return 0, fmt.Errorf("world: no %d free ports in a row between %d and %d", n, lowest, highest)
}

func allFree(first, n int) bool {
	for port := first; port < first+n; port++ {
		l, err := net.Listen("tcp", address(port))
		if err != nil {
			return false
		}
		_ = l.Close()
	}
	return true
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
