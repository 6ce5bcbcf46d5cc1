package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/checks"
	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
)

// adminCaller is alice at her browser.
var adminCaller = Caller{Person: alice, Role: "admin", Tenant: alice.Tenant, Session: "0123456789ab", IP: "192.0.2.7", RequestID: "req-1"}

// log is what the audit log has, oldest first.
func (b *bench) log(t *testing.T) []AuditRow {
	t.Helper()
	var out []AuditRow
	for r, err := range b.AuditLog(t.Context(), AuditFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// said is the log in short, from a row on.
func (b *bench) said(t *testing.T, from int) []string {
	t.Helper()
	var out []string
	for _, r := range b.log(t)[from:] {
		out = append(out, r.Action+" "+r.Result)
	}
	return out
}

// tamper lets the test change the log behind everybody's back.
func (b *bench) tamper(t *testing.T) {
	t.Helper()
	statements := []string{"DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"}
	if _, sqlite := b.Database(); !sqlite {
		statements = []string{"DROP TRIGGER audit_no_update ON audit", "DROP TRIGGER audit_no_delete ON audit",
			"GRANT UPDATE, DELETE ON audit TO CURRENT_USER", "ALTER TABLE audit DISABLE ROW LEVEL SECURITY"}
	}
	for _, statement := range statements {
		if _, err := b.write.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// refuseAudit makes the log unwritable, as a full disk would.
func (b *bench) refuseAudit(t *testing.T) {
	t.Helper()
	statements := []string{`CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END`}
	if _, sqlite := b.Database(); !sqlite {
		statements = []string{`CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END; $$`,
			`CREATE TRIGGER refuse_all BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION no()`}
	} else {
		statements[0] = strings.Replace(statements[0], " full ", " refuse_all ", 1)
	}
	for _, statement := range statements {
		if _, err := b.write.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *bench) events(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		if err := b.Audit(t.Context(), AuditEvent{Action: "sign-in", Result: AuditDone, Object: fmt.Sprintf("session/%d", i+1)}); err != nil {
			t.Fatal(err)
		}
	}
}

func wantFault(t *testing.T, err error, seq int64, reason string) {
	t.Helper()
	var fault *AuditFault
	if !errors.As(err, &fault) || fault.Seq != seq || !strings.Contains(fault.Reason, reason) {
		t.Errorf("got %v; want row %d that %s", err, seq, reason)
	}
}

var auditTests = map[string]func(*testing.T, *bench){
	"a row says who did what to which object, when and from where": func(t *testing.T, b *bench) {
		ctx := As(t.Context(), adminCaller)
		err := b.Audit(ctx, AuditEvent{Action: "sign-in", Result: AuditDone, Object: "session/0123456789ab", Tenant: bob.Tenant, Detail: map[string]string{"way": "browser", "roles": "admin", "reason": ""}})
		if err != nil {
			t.Fatal(err)
		}
		got := b.log(t)[0]
		if len(got.Hash) != 32 || !bytes.Equal(got.Prev, make([]byte, 32)) {
			t.Errorf("hash %x after %x", got.Hash, got.Prev)
		}
		got.Hash, got.Prev = nil, nil
		want := AuditRow{Seq: 1, At: b.clock.Now(), ActorTenant: alice.Tenant, ActorID: alice.ID, Actor: "alice@contoso.com", Session: "0123456789ab", Role: "admin",
			Action: "sign-in", Object: "session/0123456789ab", Tenant: bob.Tenant, Home: alice.Tenant, Result: "done", RequestID: "req-1", IP: "192.0.2.7", Detail: `{"roles":"admin","way":"browser"}`}
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	},
	"the program's own work is done by system": func(t *testing.T, b *bench) {
		b.events(t, 1)
		if r := b.log(t)[0]; r.Actor != "system" || r.Role != "system" || r.ActorID != "" || r.Session != "" {
			t.Errorf("got %+v", r)
		}
	},
	"a visitor without a sign-in is not the system": func(t *testing.T, b *bench) {
		ctx := As(t.Context(), Caller{Role: "anyone", IP: "192.0.2.9"})
		if err := b.Audit(ctx, AuditEvent{Action: "sign-in-denied", Result: AuditDenied, Tenant: mallory.Tenant}); err != nil {
			t.Fatal(err)
		}
		if r := b.log(t)[0]; r.Actor == "system" || r.Role != "anyone" || r.Home != mallory.Tenant {
			t.Errorf("got %+v", r)
		}
	},
	"what somebody else wrote is bounded and on one line": func(t *testing.T, b *bench) {
		long := strings.Repeat("x\n\x00", 5000)
		ctx := As(t.Context(), Caller{Person: entra.Person{ID: entra.ObjectID(long), Tenant: entra.TenantID(long), UPN: long}, Role: long, Session: long, IP: long, RequestID: long, Tenant: entra.TenantID(long)})
		if err := b.Audit(ctx, AuditEvent{Action: "sign-in", Result: AuditDone, Object: long, Tenant: entra.TenantID(long), Detail: map[string]string{"reason": long, "name": long}}); err != nil {
			t.Fatal(err)
		}
		if err := b.Audit(ctx, AuditEvent{Action: "sign-in", Result: AuditDone, Object: "evil\xff\u202e"}); err != nil {
			t.Fatal(err)
		}
		for _, part := range b.log(t)[0].hashed()[1:] {
			if len(part) > 3*entra.ForeignTextLimit || strings.ContainsAny(part, "\n\x00") {
				t.Errorf("%d bytes: %.60q", len(part), part)
			}
		}
		if _, err := b.VerifyAudit(t.Context()); err != nil {
			t.Error(err)
		}
	},
	"an unknown action, result or detail is refused": func(t *testing.T, b *bench) {
		for _, e := range []AuditEvent{
			{Action: "signed", Result: AuditDone}, {Action: "sign-in", Result: "ok"}, {Action: "sign-in"},
			{Action: "sign-in", Result: AuditDone, Detail: map[string]string{"token": "eyJ"}},
		} {
			if err := b.Audit(t.Context(), e); !errors.Is(err, ErrUnaudited) {
				t.Errorf("%+v: %v", e, err)
			}
		}
		if n := len(b.log(t)); n != 0 {
			t.Errorf("%d rows", n)
		}
	},
	"no row is changed, deleted or replaced": func(t *testing.T, b *bench) {
		b.events(t, 3)
		statements := []string{`UPDATE audit SET actor = 'nobody' WHERE seq = 2`, `DELETE FROM audit WHERE seq = 2`, `DELETE FROM audit`}
		if _, sqlite := b.Database(); sqlite {
			statements = append(statements, `INSERT OR REPLACE INTO audit SELECT 2, at, '', '', 'nobody', session, role, action, object, tenant, home, result, request_id, ip, detail, prev, hash FROM audit WHERE seq = 2`)
		} else {
			statements = append(statements, `TRUNCATE audit`)
		}
		for _, q := range statements {
			if _, err := b.write.ExecContext(t.Context(), q); err == nil {
				t.Errorf("%s went through", q)
			}
		}
		if sum, err := b.VerifyAudit(t.Context()); err != nil || sum.Rows != 3 {
			t.Errorf("%+v, %v", sum, err)
		}
	},
	"rows written side by side make one chain": func(t *testing.T, b *bench) {
		e := b.environment(t, "one")
		errs := together(40, func(i int) error {
			if i%4 == 0 {
				o, err := b.StartOperation(t.Context(), e.ID, SetupOperation, alice, setup.Plan{})
				if errors.Is(err, ErrBusy) {
					return nil
				}
				o.State = OperationDone
				return errors.Join(err, b.FinishOperation(t.Context(), o))
			}
			return b.Audit(t.Context(), AuditEvent{Action: "sign-out", Result: AuditDone})
		})
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if sum, err := b.VerifyAudit(t.Context()); err != nil || sum.Rows < 32 {
			t.Errorf("%+v, %v", sum, err)
		}
	},
	"a log longer than one batch is read to its end": func(t *testing.T, b *bench) {
		b.events(t, auditBatch+1)
		if sum, err := b.VerifyAudit(t.Context()); err != nil || sum.Rows != auditBatch+1 || len(b.log(t)) != auditBatch+1 {
			t.Errorf("%+v, %v", sum, err)
		}
	},
	"pages are newest first and follow each other": func(t *testing.T, b *bench) {
		b.events(t, 5)
		var seen []int64
		for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
			rows, next, err := b.AuditPage(t.Context(), AuditFilter{}, cursor, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				seen = append(seen, r.Seq)
			}
			cursor = next
		}
		if !slices.Equal(seen, []int64{5, 4, 3, 2, 1}) {
			t.Errorf("got %v", seen)
		}
	},
	"a cursor that was not given to this caller is refused": func(t *testing.T, b *bench) {
		b.events(t, 3)
		_, next, err := b.AuditPage(t.Context(), AuditFilter{}, "", 1)
		if err != nil || next == "" {
			t.Fatal(next, err)
		}
		hers := As(t.Context(), Caller{Tenant: alice.Tenant})
		for name, c := range map[string]struct {
			ctx    context.Context
			cursor string
		}{"another's": {hers, next}, "edited": {t.Context(), "x" + next}, "of another list": {t.Context(), b.Sign("place in x", "eA")}, "made up": {t.Context(), "1"}} {
			if _, _, err := b.AuditPage(c.ctx, AuditFilter{}, c.cursor, 1); !errors.Is(err, ErrCursor) {
				t.Errorf("%s: %v", name, err)
			}
		}
	},
	"a filter picks by action, actor and time": func(t *testing.T, b *bench) {
		start := b.clock.Now()
		for i, who := range []entra.Person{alice, bob, alice} {
			ctx := As(t.Context(), Caller{Person: who, Tenant: who.Tenant})
			if err := b.Audit(ctx, AuditEvent{Action: []string{"sign-in", "sign-in", "sign-out"}[i], Result: AuditDone}); err != nil {
				t.Fatal(err)
			}
			b.clock.pass(time.Hour)
		}
		for name, c := range map[string]struct {
			f    AuditFilter
			want []int64
		}{
			"all":               {AuditFilter{}, []int64{3, 2, 1}},
			"action":            {AuditFilter{Action: "sign-in"}, []int64{2, 1}},
			"part of a name":    {AuditFilter{Actor: "ALICE"}, []int64{3, 1}},
			"object ID":         {AuditFilter{Actor: string(bob.ID)}, []int64{2}},
			"no wildcard":       {AuditFilter{Actor: "%"}, nil},
			"from":              {AuditFilter{From: start.Add(time.Hour)}, []int64{3, 2}},
			"to":                {AuditFilter{To: start.Add(time.Hour)}, []int64{1}},
			"all of it at once": {AuditFilter{Action: "sign-out", Actor: "alice", From: start, To: start.Add(24 * time.Hour)}, []int64{3}},
		} {
			rows, _, err := b.AuditPage(t.Context(), c.f, "", 10)
			var got []int64
			for _, r := range rows {
				got = append(got, r.Seq)
			}
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, %v; want %v", name, got, err, c.want)
			}
		}
	},
	"a tenant's people read their own rows alone": func(t *testing.T, b *bench) {
		for _, who := range []entra.Person{alice, mallory, {}} {
			ctx := As(t.Context(), Caller{Person: who, Tenant: who.Tenant})
			if err := b.Audit(ctx, AuditEvent{Action: "sign-in", Result: AuditDone}); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			caller Caller
			want   int
		}{{Caller{Tenant: alice.Tenant}, 1}, {Caller{Tenant: mallory.Tenant}, 1}, {Caller{}, 0}, {Caller{Everything: true}, 3}} {
			ctx := As(t.Context(), c.caller)
			rows, _, err := b.AuditPage(ctx, AuditFilter{}, "", 10)
			n := 0
			for range b.AuditLog(ctx, AuditFilter{}) {
				n++
			}
			if err != nil || len(rows) != c.want || n != c.want {
				t.Errorf("%+v: %d rows on the page, %d in the log, %v; want %d", c.caller, len(rows), n, err, c.want)
			}
		}
	},
	"what is done to kept things is logged with them": func(t *testing.T, b *bench) {
		ctx := As(t.Context(), adminCaller)
		k := b.secret(t, "shop", "value-one")
		from := len(b.log(t))
		_, _ = b.RevealSecret(ctx, k.ID, bob)
		for _, err := range []error{
			second(b.UseSecret(ctx, k.ID, alice)), second(b.RevealSecret(ctx, k.ID, alice)),
			b.DropSecret(ctx, k.ID), b.DropSecret(ctx, k.ID),
			second(b.StartRun(ctx, Run{Owner: alice, RunDocument: RunDocument{Facts: checks.Facts{}}})),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		_, _ = b.RevealSecret(ctx, k.ID, alice)
		want := []string{"secret-revealed denied", "secret-used done", "secret-revealed done", "secret-dropped done", "run-started done", "secret-revealed denied"}
		if got := b.said(t, from); !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
		row := b.log(t)[from+2]
		if row.Object != "secret/"+k.ID || row.Tenant != alice.Tenant || row.Actor != alice.UPN || row.IP != adminCaller.IP ||
			!strings.Contains(row.Detail, `"environment":"shop"`) || !strings.Contains(row.Detail, `"key-id":"key-of-shop"`) {
			t.Errorf("got %+v", row)
		}
	},
	"secrets swept away are logged as the system's work": func(t *testing.T, b *bench) {
		b.secret(t, "one", "value-one")
		b.secret(t, "two", "value-two")
		from := len(b.log(t))
		b.clock.pass(SecretLifetime)
		if n, err := b.SweepSecrets(t.Context()); n != 2 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		if got := b.said(t, from); !slices.Equal(got, []string{"secret-dropped done", "secret-dropped done"}) {
			t.Errorf("got %q", got)
		}
		if r := b.log(t)[from]; r.Actor != "system" || r.Home != alice.Tenant {
			t.Errorf("got %+v", r)
		}
	},
	"an operation has a row before and one after": func(t *testing.T, b *bench) {
		o := b.operation(t, b.environment(t, "shop").ID)
		o.State, o.Error = OperationFailed, "it did not work"
		if err := b.FinishOperation(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if got := b.said(t, 0); !slices.Equal(got, []string{"operation-started intent", "operation-ended failed"}) {
			t.Errorf("got %q", got)
		}
		if r := b.log(t)[0]; r.Actor != alice.UPN || r.Object != "environment/"+o.Environment || r.Detail != `{"environment":"shop","kind":"setup","operation":"`+o.ID+`"}` || r.Home != alice.Tenant {
			t.Errorf("got %+v", r)
		}
	},
	"an operation that was cut off has a row that says so": func(t *testing.T, b *bench) {
		one := b.operation(t, b.environment(t, "one").ID)
		two := b.operation(t, b.environment(t, "two").ID)
		b.clock.pass(Lease)
		b.operation(t, one.Environment)
		if err := b.InterruptOperation(t.Context(), two); err != nil {
			t.Fatal(err)
		}
		if got := b.said(t, 2); !slices.Equal(got, []string{"operation-ended unknown", "operation-started intent", "operation-ended unknown"}) {
			t.Errorf("got %q", got)
		}
	},
	"a fix has a row before it is sent and one after": func(t *testing.T, b *bench) {
		o, err := b.StartOperation(t.Context(), b.environment(t, "shop").ID, FixOperation, alice, setup.Plan{})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Journal(o).Outcome(t.Context(), b.intent(t, o, "fix:x"), setup.Unknown, entra.Created{RequestID: "graph-1"}, errors.New("lost")); err != nil {
			t.Fatal(err)
		}
		if got := b.said(t, 1); !slices.Equal(got, []string{"fix-applied intent", "fix-applied unknown"}) {
			t.Errorf("got %q", got)
		}
		if r := b.log(t)[2]; !strings.Contains(r.Detail, `"path":"/applications"`) || !strings.Contains(r.Detail, `"graph-request-id":"graph-1"`) {
			t.Errorf("got %s", r.Detail)
		}
	},
	"credentials that come and go are logged": func(t *testing.T, b *bench) {
		b.secret(t, "shop", "value-one")
		env, err := b.EnvironmentByName(t.Context(), "shop")
		if err != nil {
			t.Fatal(err)
		}
		ops, err := b.Operations(t.Context(), env.ID)
		if err != nil {
			t.Fatal(err)
		}
		j := b.Journal(ops[0])
		seq, err := j.Intent(t.Context(), setup.Entry{Request: entra.RemoveSecret{App: "app", Key: "the-key"}.Request()})
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Outcome(t.Context(), seq, setup.Done, entra.Created{}, nil); err != nil {
			t.Fatal(err)
		}
		if got := b.said(t, 1); !slices.Equal(got, []string{"credential-added done", "credential-removed done"}) {
			t.Errorf("got %q", got)
		}
		if r := b.log(t)[2]; !strings.Contains(r.Detail, `"key-id":"the-key"`) {
			t.Errorf("got %s", r.Detail)
		}
	},
	"whatever does not open leaves a row, and nothing of it is given": func(t *testing.T, b *bench) {
		k := b.fill(t)
		runs, err := b.newestRuns(t.Context(), "", 1)
		if err != nil || len(runs) != 1 {
			t.Fatal(runs, err)
		}
		for _, p := range places {
			b.exec(t, `UPDATE `+p.table+` SET `+p.column+` = $1`, append(bytes.Clone(b.seal.sealers[0].header), make([]byte, 40)...))
		}
		from := len(b.log(t))
		_, revealed := b.RevealSecret(t.Context(), k.ID, alice)
		_, used := b.UseSecret(t.Context(), k.ID, alice)
		_, loaded := b.LoadSession(t.Context(), hash("session"))
		_, _, signedIn := b.Operator(t.Context(), alice.Tenant, alice.ID)
		_, _, taken := b.TrialByState(t.Context(), "state")
		_, run := b.Run(t.Context(), runs[0].ID)
		for i, err := range []error{revealed, used, loaded, signedIn, taken, run} {
			if !errors.Is(err, ErrUnreadable) {
				t.Errorf("%d: %v", i, err)
			}
		}
		var objects []string
		for _, r := range b.log(t)[from:] {
			kind, _, _ := strings.Cut(r.Object, "/")
			objects = append(objects, r.Action+" of "+kind)
		}
		want := []string{"value-unreadable of secret", "value-unreadable of secret", "value-unreadable of session", "value-unreadable of operator", "value-unreadable of test", "value-unreadable of run"}
		if !slices.Equal(objects, want) {
			t.Errorf("got %q", objects)
		}
	},
	"what cannot be written down is not done": func(t *testing.T, b *bench) {
		k := b.secret(t, "one", "value-one")
		ops, err := b.Operations(t.Context(), k.Environment)
		if err != nil {
			t.Fatal(err)
		}
		idle := b.environment(t, "two")
		fix, err := b.StartOperation(t.Context(), b.environment(t, "three").ID, FixOperation, alice, setup.Plan{})
		if err != nil {
			t.Fatal(err)
		}
		b.refuseAudit(t)
		ended := ops[0]
		ended.State = OperationDone
		for name, err := range map[string]error{
			"start":  second(b.StartOperation(t.Context(), idle.ID, SetupOperation, alice, setup.Plan{})),
			"finish": b.FinishOperation(t.Context(), ended),
			"fix":    second(b.Journal(fix).Intent(t.Context(), setup.Entry{})),
			"reveal": second(b.RevealSecret(t.Context(), k.ID, alice)),
			"use":    second(b.UseSecret(t.Context(), k.ID, alice)),
			"drop":   b.DropSecret(t.Context(), k.ID),
			"run":    second(b.StartRun(t.Context(), Run{Owner: alice})),
			"event":  b.Audit(t.Context(), AuditEvent{Action: "sign-in", Result: AuditDone}),
		} {
			if !errors.Is(err, ErrUnaudited) || !errors.Is(err, ErrUnavailable) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := b.write.ExecContext(t.Context(), map[bool]string{true: `DROP TRIGGER refuse_all`, false: `DROP TRIGGER refuse_all ON audit`}[second2(b.Database())]); err != nil {
			t.Fatal(err)
		}
		if ops, err := b.Operations(t.Context(), idle.ID); err != nil || len(ops) != 0 {
			t.Errorf("started nevertheless: %v, %v", ops, err)
		}
		if entries, err := b.Entries(t.Context(), fix.ID); err != nil || len(entries) != 0 {
			t.Errorf("intended nevertheless: %v, %v", entries, err)
		}
		if v, err := b.RevealSecret(t.Context(), k.ID, alice); err != nil || v.Reveal() != "value-one" {
			t.Errorf("used up nevertheless: %v", err)
		}
		if _, err := b.VerifyAudit(t.Context()); err != nil {
			t.Error(err)
		}
	},
}

func second[T any](_ T, err error) error { return err }

func second2[T any](_ T, ok bool) bool { return ok }

var verifyTests = map[string]func(*testing.T, *bench){
	"an empty log is whole": func(t *testing.T, b *bench) {
		sum, err := b.VerifyAudit(t.Context())
		if head, herr := b.SignedHead(t.Context()); err != nil || sum.Rows != 0 || head != "" || herr != nil {
			t.Errorf("%+v, %v; head %q, %v", sum, err, head, herr)
		}
	},
	"any text of any row that was edited is found": func(t *testing.T, b *bench) {
		b.events(t, 4)
		b.tamper(t)
		for _, column := range strings.Split(strings.TrimSuffix(auditColumns, ", prev, hash"), ", ")[2:] {
			var was string
			if err := b.read.QueryRowContext(t.Context(), `SELECT `+column+` FROM audit WHERE seq = 3`).Scan(&was); err != nil {
				t.Fatal(err)
			}
			b.exec(t, `UPDATE audit SET `+column+` = $1 WHERE seq = 3`, was+"x")
			_, err := b.VerifyAudit(t.Context())
			wantFault(t, err, 3, "was changed")
			b.exec(t, `UPDATE audit SET `+column+` = $1 WHERE seq = 3`, was)
		}
		b.exec(t, `UPDATE audit SET at = at + 1 WHERE seq = 2`)
		_, err := b.VerifyAudit(t.Context())
		wantFault(t, err, 2, "was changed")
		b.exec(t, `UPDATE audit SET at = at - 1 WHERE seq = 2`)
		if _, err := b.VerifyAudit(t.Context()); err != nil {
			t.Errorf("put right again: %v", err)
		}
	},
	"a text moved to the next column is found": func(t *testing.T, b *bench) {
		b.events(t, 2)
		b.tamper(t)
		b.exec(t, `UPDATE audit SET actor = 'syste', session = 'm' WHERE seq = 1`)
		_, err := b.VerifyAudit(t.Context())
		wantFault(t, err, 1, "was changed")
	},
	"a row edited together with its hash is found": func(t *testing.T, b *bench) {
		b.events(t, 4)
		b.tamper(t)
		r := b.log(t)[1]
		r.Actor = "somebody else"
		b.exec(t, `UPDATE audit SET actor = $1, hash = $2 WHERE seq = 2`, r.Actor, r.sum())
		_, err := b.VerifyAudit(t.Context())
		wantFault(t, err, 3, "does not follow")
	},
	"a deleted row is found": func(t *testing.T, b *bench) {
		b.events(t, 4)
		b.tamper(t)
		b.exec(t, `DELETE FROM audit WHERE seq = 2`)
		_, err := b.VerifyAudit(t.Context())
		wantFault(t, err, 2, "is missing")
	},
	"the first row deleted is found": func(t *testing.T, b *bench) {
		b.events(t, 4)
		b.tamper(t)
		b.exec(t, `DELETE FROM audit WHERE seq = 1`)
		_, err := b.VerifyAudit(t.Context())
		wantFault(t, err, 1, "is missing")
	},
	"two rows that changed places are found": func(t *testing.T, b *bench) {
		b.events(t, 4)
		b.tamper(t)
		for _, swap := range [][2]int{{2, -1}, {3, 2}, {-1, 3}} {
			b.exec(t, `UPDATE audit SET seq = $1 WHERE seq = $2`, swap[1], swap[0])
		}
		_, err := b.VerifyAudit(t.Context())
		wantFault(t, err, 2, "does not follow")
	},
	"rows cut off at the end are found": func(t *testing.T, b *bench) {
		b.events(t, 4)
		b.tamper(t)
		b.exec(t, `DELETE FROM audit WHERE seq > 2`)
		_, err := b.VerifyAudit(t.Context())
		wantFault(t, err, 3, "is missing")
	},
	"rows cut off together with the head are found by a signed one": func(t *testing.T, b *bench) {
		b.events(t, 4)
		head, err := b.SignedHead(t.Context())
		if err != nil || len(SignedHeads(`{"msg":"audit head","head":"`+head+`"}`)) != 1 {
			t.Fatalf("%q, %v", head, err)
		}
		if sum, err := b.VerifyAudit(t.Context(), head); err != nil || sum.Heads != 1 {
			t.Fatalf("before: %+v, %v", sum, err)
		}
		b.tamper(t)
		b.exec(t, `DELETE FROM audit WHERE seq > 2`)
		b.exec(t, `UPDATE audit_head SET seq = 2, hash = (SELECT hash FROM audit WHERE seq = 2)`)
		if _, err := b.VerifyAudit(t.Context()); err != nil {
			t.Fatalf("without the signed head: %v", err)
		}
		_, err = b.VerifyAudit(t.Context(), head)
		wantFault(t, err, 3, "is missing")
	},
	"a chain written anew is found by a signed head": func(t *testing.T, b *bench) {
		b.events(t, 4)
		head, err := b.SignedHead(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b.tamper(t)
		rows := b.log(t)
		b.exec(t, `DELETE FROM audit`)
		b.exec(t, `UPDATE audit_head SET seq = 0, hash = $1`, make([]byte, 32))
		for _, r := range rows {
			r.Actor = "somebody else"
			if err := b.rechain(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := b.VerifyAudit(t.Context()); err != nil {
			t.Fatalf("without the signed head: %v", err)
		}
		_, err = b.VerifyAudit(t.Context(), head)
		wantFault(t, err, 4, "is not the one")
	},
	"a head that this console did not sign is refused": func(t *testing.T, b *bench) {
		b.events(t, 1)
		head, err := b.SignedHead(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{strings.Replace(head, "/1/", "/2/", 1), head + "x", "audit-head", b.Sign("other", strings.Split(head, ".")[0])} {
			if _, err := b.VerifyAudit(t.Context(), bad); err == nil || errors.As(err, new(*AuditFault)) {
				t.Errorf("%q: %v", bad, err)
			}
		}
	},
}

func (b *bench) rechain(ctx context.Context, r AuditRow) error {
	tx, err := b.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := chain(ctx, tx, r); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func TestWhatARequestDoesToCredentials(t *testing.T) {
	certificate := entra.Certificate{KeyID: "old"}
	for name, c := range map[string]struct {
		change entra.Change
		want   string
	}{
		"a secret":                  {entra.AddSecret{App: "a"}, "credential-added"},
		"a secret goes":             {entra.RemoveSecret{App: "a", Key: "k"}, "credential-removed"},
		"an app with a secret":      {entra.CreateApplication{Secret: &entra.NewSecret{}}, "credential-added"},
		"an app without":            {entra.CreateApplication{}, ""},
		"a certificate":             {entra.AddCertificate{App: "a", Existing: []entra.Certificate{certificate}, Certificate: entra.NewCertificate{DER: []byte{1}}}, "credential-added"},
		"a certificate goes":        {entra.RemoveCertificate{App: "a", Existing: []entra.Certificate{certificate}, Key: "old"}, "credential-removed"},
		"a federated credential":    {entra.AddFederatedCredential{App: "a"}, "credential-added"},
		"a federated one goes":      {entra.RemoveFederatedCredential{App: "a", Name: "n"}, "credential-removed"},
		"other settings of the app": {entra.UpdateApplication{App: "a"}, ""},
	} {
		if got := credentialAction(c.change.Request(), entra.Created{}); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Not even the owner of the table may change rows any more; a superuser, whom
// nothing keeps from it, still meets the triggers.
func TestOnPostgreSQLTheRightToChangeRowsIsTakenAway(t *testing.T) {
	b := benchAt(t, databases["PostgreSQL"](t, NewKey()))
	var rights string
	err := b.read.QueryRowContext(t.Context(), `SELECT STRING_AGG(a.privilege_type, ' ' ORDER BY a.privilege_type)
		FROM pg_class c, LATERAL ACLEXPLODE(c.relacl) a WHERE c.oid = 'audit'::regclass`).Scan(&rights)
	if err != nil || !strings.Contains(rights, "INSERT") || !strings.Contains(rights, "SELECT") {
		t.Fatalf("%q, %v", rights, err)
	}
	for _, gone := range []string{"UPDATE", "DELETE", "TRUNCATE"} {
		if strings.Contains(rights, gone) {
			t.Errorf("the owner still has %s: %s", gone, rights)
		}
	}
}
