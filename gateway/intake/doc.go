// Package intake turns what a company says it needs into services that may
// help, each with its reason.
//
// It is a small full-text index over the catalogue: the names of services, the
// needs they answer, their descriptions, and above all reviewed words and
// phrases that people say when they need them. A word of the text meets a word
// of the index in one of four ways: as the same stem (the Snowball stemmers for
// Finnish, Swedish and English), as a part of a compound, as a similar word
// (inflection and typing errors, by character n-grams and edit distance), or as
// a member of a phrase all of whose words are said. Every way has its rule name,
// so that an answer can say which of the user's words led to it.
//
// A word that few services use says more than one that many use, as in BM25. A
// text is ranked whole and in parts, so that two needs in one sentence give
// both. Private life ("day care for my child") is a document of its own that
// competes with the services: when it wins, or when no word of business is
// found, there is no suggestion. A suggestion only suggests: the company confirms or
// changes it before anything is sent.
//
// An [Intake] holds no state but its index. It is deterministic, and safe to
// use from several goroutines at once.
package intake
