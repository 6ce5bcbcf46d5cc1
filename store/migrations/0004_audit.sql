-- +goose Up

-- What was done with the console, attempted and refused. Rows are only ever
-- added: the next migration refuses the rest, and makes the head. Each hash covers its row and the
-- hash before it; audit_chain.go says which bytes.
CREATE TABLE audit (
    seq BIGINT PRIMARY KEY,       -- 1, 2, 3 and so on, without a gap
    at BIGINT NOT NULL,           -- when
    actor_tenant TEXT NOT NULL,   -- tid of the person; empty for the program's own work
    actor_id TEXT NOT NULL,       -- oid of the person; empty for the program's own work
    actor TEXT NOT NULL,          -- their name, for people; "system" for the program's own work
    session TEXT NOT NULL,        -- beginning of the session id's hash; empty without one
    role TEXT NOT NULL,           -- what they were allowed; "system" for the program's own work
    action TEXT NOT NULL,         -- one of a list, such as secret-revealed
    object TEXT NOT NULL,         -- kind/id of what it was done to
    tenant TEXT NOT NULL,         -- tenant it was done in; empty for none
    home TEXT NOT NULL,           -- tenant whose administrators may read the row
    result TEXT NOT NULL,         -- intent, done, failed, denied, unknown
    request_id TEXT NOT NULL,     -- of the request to the console; empty without one
    ip TEXT NOT NULL,             -- address the request came from; empty without one
    detail TEXT NOT NULL,         -- JSON object of texts, sorted by name; names are from a list
    prev BYTEA NOT NULL,          -- hash of the row before; 32 zero bytes in the first
    hash BYTEA NOT NULL           -- SHA-256
);

CREATE INDEX audit_home ON audit (home, seq);
CREATE UNIQUE INDEX audit_hash ON audit (hash);

-- The newest row. Writing the next one locks it, so that rows are chained one
-- after the other however many write.
CREATE TABLE audit_head (
    one INTEGER PRIMARY KEY CHECK (one = 1), -- there is one row only
    seq BIGINT NOT NULL,          -- 0 before there is a row
    hash BYTEA NOT NULL           -- 32 zero bytes before there is a row
);
