package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"github.com/consentry/consentry/entra"
)

// ReminderState is what became of a reminder on one channel.
type ReminderState string

// The states of a reminder.
const (
	ReminderSending ReminderState = "sending" // written down, no outcome yet
	ReminderSent    ReminderState = "sent"
	ReminderFailed  ReminderState = "failed"  // certainly not delivered: it may be tried again
	ReminderUnknown ReminderState = "unknown" // perhaps delivered
)

// A Reminder says that a credential of an environment ends in Days days, on
// one channel. Environment, KeyID, Days and Channel together are its identity.
type Reminder struct {
	Environment string
	KeyID       entra.KeyID
	Days        int    // 90, 30, 7 or 1
	Channel     string // "webhook", or "mail:" and an address
	State       ReminderState
	Attempts    int
	Started     time.Time // of the last attempt
	Ended       time.Time // zero while it goes on
	Error       string    // of the last attempt, for people
}

// ClaimReminder writes down that r is about to be sent. Of all who try at the
// same time one may; the others get ok false, as does whoever comes when it
// was sent, or may have been. An attempt that is older than abandoned without
// an outcome may be made again; zero means never.
func (s *Store) ClaimReminder(ctx context.Context, r Reminder, abandoned time.Duration) (claimed Reminder, ok bool, err error) {
	now, before := s.now(), time.Time{}
	if abandoned > 0 {
		before = now.Add(-abandoned)
	}
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		rows, err := all(ctx, tx, scanReminder, `INSERT INTO reminders AS r
			(environment, key_id, days, channel, state, attempts, started, ended, error) VALUES ($1, $2, $3, $4, 'sending', 1, $5, 0, '')
			ON CONFLICT (environment, key_id, days, channel) DO UPDATE SET state = 'sending', attempts = r.attempts + 1, started = excluded.started, ended = 0, error = ''
			WHERE r.state = 'failed' OR r.state = 'sending' AND r.started < $6
			RETURNING `+reminderColumns, r.Environment, r.KeyID, r.Days, r.Channel, millis(now), millis(before))
		if len(rows) == 1 {
			claimed, ok = rows[0], true
		}
		return err
	})
	if err != nil {
		return Reminder{}, false, fmt.Errorf("store: claim reminder: %w", err)
	}
	return claimed, ok, nil
}

// EndReminder records what became of a claimed reminder. ErrConflict: it was
// claimed again since.
func (s *Store) EndReminder(ctx context.Context, r Reminder, state ReminderState, problem string) error {
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		n, err := touched(ctx, tx, `UPDATE reminders SET state = $1, ended = $2, error = $3
			WHERE environment = $4 AND key_id = $5 AND days = $6 AND channel = $7 AND attempts = $8 AND state = 'sending'`,
			state, millis(s.now()), problem, r.Environment, r.KeyID, r.Days, r.Channel, r.Attempts)
		if err == nil && n == 0 {
			return ErrConflict
		}
		if err != nil {
			return err
		}
		return s.auditReminder(ctx, tx, r, state)
	})
	if err != nil {
		return fmt.Errorf("store: end reminder: %w", err)
	}
	return nil
}

// auditReminder writes down that somebody was told.
func (s *Store) auditReminder(ctx context.Context, tx *sql.Tx, r Reminder, state ReminderState) error {
	e := AuditEvent{
		Action: "reminder-sent", Result: reminderResults[state], Object: "environment/" + r.Environment,
		Detail: map[string]string{"key-id": string(r.KeyID), "days": strconv.Itoa(r.Days), "way": r.Channel},
	}
	var name string
	err := tx.QueryRowContext(ctx, `SELECT name, tenant FROM environments WHERE id = $1`, r.Environment).Scan(&name, &e.Tenant)
	if err != nil {
		return notFound(err)
	}
	e.Detail["environment"] = name
	return s.audit(ctx, tx, e)
}

var reminderResults = map[ReminderState]string{ReminderSent: AuditDone, ReminderFailed: AuditFailed, ReminderUnknown: AuditUnknown}

const reminderColumns = `environment, key_id, days, channel, state, attempts, started, ended, error`

func scanReminder(row scanner) (Reminder, error) {
	var r Reminder
	err := row.Scan(&r.Environment, &r.KeyID, &r.Days, &r.Channel, &r.State, &r.Attempts, instant{&r.Started}, instant{&r.Ended}, &r.Error)
	return r, err
}

// Reminders lists what was sent about an environment's credentials, or tried,
// newest first.
func (s *Store) Reminders(ctx context.Context, env string) ([]Reminder, error) {
	home, everything := scope(ctx)
	list, err := all(ctx, s.read, scanReminder, `SELECT `+reminderColumns+` FROM reminders WHERE`+ofVisible+` ORDER BY started DESC, days, channel`, env, home, everything)
	if err != nil {
		return nil, fmt.Errorf("store: reminders: %w", err)
	}
	return list, nil
}

// Contacts are the mail addresses to tell besides the owner's, sorted.
func (s *Store) Contacts(ctx context.Context, env string) ([]string, error) {
	home, everything := scope(ctx)
	list, err := all(ctx, s.read, scanAddress, `SELECT address FROM contacts WHERE`+ofVisible+` ORDER BY address`, env, home, everything)
	if err != nil {
		return nil, fmt.Errorf("store: contacts: %w", err)
	}
	return list, nil
}

func scanAddress(row scanner) (address string, err error) { return address, row.Scan(&address) }

// SetContacts replaces them. ErrNotFound: there is no such environment.
func (s *Store) SetContacts(ctx context.Context, env string, addresses []string) error {
	home, everything := scope(ctx)
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		var id string
		if err := tx.QueryRowContext(ctx, `SELECT id FROM environments WHERE id = $1 AND (home = $2 OR $3)`, env, home, everything).Scan(&id); err != nil {
			return notFound(err)
		}
		if _, err := touched(ctx, tx, `DELETE FROM contacts WHERE environment = $1`, env); err != nil {
			return err
		}
		for _, a := range addresses {
			if _, err := touched(ctx, tx, `INSERT INTO contacts (environment, address) VALUES ($1, $2) ON CONFLICT DO NOTHING`, env, a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store: set contacts: %w", err)
	}
	return nil
}
