// Command omnia runs this provider as a process of its own.
package main

import (
	"github.com/businessespoo/hub/services/omnia"
	"github.com/businessespoo/hub/services/provider"
)

func main() { provider.Main(omnia.Definition()) }
