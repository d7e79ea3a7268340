package catalogue

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// version returns the hash of the content. The canonical form is JSON with the
// fields in the order of the types, which has no maps; a comment or another
// order of keys in the file does not change it.
func version(p *Provider) (string, error) {
	content, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8]), nil
}
