package enterespoo_test

import (
	"testing"

	"github.com/businessespoo/hub/services/enterespoo"
	"github.com/businessespoo/hub/services/provider/conformance"
)

func TestConformance(t *testing.T) { conformance.Run(t, enterespoo.Definition()) }
