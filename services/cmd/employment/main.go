// Command employment runs this provider as a process of its own.
package main

import (
	"github.com/businessespoo/hub/services/employment"
	"github.com/businessespoo/hub/services/provider"
)

func main() { provider.Main(employment.Definition()) }
