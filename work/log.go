package work

import (
	"context"
	"log/slog"
)

// quiet is the log for River, whose information is of use only to whoever
// looks for a fault in it.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(lower{log.Handler()}) }

// lower takes what River reports below a warning down to the debug level.
type lower struct{ slog.Handler }

// Enabled implements slog.Handler.
func (l lower) Enabled(ctx context.Context, level slog.Level) bool {
	return l.Handler.Enabled(ctx, lowered(level))
}

// Handle implements slog.Handler.
func (l lower) Handle(ctx context.Context, r slog.Record) error {
	r.Level = lowered(r.Level)
	return l.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (l lower) WithAttrs(attrs []slog.Attr) slog.Handler { return lower{l.Handler.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (l lower) WithGroup(name string) slog.Handler { return lower{l.Handler.WithGroup(name)} }

func lowered(level slog.Level) slog.Level {
	if level < slog.LevelWarn {
		return slog.LevelDebug
	}
	return level
}
