package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/consentry/consentry/explain"
)

// ExplainCmd says what an error that somebody pasted means.
type ExplainCmd struct {
	File  string `arg:"" optional:"" placeholder:"FILE" help:"File with the error text, page, log or address; - or nothing for standard input."`
	JSON  bool   `name:"json" xor:"format" help:"Print the result as JSON."`
	JSONL bool   `name:"jsonl" xor:"format" help:"Read lines of {\"id\":…,\"paste\":…} and write one line of JSON for each, with its id."`
}

// Help is what --help says besides.
func (*ExplainCmd) Help() string {
	return "Exit codes: 2 a cause is named, 3 the text alone does not decide, 1 error. With --jsonl: 1 when a line could not be read (the others are answered), else 2 when any has a cause, 3 when none has, 0 without a line."
}

// Run explains, and ends with 2 when it names a cause and 3 when the paste
// alone does not decide. With --jsonl it is 1 when a line could not be read, 2
// when any has a cause, 3 when none has, 0 when there was no line.
func (e *ExplainCmd) Run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	in, err := e.open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if e.JSONL {
		return explainLines(ctx, in, stdout)
	}
	paste, err := readPaste(in)
	if err != nil {
		return fmt.Errorf("read the paste: %w", err)
	}
	r := explain.Explain(paste)
	if e.JSON {
		err = printJSON(stdout, r)
	} else {
		_, err = io.WriteString(stdout, explanation(paste, r))
	}
	if err != nil {
		return err
	}
	return exitOf(r)
}

// exitOf is how the program ends after one paste.
func exitOf(r explain.Result) error {
	if r.Undecided() {
		return exitCode(3)
	}
	return exitCode(2)
}

// open is the file, or standard input unless a person sits at it.
func (e *ExplainCmd) open() (io.ReadCloser, error) {
	if e.File != "" && e.File != "-" {
		return os.Open(e.File)
	}
	if info, err := os.Stdin.Stat(); e.File == "" && err == nil && info.Mode()&os.ModeCharDevice != 0 {
		return nil, errors.New("give the file with the error text, or pipe the text in: consentry explain FILE; with - it is read from this terminal until Ctrl-D")
	}
	return io.NopCloser(os.Stdin), nil
}

// readPaste reads a little more than is looked at, so that what is cut off is
// noticed. Windows' shells write files in UTF-16.
func readPaste(in io.Reader) (string, error) {
	const most = 2*explain.MaxPaste + 4 // UTF-16 takes twice the room, and a mark
	data, err := io.ReadAll(io.LimitReader(in, most))
	if err != nil {
		return "", err
	}
	paste := decoded(data)
	if paste == "" {
		return "", errors.New("there is no text: paste the whole error, with its code and time")
	}
	return paste, nil
}

// decoded reads UTF-16 where a byte order mark says so, and leaves out the
// mark of UTF-8.
func decoded(data []byte) string {
	if len(data) < 2 {
		return string(data)
	}
	little := data[0] == 0xff && data[1] == 0xfe
	if !little && (data[0] != 0xfe || data[1] != 0xff) {
		if r, size := utf8.DecodeRune(data); r == '\ufeff' {
			data = data[size:]
		}
		return string(data)
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 2; i+1 < len(data); i += 2 {
		low, high := data[i], data[i+1]
		if !little {
			low, high = high, low
		}
		units = append(units, uint16(high)<<8|uint16(low))
	}
	return string(utf16.Decode(units))
}
