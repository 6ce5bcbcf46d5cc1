package store

import (
	"context"
	"database/sql/driver"

	"github.com/jackc/pgx/v5/stdlib"
)

// tenantSetting is what the policies of the tables compare a row's home with:
// a tenant id, or empty for the rows of all.
const tenantSetting = "consentry.tenant"

// tenantConnector makes connections that say for whom they ask.
type tenantConnector struct{ driver.Connector }

// Connect implements driver.Connector.
func (c tenantConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &tenantConn{Conn: conn.(*stdlib.Conn)}, nil
}

// tenantConn tells the server for whose tenant the next statement is before it
// is sent, whenever that changes. So a query that forgot its condition still
// finds no row of another tenant. A transaction keeps whom it was begun for.
type tenantConn struct {
	*stdlib.Conn
	tenant string // as last said; a new connection is everybody's
}

// visible is what ctx's caller sees, as the policies compare it.
func visible(ctx context.Context) string {
	tenant, everything := scope(ctx)
	if everything {
		return ""
	}
	return storable(string(tenant)) // what no text can hold is no row's home either
}

func (c *tenantConn) ask(ctx context.Context) error {
	tenant, conn := visible(ctx), c.Conn.Conn()
	if tenant == c.tenant || conn.PgConn().TxStatus() != 'I' {
		return nil
	}
	if _, err := conn.Exec(ctx, `SELECT set_config('`+tenantSetting+`', $1, FALSE)`, tenant); err != nil {
		if conn.IsClosed() {
			return driver.ErrBadConn // nothing of the statement was sent: another connection may try
		}
		return err
	}
	c.tenant = tenant
	return nil
}

// BeginTx implements driver.ConnBeginTx.
func (c *tenantConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if err := c.ask(ctx); err != nil {
		return nil, err
	}
	return c.Conn.BeginTx(ctx, o)
}

// QueryContext implements driver.QueryerContext.
func (c *tenantConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.ask(ctx); err != nil {
		return nil, err
	}
	return c.Conn.QueryContext(ctx, query, args)
}

// ExecContext implements driver.ExecerContext.
func (c *tenantConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.ask(ctx); err != nil {
		return nil, err
	}
	return c.Conn.ExecContext(ctx, query, args)
}
