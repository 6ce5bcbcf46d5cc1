package checks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
)

// ReportFormat names the form of a Report's JSON. Readers refuse another.
const ReportFormat = "consentry-run/1"

// MaxReport is how long the JSON of a report may be, in bytes.
const MaxReport = 2 << 20

// A Report is a run to give away: its facts and what the checks made of them.
type Report struct {
	Format  string `json:"format"`
	Version string `json:"version"` // of the program that made it
	// Masked: what names somebody has stand-ins; see MaskedWords.
	Masked  bool     `json:"masked"`
	Summary Summary  `json:"summary"`
	Facts   Facts    `json:"facts"`
	Results []Result `json:"results"`
}

// NewReport decides all checks from the facts, which are masked first unless
// whole is set.
func NewReport(f Facts, version string, whole bool) Report {
	f.Cloud.CAFile = "" // a path of this machine
	if !whole {
		f = f.Masked()
	}
	r := Report{Format: ReportFormat, Version: version, Masked: !whole, Facts: f, Results: Evaluate(&f, All)}
	r.Summary = Summarize(&f, r.Results)
	return r
}

// ReadReport reads the JSON of a report and takes nothing that it does not
// understand. Its errors are sentences for people.
func ReadReport(data []byte) (Report, error) {
	if len(data) > MaxReport {
		return Report{}, fmt.Errorf("the file is larger than %d MB, which no report is", MaxReport>>20)
	}
	var form struct {
		Format string `json:"format"`
	}
	if json.Unmarshal(data, &form) != nil {
		return Report{}, errors.New("the file is not JSON: choose the file that was saved with “JSON”")
	}
	if name := repeatedName(data); name != "" {
		return Report{}, fmt.Errorf("the file holds %.60q twice in one place: it was changed", name)
	}
	if form.Format != ReportFormat {
		return Report{}, fmt.Errorf("the file is no report of the form %s, or one of another version", ReportFormat)
	}
	var r Report
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return Report{}, unreadable(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Report{}, errors.New("the file goes on after the report: it was changed")
	}
	return r, r.understood(data)
}

// unreadable says what is wrong with the JSON without the words of Go.
func unreadable(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) && kind.Field != "" {
		return fmt.Errorf("the file holds a value of the wrong kind, at %s: it was changed, or made by another version", kind.Field)
	}
	return errors.New("the file is no complete report, or holds something that is not understood here: it was changed, or made by another version")
}

// understood finds what the file holds and the report does not: facts read
// their JSON themselves and leave out what they do not know.
func (r Report) understood(data []byte) error {
	again, err := json.Marshal(r)
	if err != nil {
		return errors.New("the file holds values that no report has")
	}
	var in, out any
	if err := errors.Join(json.Unmarshal(data, &in), json.Unmarshal(again, &out)); err != nil {
		return errors.New("the file holds values that no report has")
	}
	if path := lost(in, out, ""); path != "" {
		return fmt.Errorf("the file holds something that is not understood here, at %s: it was changed, or made by another version", path)
	}
	return nil
}

// lost is where in first differs from out; what is empty may be left out.
func lost(in, out any, path string) string {
	switch in := in.(type) {
	case map[string]any:
		other, _ := out.(map[string]any)
		for k, v := range in {
			if at := lost(v, other[k], path+"/"+k); at != "" {
				return at
			}
		}
		return ""
	case []any:
		other, _ := out.([]any)
		if len(in) != len(other) {
			return path
		}
		for i := range in {
			if at := lost(in[i], other[i], fmt.Sprintf("%s/%d", path, i)); at != "" {
				return at
			}
		}
		return ""
	}
	if in == out || out == nil && (in == nil || reflect.ValueOf(in).IsZero()) {
		return ""
	}
	return path
}
