-- +goose Up

CREATE TABLE runs (
    id TEXT PRIMARY KEY,          -- random; stands in addresses
    environment TEXT              -- what was checked; NULL for an app of no environment
        REFERENCES environments (id) ON DELETE CASCADE,
    trial TEXT NOT NULL,          -- id of the test consent whose token was used; empty without one
    owner TEXT NOT NULL,          -- JSON entra.Person who started it; empty fields when nobody was signed in
    tenant TEXT NOT NULL,         -- tenant id of whoever started it; the ciphertext is bound to it
    state TEXT NOT NULL,          -- running, done
    verdict TEXT NOT NULL,        -- checks.Verdict; empty until it ended
    sentence TEXT NOT NULL,       -- the verdict in a sentence; empty until it ended
    document BYTEA NOT NULL,      -- JSON of facts, results and fix, encrypted: they describe a tenant and its people
    started BIGINT NOT NULL,      -- when it began
    ended BIGINT NOT NULL,        -- when it ended; 0 while running
    drop_at BIGINT NOT NULL       -- when it is deleted
);

CREATE INDEX runs_environment ON runs (environment, started);
CREATE INDEX runs_trial ON runs (trial);
CREATE INDEX runs_drop_at ON runs (drop_at);
