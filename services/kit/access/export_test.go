package access

// MostKeptForTest is how many rows wait for a log that does not answer.
const MostKeptForTest = mostKept

// EnoughForTest is how many rows do not wait for more.
const EnoughForTest = enough

// WaitingForTest is how many rows are in no message yet.
func WaitingForTest(l *Log) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.queue)
}
