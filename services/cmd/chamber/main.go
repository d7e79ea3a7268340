// Command chamber runs this provider as a process of its own.
package main

import (
	"github.com/businessespoo/hub/services/chamber"
	"github.com/businessespoo/hub/services/provider"
)

func main() { provider.Main(chamber.Definition()) }
