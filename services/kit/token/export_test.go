package token

import "crypto/ed25519"

// PrivateForTest is what a thief of the key's file would have.
func (k *Key) PrivateForTest() ed25519.PrivateKey { return k.private }

// RememberedForTest counts the remembered tokens.
func (v *Verifier) RememberedForTest() int { return len(v.young) + len(v.old) }
