-- +goose Up

-- The second line behind the conditions of the queries: rows of a tenant that
-- the connection was not opened to are not there, whatever is asked. The
-- program says on each connection for whom it asks: a tenant id, or nothing
-- for its own work and for tools such as pg_dump. Superusers are held by none
-- of this, so that the program's role should be none.

-- +goose StatementBegin
CREATE FUNCTION seen_from_here(home TEXT) RETURNS BOOLEAN LANGUAGE sql STABLE AS $$
    SELECT COALESCE(CURRENT_SETTING('consentry.tenant', TRUE), '') IN ('', home)
$$;
-- +goose StatementEnd

CREATE POLICY by_home ON environments USING (seen_from_here(home));
CREATE POLICY by_home ON runs USING (seen_from_here(home));
CREATE POLICY by_home ON trials USING (seen_from_here(home));
CREATE POLICY read_by_home ON audit FOR SELECT USING (seen_from_here(home));
CREATE POLICY written_for_all ON audit FOR INSERT WITH CHECK (TRUE);

-- These belong to an environment, which the first of the policies shows or
-- not. It is looked up by its id for each row: as a condition of the query it
-- would be one more list of all environments for the planner to read. The
-- path is kept for tools that search none, such as pg_dump.
-- +goose StatementBegin
CREATE FUNCTION environment_seen_from_here(environment TEXT) RETURNS BOOLEAN LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT EXISTS (SELECT 1 FROM environments e WHERE e.id = environment)
$$;
-- +goose StatementEnd

CREATE POLICY by_environment ON operations USING (seen_from_here('') OR environment_seen_from_here(environment));
CREATE POLICY by_environment ON journal USING (seen_from_here('') OR environment_seen_from_here(environment));
CREATE POLICY by_environment ON secrets USING (seen_from_here('') OR environment_seen_from_here(environment));
CREATE POLICY by_environment ON contacts USING (seen_from_here('') OR environment_seen_from_here(environment));
CREATE POLICY by_environment ON credentials USING (seen_from_here('') OR environment_seen_from_here(environment));
CREATE POLICY by_environment ON reminders USING (seen_from_here('') OR environment_seen_from_here(environment));

-- The program's role owns the tables; FORCE holds the owner as well.
-- +goose StatementBegin
DO $$
DECLARE held TEXT;
BEGIN
    FOREACH held IN ARRAY ARRAY['environments', 'runs', 'trials', 'audit', 'operations', 'journal', 'secrets', 'contacts', 'credentials', 'reminders'] LOOP
        EXECUTE FORMAT('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', held);
        EXECUTE FORMAT('ALTER TABLE %I FORCE ROW LEVEL SECURITY', held);
    END LOOP;
END;
$$;
-- +goose StatementEnd
