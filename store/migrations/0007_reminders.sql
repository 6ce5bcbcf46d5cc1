-- +goose Up

-- Whom to tell besides an environment's owner.
CREATE TABLE contacts (
    environment TEXT NOT NULL     -- whose contact
        REFERENCES environments (id) ON DELETE CASCADE,
    address TEXT NOT NULL,        -- mail address
    PRIMARY KEY (environment, address)
);

-- How far a credential got with those who use it. Which ones there are, only
-- the directory knows.
CREATE TABLE credentials (
    environment TEXT NOT NULL     -- whose credential
        REFERENCES environments (id) ON DELETE CASCADE,
    key_id TEXT NOT NULL,         -- Microsoft's id of it
    handed BIGINT NOT NULL,       -- when it was said to be entered where it is used; 0 until then
    handed_by TEXT,               -- JSON entra.Person who said so; NULL until then
    proof TEXT,                   -- JSON trial.Proof that it works; NULL before the first; holds no credential and no token
    PRIMARY KEY (environment, key_id)
);

-- One row for each reminder and each way it takes, written before it is sent.
CREATE TABLE reminders (
    environment TEXT NOT NULL     -- whose credential ends
        REFERENCES environments (id) ON DELETE CASCADE,
    key_id TEXT NOT NULL,         -- Microsoft's id of the credential
    days BIGINT NOT NULL,         -- how many days before its end: 90, 30, 7, 1
    channel TEXT NOT NULL,        -- webhook, or mail: and an address
    state TEXT NOT NULL,          -- sending, sent, failed (certainly not delivered), unknown
    attempts BIGINT NOT NULL,     -- how often it was sent or tried
    started BIGINT NOT NULL,      -- when the last attempt began
    ended BIGINT NOT NULL,        -- when its outcome was recorded; 0 until then
    error TEXT NOT NULL,          -- why the last attempt failed, for people
    PRIMARY KEY (environment, key_id, days, channel)
);
