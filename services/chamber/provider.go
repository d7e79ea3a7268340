package chamber

import (
	_ "embed" // the catalogue

	"github.com/businessespoo/hub/services/provider"
)

//go:embed catalogue.yaml
var catalogueFile []byte

//go:embed words.yaml
var wordsFile []byte

// Definition is this provider as a value.
func Definition() provider.Definition {
	return provider.Definition{Key: "chamber", Catalogue: catalogueFile, Words: wordsFile, Register: register}
}
