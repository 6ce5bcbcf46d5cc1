-- +goose Up

-- Which cloud everything in this database is of: what was tried in a sandbox
-- must not pass for a real tenant's, nor a session for a session there.
CREATE TABLE bound_cloud (
    one INTEGER PRIMARY KEY CHECK (one = 1), -- there is at most one
    name TEXT NOT NULL                       -- public, sandbox, or the sign-in address of another
);
