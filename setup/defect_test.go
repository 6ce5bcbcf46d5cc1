package setup

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
)

// defective is a directory whose code has a defect, in what it writes or in
// what it reads.
type defective struct {
	Directory
	reading bool
}

func (d defective) Do(context.Context, entra.Change) (entra.Created, error) { panic("a detail") }

func (d defective) ApplicationsByTag(ctx context.Context, tag string) ([]entra.Application, error) {
	if d.reading {
		panic("a detail")
	}
	return d.Directory.ApplicationsByTag(ctx, tag)
}

func TestADefectEndsTheOperationAndNotTheProgram(t *testing.T) {
	for name, reading := range map[string]bool{"while reading": true, "while writing": false} {
		t.Run(name, func(t *testing.T) {
			e := newWorld(t).engine()
			e.Directory = defective{e.Directory, reading}
			_, err := e.Apply(t.Context(), wanted(), "op")
			var defect *DefectError
			if !errors.As(err, &defect) {
				t.Fatalf("the error is %v", err)
			}
			if strings.Contains(err.Error(), "a detail") || !strings.Contains(defect.Details(), "a detail") {
				t.Errorf("for people %q, for the log %q", err, defect.Details())
			}
		})
	}
}
