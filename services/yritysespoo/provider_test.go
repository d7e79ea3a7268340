package yritysespoo_test

import (
	"testing"

	"github.com/businessespoo/hub/services/provider/conformance"
	"github.com/businessespoo/hub/services/yritysespoo"
)

func TestConformance(t *testing.T) { conformance.Run(t, yritysespoo.Definition()) }
