-- +goose Up

-- A row belongs to its home, the tenant whose people may find it. Until now
-- that was its owner's. The owner is JSON that begins with the tenant, and a
-- tenant id has 36 characters; without a readable one nobody finds the row but
-- a console that one person has to themselves.
ALTER TABLE environments ADD COLUMN home TEXT NOT NULL DEFAULT ''; -- tenant id whose people find it
UPDATE environments SET home = SUBSTR(owner, 12, 36) WHERE owner LIKE '{"tenant":"____________________________________","%';

-- What was made for an environment is at home where that is.
ALTER TABLE runs ADD COLUMN home TEXT NOT NULL DEFAULT ''; -- tenant id whose people find it
UPDATE runs SET home = COALESCE((SELECT e.home FROM environments e WHERE e.id = runs.environment), tenant);

ALTER TABLE trials ADD COLUMN home TEXT NOT NULL DEFAULT ''; -- tenant id whose people find it
UPDATE trials SET home = COALESCE((SELECT e.home FROM environments e WHERE e.id = trials.environment), '');

-- Names are unique where they can be seen, so that a refused name tells
-- nothing about another tenant.
DROP INDEX environments_name;
CREATE UNIQUE INDEX environments_home_name ON environments (home, name) WHERE state <> 'removed';

-- One index for each list, of one tenant and of all. Rows of no environment
-- have their own: to PostgreSQL no two NULLs are equal.
CREATE INDEX environments_list ON environments (name, id);
CREATE INDEX environments_home_list ON environments (home, name, id);
DROP INDEX runs_environment;
CREATE INDEX runs_list ON runs (environment, started, id);
CREATE INDEX runs_alone ON runs (started, id) WHERE environment IS NULL;
CREATE INDEX runs_home_alone ON runs (home, started, id) WHERE environment IS NULL;
DROP INDEX trials_environment;
CREATE INDEX trials_list ON trials (environment, started, id);
CREATE INDEX trials_alone ON trials (started, id) WHERE environment IS NULL;
CREATE INDEX trials_home_alone ON trials (home, started, id) WHERE environment IS NULL;
