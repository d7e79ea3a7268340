// Command enter-espoo runs this provider as a process of its own.
package main

import (
	"github.com/businessespoo/hub/services/enterespoo"
	"github.com/businessespoo/hub/services/provider"
)

func main() { provider.Main(enterespoo.Definition()) }
