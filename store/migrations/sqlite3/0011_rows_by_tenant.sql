-- +goose Up

-- SQLite has no row-level security; the version is counted all the same, so
-- that a backup of either database fits the other.
SELECT 1;
