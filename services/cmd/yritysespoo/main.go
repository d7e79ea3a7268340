// Command yritysespoo runs this provider as a process of its own.
package main

import (
	"github.com/businessespoo/hub/services/provider"
	"github.com/businessespoo/hub/services/yritysespoo"
)

func main() { provider.Main(yritysespoo.Definition()) }
