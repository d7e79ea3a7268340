// Command espoon-yrittajat runs this provider as a process of its own.
package main

import (
	"github.com/businessespoo/hub/services/provider"
	"github.com/businessespoo/hub/services/yrittajat"
)

func main() { provider.Main(yrittajat.Definition()) }
