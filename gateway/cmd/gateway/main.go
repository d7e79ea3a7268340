// Command gateway runs the gateway as a process of its own.
package main

import "github.com/businessespoo/hub/gateway"

func main() { gateway.Main() }
