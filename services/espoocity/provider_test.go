package espoocity_test

import (
	"testing"

	"github.com/businessespoo/hub/services/espoocity"
	"github.com/businessespoo/hub/services/provider/conformance"
)

func TestConformance(t *testing.T) { conformance.Run(t, espoocity.Definition()) }
