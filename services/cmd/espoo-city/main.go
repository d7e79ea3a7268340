// Command espoo-city runs this provider as a process of its own.
package main

import (
	"github.com/businessespoo/hub/services/espoocity"
	"github.com/businessespoo/hub/services/provider"
)

func main() { provider.Main(espoocity.Definition()) }
