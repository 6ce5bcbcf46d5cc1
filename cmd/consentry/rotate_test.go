package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/oauth"
	"github.com/consentry/consentry/sandbox"
	"github.com/consentry/consentry/trial"
)

// rotation is "consentry rotate" with what every run needs.
func (b *bed) rotation(args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], append([]string{"rotate", b.file, "--cloud", b.cloud, "--tenant", b.tenant.Domain,
		"--client-id", b.tenant.Automation.ClientID, "--data", b.path("data"), "--key-file", b.path("key")}, args...)...)
	c.Env = append(os.Environ(), asCommand+"=1", secretVariable+"="+b.tenant.Automation.ClientSecret)
	return c
}

func (b *bed) rotate(code int, args ...string) outcome {
	b.t.Helper()
	o := b.finish(b.rotation(args...))
	if o.code != code {
		b.t.Fatalf("rotate %v: exit code %d, want %d\n%s%s", args, o.code, code, o.stdout, o.stderr)
	}
	return o
}

// works reports whether the secret in a file is taken.
func (b *bed) works(file string) bool {
	b.t.Helper()
	value, err := os.ReadFile(b.path(file))
	if err != nil {
		b.t.Fatal(err)
	}
	client := oauth.Client{Cloud: b.box.Cloud(), HTTP: b.client()}
	_, err = client.ClientCredentials(b.t.Context(), b.tenant.ID, b.app().ClientID, entra.NewSensitive(strings.TrimSpace(string(value))), trial.ProofScope)
	var no *entra.ServiceError
	if err != nil && !errors.As(err, &no) {
		b.t.Fatal(err)
	}
	return err == nil
}

func (b *bed) marked() int {
	return len(slices.DeleteFunc(slices.Clone(b.app().Secrets), func(s entra.Secret) bool { _, ours := entra.IsOurSecret(s.Name, "shop"); return !ours }))
}

func TestRotateStepByStep(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	b.mustRun(0, "--apply", "--secret-out", b.path("first"))
	if o := b.rotate(0); !strings.Contains(o.stdout, "No rotation is open") {
		t.Errorf("said:\n%s", o.stdout)
	}
	b.rotate(1, "--prove")
	b.rotate(0, "--add", "--secret-out", b.path("second"))
	if b.marked() != 2 || !b.works("first") || !b.works("second") {
		t.Fatalf("%d secrets; the first works %v, the second %v", b.marked(), b.works("first"), b.works("second"))
	}
	since := b.lastRequest()
	b.rotate(0, "--add")
	b.mustRun(0, "--plan")
	if sent := b.graphRequests(since); slices.ContainsFunc(sent, func(r string) bool { return !strings.HasPrefix(r, "GET ") }) {
		t.Errorf("adding again, or a setup in between, sent %v", sent)
	}
	if o := b.rotate(2); !strings.Contains(o.stdout, "--prove") {
		t.Errorf("said:\n%s", o.stdout)
	}
	if o := b.rotate(1, "--retire"); !strings.Contains(o.stderr, "not proven") || b.marked() != 2 {
		t.Errorf("said:\n%s", o.stderr)
	}
	b.rotate(0, "--prove")
	b.rotate(0, "--retire")
	if b.marked() != 1 || b.works("first") || !b.works("second") {
		t.Errorf("%d secrets; the first works %v, the second %v", b.marked(), b.works("first"), b.works("second"))
	}
	b.rotate(0, "--retire")
	b.rotate(0)
	b.mustRun(0, "--plan")
	b.rotate(0, "--add", "--secret-out", b.path("third"))
	if o := b.rotate(0, "--retire", "--at-once"); b.marked() != 1 || b.works("second") || !b.works("third") {
		t.Errorf("at once: %d secrets\n%s", b.marked(), o.stdout)
	}
}

func TestRotateProvesAGivenValueAndTellsAWrongOne(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	b.mustRun(0, "--apply", "--secret-out", b.path("first"))
	b.rotate(0, "--add", "--secret-out", b.path("second"))
	if o := b.rotate(1, "--prove", "--secret-in", b.path("first")); !strings.Contains(o.stderr, "another one") {
		t.Errorf("said:\n%s", o.stderr)
	}
	b.rotate(0, "--prove", "--secret-in", b.path("second"))
	refusal := json.RawMessage(`{"error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys are expired.","error_codes":[7000222]}`)
	app := b.app().ClientID
	if err := b.box.SetFaults(sandbox.Fault{Service: "login", Method: "POST", Path: "**/token", Nth: 2, Times: 1, Action: sandbox.Action{Status: 401, Body: refusal}}); err != nil {
		t.Fatal(err)
	}
	o := b.rotate(2, "--prove", "--json")
	var r rotateReport
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil || r.Proof == nil || r.Proof.State != trial.Refuted || r.Proof.ClientID != app || r.New == nil || r.Old == nil {
		t.Errorf("%v\n%s", err, o.stdout)
	}
}

func TestRotateHoldsNoSecretInItsOutput(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	b.mustRun(0, "--apply", "--secret-out", b.path("first"))
	o := b.rotate(0, "--add", "--json", "--secret-out", b.path("second"))
	o2 := b.rotate(0, "--prove", "--json")
	value, err := os.ReadFile(b.path("second"))
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.TrimSpace(string(value))
	for _, text := range []string{o.stdout, o.stderr, o2.stdout, o2.stderr} {
		if strings.Contains(text, secret) || strings.Contains(text, "eyJ") {
			t.Errorf("the output holds the secret or a token:\n%s", text)
		}
	}
	alone := b.rotate(0, "--add", "--secret-out", "-")
	if alone.stdout != "" {
		t.Errorf("a secret that was shown came again: %q", alone.stdout)
	}
	if info, err := os.Stat(b.path("second")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestRotateFlagsThatDoNotGoTogether(t *testing.T) {
	t.Parallel()
	b := newBed(t, "healthy")
	for _, args := range [][]string{{"--prove", "--secret-out", "x"}, {"--add", "--secret-in", "x"}, {"--add", "--at-once"}, {"--add", "--prove"}, {"--add", "--json", "--secret-out", "-"}} {
		b.rotate(1, args...)
	}
	if o := b.rotate(1, "--add"); !strings.Contains(o.stderr, "set it up first") {
		t.Errorf("without an application: %s", o.stderr)
	}
}

// TestKilledRotationsGoOn kills the process, with a signal it cannot catch,
// while each write of both halves is on its way: before the directory does it
// and after. The same command again must end well.
func TestKilledRotationsGoOn(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds of waiting for a directory that may lag")
	}
	t.Parallel()
	for _, w := range []struct{ step, path string }{{"--add", "addPassword"}, {"--retire", "removePassword"}} {
		for _, hold := range []string{"before", "after"} {
			t.Run(fmt.Sprintf("%s %s", w.step, hold), func(t *testing.T) {
				t.Parallel()
				b := newBed(t, "healthy")
				b.mustRun(0, "--apply", "--secret-out", b.path("first"))
				if w.step == "--retire" {
					b.rotate(0, "--add", "--secret-out", b.path("second"))
					b.rotate(0, "--prove")
				}
				fault := sandbox.Fault{Service: "graph", Method: "POST", Path: "/v1.0/applications/" + string(b.app().ID) + "/" + w.path, Nth: 1, Times: 1, Action: sandbox.Action{Hold: hold}}
				b.killRotation(fault, w.step)
				if !b.works("first") && w.step == "--add" {
					t.Error("the secret in use stopped working")
				}
				if w.step == "--add" {
					b.rotate(0, "--add", "--secret-out", b.path("second"))
					if b.marked() != 2 || !b.works("first") || !b.works("second") {
						t.Errorf("%d secrets", b.marked())
					}
					b.rotate(0, "--prove")
				}
				b.rotate(0, "--retire")
				if b.marked() != 1 || b.works("first") || !b.works("second") {
					t.Errorf("in the end: %d secrets; the first works %v, the second %v", b.marked(), b.works("first"), b.works("second"))
				}
			})
		}
	}
}

// killRotation starts a step and kills it while the fault holds its request.
func (b *bed) killRotation(fault sandbox.Fault, args ...string) {
	b.t.Helper()
	if err := b.box.SetFaults(fault); err != nil {
		b.t.Fatal(err)
	}
	c := b.rotation(args...)
	if err := c.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.until("the request is held", func() bool { return b.held(fault) })
	if err := c.Process.Kill(); err != nil {
		b.t.Fatal(err)
	}
	_ = c.Wait() // it was killed
	b.until("the sandbox has noticed", func() bool { return !b.held(fault) })
	if err := b.box.SetFaults(); err != nil {
		b.t.Fatal(err)
	}
}
