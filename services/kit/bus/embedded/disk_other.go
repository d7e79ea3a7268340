//go:build !linux

package embedded

import "os"

func dataSync(file *os.File) error { return file.Sync() }

func groupCommitUnfit(string) string { return "the group commit is tried on Linux only" }

// lockDir does nothing here: the server's own files tell of a second process
// only by damage, so an operator must not start one.
func lockDir(string) (*os.File, error) { return nil, nil }
