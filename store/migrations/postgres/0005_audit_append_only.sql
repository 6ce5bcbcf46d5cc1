-- +goose Up

INSERT INTO audit_head (one, seq, hash) VALUES (1, 0, DECODE(REPEAT('00', 32), 'hex'));

-- +goose StatementBegin
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of the audit log are never changed or deleted';
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

-- A second bar: not even the owner's right to is left, so that it takes a
-- GRANT, which the database's own log shows, before a trigger is in the way.
REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM CURRENT_USER;
