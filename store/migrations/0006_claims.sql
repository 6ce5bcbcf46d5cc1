-- +goose Up

-- The operations of before were all held by a process; their lease tells
-- whether it lives.
ALTER TABLE operations ADD COLUMN holder TEXT NOT NULL DEFAULT 'before'; -- the process at work on it; empty while it waits for one

-- What a process is at work on apart from operations: tests being redeemed and
-- runs of the checks. It says so again and again, so that others can tell what
-- is under way from what was cut off.
CREATE TABLE holds (
    id TEXT PRIMARY KEY,          -- of the test or the run
    holder TEXT NOT NULL,         -- the process that is at work on it
    until BIGINT NOT NULL         -- until when it counts as alive without saying so again
);
