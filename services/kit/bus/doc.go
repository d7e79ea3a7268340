// Package bus moves messages between the rooms of the hub: it appends facts to
// the log, follows the log in order, hands work to handlers, and keeps what
// could not be handled. The log is NATS JetStream, and this package is the only
// one that imports its client. What a message means is not known here.
//
// Four promises hold for every method:
//
//   - An append or publish that returned without error survives a power cut.
//   - No reader sees an event above the durable watermark, so nobody acts on
//     what a power cut could still take back.
//   - A follower gets events in the order of the log and never skips one. It may
//     get an event again after its handler failed.
//   - A party can do what the table in rights.go says, and nothing else.
package bus
