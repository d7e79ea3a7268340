package omnia_test

import (
	"testing"

	"github.com/businessespoo/hub/services/omnia"
	"github.com/businessespoo/hub/services/provider/conformance"
)

func TestConformance(t *testing.T) { conformance.Run(t, omnia.Definition()) }
