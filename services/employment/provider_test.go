package employment_test

import (
	"testing"

	"github.com/businessespoo/hub/services/employment"
	"github.com/businessespoo/hub/services/provider/conformance"
)

func TestConformance(t *testing.T) { conformance.Run(t, employment.Definition()) }
