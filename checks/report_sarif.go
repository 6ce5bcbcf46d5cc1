package checks

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// The parts of SARIF 2.1.0 that are used here
// [docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html].
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
		Properties  map[string]any    `json:"properties"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string             `json:"id"`
		ShortDescription sarifText          `json:"shortDescription"`
		FullDescription  sarifText          `json:"fullDescription"`
		Help             sarifText          `json:"help"`
		HelpURI          string             `json:"helpUri"`
		Default          sarifConfiguration `json:"defaultConfiguration"`
		Properties       map[string]any     `json:"properties"`
	}
	sarifConfiguration struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifInvocation struct {
		Successful bool   `json:"executionSuccessful"`
		ExitCode   int    `json:"exitCode"`
		Start      string `json:"startTimeUtc"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Kind         string            `json:"kind"`
		Level        string            `json:"level"`
		Message      sarifText         `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Properties   map[string]any    `json:"properties,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifLogical struct {
		Name string `json:"name"`
		Kind string `json:"kind"`
	}
)

const (
	sarifVersion = "2.1.0"
	sarifSchema  = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	productPage  = "https://github.com/consentry/consentry"
)

// sarifLevels are what a failed check counts for; every other kind of result
// has the level none [section 3.27.10].
var sarifLevels = map[Severity]string{Blocks: "error", Risks: "warning", Advises: "note"}

// sarifKinds are the outcomes in SARIF's words. A skipped check was not
// decided either: its cause is a result of its own.
var sarifKinds = map[Outcome]string{Passed: "pass", Failed: "fail", Unknown: "open", Skipped: "open", NotApplicable: "notApplicable"}

// WriteSARIF writes the report as SARIF 2.1.0: a rule for each check that this
// version knows, and a result for each finding, or for the outcome of a check
// without one.
func (r Report) WriteSARIF(out io.Writer) error {
	run := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: "Consentry", Version: r.Version, InformationURI: productPage, Rules: []sarifRule{}}},
		Invocations: []sarifInvocation{{true, r.Summary.Verdict.ExitCode(), r.Facts.Now.UTC().Format(time.RFC3339)}},
		Results:     []sarifResult{},
		Properties:  map[string]any{"verdict": r.Summary.Verdict, "sentence": r.Summary.Sentence, "masked": r.Masked},
	}
	at := sarifAt(r.Facts.Given)
	for _, x := range r.Results {
		if c := x.Check(); c != nil {
			run.Results = append(run.Results, sarifResults(c, x, len(run.Tool.Driver.Rules), at)...)
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(c))
		}
	}
	return writeJSON(out, sarifLog{sarifSchema, sarifVersion, []sarifRun{run}})
}

// sarifAt is where the results are: readers made for source code want an
// address and put results of the same one together.
func sarifAt(g Given) sarifLocation {
	name := "integration"
	if guidIn.FindString(g.ClientID) == g.ClientID && g.ClientID != "" {
		name = g.ClientID
	}
	return sarifLocation{sarifPhysical{sarifArtifact{"app-registrations/" + name}}, []sarifLogical{{name, "resource"}}}
}

func sarifRuleOf(c *Check) sarifRule {
	tags := []string{string(c.Group)}
	for _, code := range c.AADSTS {
		tags = append(tags, fmt.Sprintf("AADSTS%d", code))
	}
	return sarifRule{
		ID:               c.ID,
		ShortDescription: sarifText{Text: c.Title + "."},
		FullDescription:  sarifText{Text: c.Why},
		Help: sarifText{
			Text:     c.Why + " Otherwise: " + severityWords[c.Severity] + ". See " + c.Cites,
			Markdown: escape(c.Why) + "\n\nOtherwise: " + severityWords[c.Severity] + ". [Read on](" + c.Cites + ")",
		},
		HelpURI:    c.Cites,
		Default:    sarifConfiguration{sarifLevels[c.Severity]},
		Properties: map[string]any{"tags": tags},
	}
}

func sarifResults(c *Check, r Result, rule int, at sarifLocation) []sarifResult {
	result := sarifResult{RuleID: c.ID, RuleIndex: rule, Kind: sarifKinds[r.Outcome], Level: "none", Locations: []sarifLocation{at}}
	if r.Outcome != Failed {
		result.Message.Text = strings.Join(nonEmpty(outcomeSentence(c, r), r.Because, r.Would), " ")
		result.Fingerprints = fingerprint(at, c.ID, 0)
		result.Properties = map[string]any{"outcome": r.Outcome}
		return []sarifResult{result}
	}
	result.Level = sarifLevels[c.Severity]
	var out []sarifResult
	for i, f := range r.Findings {
		result.Message = sarifText{Text: f.Summary + " To do (" + string(f.Mend.Who) + "): " + f.Mend.Say}
		result.Fingerprints = fingerprint(at, c.ID, i)
		result.Properties = map[string]any{"outcome": r.Outcome, "evidence": f.Shown, "remedy": f.Mend}
		out = append(out, result)
	}
	return out
}

// fingerprint stays the same from run to run, whatever the words of the
// finding count down.
func fingerprint(at sarifLocation, check string, finding int) map[string]string {
	return map[string]string{"consentryFinding/v1": fmt.Sprintf("%s/%s/%d", at.Logical[0].Name, check, finding)}
}

func outcomeSentence(c *Check, r Result) string {
	if r.Outcome == Passed {
		return c.Title + "."
	}
	return "“" + c.Title + "” " + map[Outcome]string{Unknown: "is not known.", Skipped: "was not looked at.", NotApplicable: "does not apply."}[r.Outcome]
}

func nonEmpty(words ...string) []string {
	var out []string
	for _, w := range words {
		if w != "" {
			out = append(out, w)
		}
	}
	return out
}
