-- +goose Up

-- Times are milliseconds since 1970 UTC, 0 where there is none. JSON is text.
-- BYTEA holds hashes and ciphertexts.

CREATE TABLE encryption_keys (
    id TEXT PRIMARY KEY,          -- key id, derived from the key; it also leads each ciphertext
    check_value BYTEA NOT NULL,   -- a known text encrypted with the key: opening it proves the key
    created BIGINT NOT NULL       -- when the key was first used here
);

CREATE TABLE environments (
    id TEXT PRIMARY KEY,          -- random; stands in addresses
    name TEXT NOT NULL,           -- spec's name, repeated to be unique among those not removed
    spec TEXT NOT NULL,           -- JSON setup.Spec: what the person wants
    owner TEXT NOT NULL,          -- JSON entra.Person who made it
    tenant TEXT NOT NULL,         -- tenant id it is set up in; empty until known
    tenant_name TEXT NOT NULL,    -- the tenant's display name, for people
    state TEXT NOT NULL,          -- draft, applying, connected, attention, removed
    step TEXT NOT NULL,           -- wizard step the person was at
    result TEXT,                  -- JSON setup.Result of the last setup; NULL before it
    handed TEXT,                  -- JSON list of hand-off fields ticked off; NULL for none
    version BIGINT NOT NULL,      -- counts saves; a save names the version it read
    fence BIGINT NOT NULL,        -- number of the newest operation; older ones may write no more
    last_seq BIGINT NOT NULL,     -- last number given to a journal entry
    created BIGINT NOT NULL,      -- when it was made
    updated BIGINT NOT NULL       -- when it was last saved
);

CREATE UNIQUE INDEX environments_name ON environments (name) WHERE state <> 'removed';

CREATE TABLE operations (
    id TEXT PRIMARY KEY,          -- random; stands in addresses and in secret names
    environment TEXT NOT NULL     -- what it works on
        REFERENCES environments (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,           -- setup, remove, secret, trial-uri
    actor TEXT NOT NULL,          -- JSON entra.Person who started it
    state TEXT NOT NULL,          -- running, done, failed, interrupted
    plan TEXT NOT NULL,           -- JSON setup.Plan as it was reviewed
    result TEXT,                  -- JSON setup.Result; NULL until it ended
    error TEXT NOT NULL,          -- why it failed, for people; empty otherwise
    fence BIGINT NOT NULL,        -- its number in the environment, growing
    lease_until BIGINT NOT NULL,  -- until when it counts as alive without saying so again
    started BIGINT NOT NULL,      -- when it began
    ended BIGINT NOT NULL,        -- when it ended; 0 while running or interrupted
    UNIQUE (environment, fence)
);

CREATE UNIQUE INDEX operations_running ON operations (environment) WHERE state = 'running';

CREATE TABLE journal (
    environment TEXT NOT NULL     -- whose tenant the request went to
        REFERENCES environments (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,          -- order within the environment
    operation TEXT NOT NULL       -- which operation intended it
        REFERENCES operations (id) ON DELETE CASCADE,
    step TEXT NOT NULL,           -- setup.StepID
    title TEXT NOT NULL,          -- the step in words
    request TEXT NOT NULL,        -- JSON entra.Request about to be sent; holds no secret
    state TEXT NOT NULL,          -- intended, done, failed, unknown
    created TEXT,                 -- JSON entra.Created without the secret's value; NULL before an answer
    request_id TEXT NOT NULL,     -- Graph's request-id of the answer
    error TEXT NOT NULL,          -- what went wrong, for people
    started BIGINT NOT NULL,      -- when it was intended
    ended BIGINT NOT NULL,        -- when its outcome was recorded
    PRIMARY KEY (environment, seq)
);

CREATE INDEX journal_operation ON journal (operation, seq);

CREATE TABLE secrets (
    id TEXT PRIMARY KEY,          -- random
    environment TEXT NOT NULL     -- what it is a secret of
        REFERENCES environments (id) ON DELETE CASCADE,
    operation TEXT NOT NULL       -- which operation made it
        REFERENCES operations (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,          -- the journal entry that brought it
    key_id TEXT NOT NULL,         -- Microsoft's id of the secret
    hint TEXT NOT NULL,           -- first characters of the value, as Microsoft shows them
    owner_tenant TEXT NOT NULL,   -- tid of the only person who may see it
    owner_id TEXT NOT NULL,       -- oid of the only person who may see it
    owner TEXT NOT NULL,          -- JSON entra.Person, for people
    value BYTEA,                  -- the value, encrypted; NULL once dropped
    expires BIGINT NOT NULL,      -- when Microsoft stops taking it
    created BIGINT NOT NULL,      -- when it was kept
    revealed BIGINT NOT NULL,     -- when it was shown; 0 until then
    drop_at BIGINT NOT NULL,      -- when the value goes at the latest
    UNIQUE (environment, seq)
);

CREATE TABLE sessions (
    id_hash BYTEA PRIMARY KEY,    -- SHA-256 of the session id; the id itself is only in the browser
    data BYTEA,                   -- session values, encrypted; NULL once ended
    idle BIGINT NOT NULL,         -- how long it lives without use, in milliseconds
    idle_at BIGINT NOT NULL,      -- when it ends unless used before
    dead_at BIGINT NOT NULL,      -- when it ends however much it is used
    ended BOOLEAN NOT NULL        -- signed out or replaced: never to be saved again
);

CREATE INDEX sessions_dead_at ON sessions (dead_at);

CREATE TABLE operators (
    tenant TEXT NOT NULL,         -- tid of the person's token
    id TEXT NOT NULL,             -- oid of the person's token
    person TEXT NOT NULL,         -- JSON entra.Person, for people
    tokens BYTEA NOT NULL,        -- their tokens, encrypted
    updated BIGINT NOT NULL,      -- when the tokens were last renewed
    PRIMARY KEY (tenant, id)
);

CREATE TABLE trials (
    id TEXT PRIMARY KEY,          -- random; stands in addresses
    environment TEXT              -- what is tried; NULL for an application of no environment
        REFERENCES environments (id) ON DELETE CASCADE,
    document TEXT NOT NULL,       -- JSON trial.Trial; holds no secret and no token
    temporary_uri TEXT NOT NULL,  -- document's temporaryUri, repeated to find what must be cleaned up
    state_hash BYTEA UNIQUE,      -- SHA-256 of the OAuth state; NULL before there is a flow
    flow BYTEA,                   -- state, nonce and verifier, encrypted; NULL once taken
    flow_tenant TEXT NOT NULL,    -- tenant the flow was begun for; the ciphertext is bound to it
    taken BIGINT NOT NULL,        -- when the answer to the flow came; 0 until then
    started BIGINT NOT NULL       -- when the trial began
);

CREATE INDEX trials_environment ON trials (environment);
