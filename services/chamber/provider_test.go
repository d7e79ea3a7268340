package chamber_test

import (
	"testing"

	"github.com/businessespoo/hub/services/chamber"
	"github.com/businessespoo/hub/services/provider/conformance"
)

func TestConformance(t *testing.T) { conformance.Run(t, chamber.Definition()) }
