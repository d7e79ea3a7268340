package view

import (
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/projection"
)

// schema is the form of the view's file. Raise the version with every change of
// the SQL or of what is written.
var schema = projection.Schema{
	Version: 7,
	Streams: []string{bus.StreamCases},
	SQL: `
CREATE TABLE cases (
	row        INTEGER PRIMARY KEY,
	id         TEXT    NOT NULL UNIQUE,
	company    TEXT    NOT NULL, -- Business ID, or scheme:value; empty while there is none
	opener     TEXT    NOT NULL, -- who opened it, an opaque id; empty without a name
	linked     INTEGER NOT NULL, -- sequence of the fact that gave it its company later; 0 when it was opened for it, or has none
	code       TEXT    NOT NULL, -- of a case without a name
	status     INTEGER NOT NULL,
	confirm_by TEXT    NOT NULL,
	updated    INTEGER NOT NULL, -- sequence of the last fact in any scope of the case
	secret     INTEGER NOT NULL, -- whether others may not even count it
	state      BLOB    NOT NULL  -- businessespoo.state.v1.CaseState
);
CREATE INDEX cases_company ON cases (company, updated);
CREATE INDEX cases_opener  ON cases (opener, updated) WHERE opener <> '';
CREATE INDEX cases_code    ON cases (code) WHERE code <> '';
CREATE INDEX cases_confirm ON cases (confirm_by) WHERE confirm_by <> '';

CREATE TABLE requests (
	row      INTEGER NOT NULL, -- of the case
	provider TEXT    NOT NULL,
	n        INTEGER NOT NULL,
	status   INTEGER NOT NULL,
	asks     INTEGER NOT NULL, -- what waits for the company's answer
	due      TEXT    NOT NULL, -- while its clock runs; else empty
	told     INTEGER NOT NULL, -- 0 nothing, 1 due soon, 2 overdue
	secret   INTEGER NOT NULL, -- whether others may not even count it
	state    BLOB    NOT NULL, -- businessespoo.state.v1.RequestState
	PRIMARY KEY (row, provider, n)
) WITHOUT ROWID;
CREATE INDEX requests_due ON requests (due) WHERE due <> '' AND told < 2;

CREATE TABLE timeline (
	seq     INTEGER PRIMARY KEY,
	row     INTEGER NOT NULL, -- of the case
	subject TEXT    NOT NULL,
	body    BLOB    NOT NULL  -- businessespoo.events.v1.Fact
);
CREATE INDEX timeline_row ON timeline (row, seq);

CREATE TABLE shares (
	provider TEXT    NOT NULL,
	row      INTEGER NOT NULL, -- of a case that a consent or a law opens to the provider
	valid_to TEXT    NOT NULL, -- the last local date of it; empty without an end
	PRIMARY KEY (provider, row, valid_to)
) WITHOUT ROWID;
CREATE INDEX shares_row ON shares (row);

-- The rowid of a text is 32 times the sequence of its fact, and its class.
CREATE VIRTUAL TABLE texts USING fts5 (body, row UNINDEXED, class UNINDEXED, tokenize = "unicode61 remove_diacritics 2");
INSERT INTO texts (texts, rank) VALUES ('secure-delete', 1);

-- Cases that were erased, and that some fact was redacted of: until the file is
-- written anew something may be left of them on disk.
CREATE TABLE erased (
	id    TEXT    PRIMARY KEY,
	gone  INTEGER NOT NULL, -- whether all of it was erased
	dirty INTEGER NOT NULL  -- sequence of the fact behind which the file is to be written anew; 0 when it was
) WITHOUT ROWID;
`,
}
