package yrittajat_test

import (
	"testing"

	"github.com/businessespoo/hub/services/yrittajat"
	"github.com/businessespoo/hub/services/provider/conformance"
)

func TestConformance(t *testing.T) { conformance.Run(t, yrittajat.Definition()) }
