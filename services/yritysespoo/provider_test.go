package yritysespoo_test

import (
	"testing"

	"github.com/businessespoo/hub/services/yritysespoo"
	"github.com/businessespoo/hub/services/provider/conformance"
)

func TestConformance(t *testing.T) { conformance.Run(t, yritysespoo.Definition()) }
