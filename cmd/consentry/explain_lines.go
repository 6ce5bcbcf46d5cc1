package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/consentry/consentry/explain"
)

// longestLine bounds a line of --jsonl, in bytes: the longest paste with every
// character escaped.
const longestLine = 6*explain.MaxPaste + 4096

// A pastedLine is one line that is read.
type pastedLine struct {
	ID    json.RawMessage `json:"id"` // any JSON value; it comes back as it is
	Paste *string         `json:"paste"`
}

// An explainedLine is one line that is written for it.
type explainedLine struct {
	ID json.RawMessage `json:"id"`
	explain.Result
}

// A failedLine is written where a line could not be read.
type failedLine struct {
	ID    json.RawMessage `json:"id,omitempty"`
	Line  int             `json:"line"` // from 1
	Error string          `json:"error"`
}

// explainLines answers line by line: one that cannot be read costs only itself.
func explainLines(ctx context.Context, in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, 64<<10)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	end := tally{}
	for number := 1; ; number++ {
		line, tooLong, err := nextLine(lines)
		if errors.Is(err, io.EOF) {
			return end.exit()
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		if len(bytes.TrimSpace(line)) == 0 && !tooLong {
			continue
		}
		if err := enc.Encode(end.answer(line, tooLong, number)); err != nil {
			return err
		}
	}
}

// A tally is what the answers came to.
type tally struct{ failed, named, undecided int }

// answer is what is written for a line.
func (t *tally) answer(line []byte, tooLong bool, number int) any {
	var p pastedLine
	err := json.Unmarshal(line, &p)
	fault := ""
	switch {
	case tooLong:
		p.ID, fault = nil, fmt.Sprintf("the line is longer than %d bytes: cut the paste to %d bytes, which is all that is read", longestLine, explain.MaxPaste)
	case err != nil:
		p.ID, fault = nil, `the line is no JSON object of the form {"id":"…","paste":"…"}: write one object on each line, with line feeds in the paste as \n`
	case len(p.ID) == 0:
		fault = `the line has no "id": give one, so that its answer can be told from the others`
	case p.Paste == nil:
		fault = `the line has no "paste": put the error text there, as a string`
	}
	if fault != "" {
		t.failed++
		return failedLine{p.ID, number, fault}
	}
	r := explain.Explain(*p.Paste)
	if r.Undecided() {
		t.undecided++
	} else {
		t.named++
	}
	return explainedLine{p.ID, r}
}

// exit is how the program ends after the last line.
func (t *tally) exit() error {
	switch {
	case t.failed == 1:
		return errors.New("1 line could not be read; its answer says why")
	case t.failed > 1:
		return fmt.Errorf("%d lines could not be read; their answers say why", t.failed)
	case t.named > 0:
		return exitCode(2)
	case t.undecided > 0:
		return exitCode(3)
	}
	return nil
}

// nextLine reads up to a line feed or the end. Of a line that is too long the
// rest is passed over.
func nextLine(r *bufio.Reader) (line []byte, tooLong bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > longestLine {
			tooLong, line = true, nil
		} else if !tooLong {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && (len(line) > 0 || tooLong):
			return line, tooLong, nil // the last line, without a line feed
		}
		return line, tooLong, err
	}
}
