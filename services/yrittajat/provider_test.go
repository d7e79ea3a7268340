package yrittajat_test

import (
	"testing"

	"github.com/businessespoo/hub/services/provider/conformance"
	"github.com/businessespoo/hub/services/yrittajat"
)

func TestConformance(t *testing.T) { conformance.Run(t, yrittajat.Definition()) }
