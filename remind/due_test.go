package remind

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/consentry/consentry/entra"
	"github.com/consentry/consentry/setup"
	"github.com/consentry/consentry/store"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// ending is a credential of ours that ends in so many days and was made so
// many days before that.
func ending(inDays, life int) Credential {
	end := noon.AddDate(0, 0, inDays)
	return Credential{Kind: ClientSecret, KeyID: "k1", Name: "Frontegg", Hint: "abc", Start: end.AddDate(0, 0, -life), End: end}
}

func TestWhichReminderIsDue(t *testing.T) {
	tests := []struct {
		name         string
		in, life     int
		due          int // 0: none
		next, nextIn int // step and days from now; 0: none
	}{
		{"long before", 120, 180, 0, 90, 30},
		{"a day before the first", 91, 180, 0, 90, 1},
		{"on the first day", 90, 180, 90, 30, 60},
		{"between the first and the second", 60, 180, 90, 30, 30},
		{"on the second day", 30, 180, 30, 7, 23},
		{"on the third day", 7, 180, 7, 1, 6},
		{"on the last day", 1, 180, 1, 0, 0},
		{"started late: the most urgent alone", 5, 180, 7, 1, 4},
		{"at its end", 0, 180, 0, 0, 0},
		{"after its end", -1, 180, 0, 0, 0},
		{"lives 60 days and was made today", 60, 60, 0, 30, 30},
		{"lives 60 days, and half is over", 30, 60, 30, 7, 23},
		{"lives a week and was made today", 7, 7, 0, 1, 6},
		{"lives a day", 1, 1, 0, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := ending(tt.in, tt.life)
			step, ok := c.Due(noon)
			if step != tt.due || ok != (tt.due > 0) {
				t.Errorf("due %d, %v, want %d", step, ok, tt.due)
			}
			at, next, ok := c.Next(noon)
			if next != tt.next || ok != (tt.next > 0) || ok && !at.Equal(noon.AddDate(0, 0, tt.nextIn)) {
				t.Errorf("next %d at %s, %v, want %d in %d days", next, at, ok, tt.next, tt.nextIn)
			}
		})
	}
	if _, ok := (Credential{}).Due(noon); ok {
		t.Error("one without an end is due")
	}
}

// Every moment of a life has each step once: the days are walked, and a round
// a day remembers what it sent.
func TestEachStepComesOnceInALife(t *testing.T) {
	for _, life := range []int{400, 180, 89, 20, 5} {
		c := ending(life, life)
		var got []int
		for hour := range life * 24 {
			step, ok := c.Due(noon.Add(time.Duration(hour) * time.Hour))
			if ok && (len(got) == 0 || got[len(got)-1] != step) {
				got = append(got, step)
			}
		}
		var want []int
		for _, step := range Steps {
			if step < life {
				want = append(want, step)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("in %d days came %v, want %v", life, got, want)
		}
	}
}

// shop is an environment with the given secrets on its app.
func shop(secrets ...entra.Secret) store.Environment {
	return store.Environment{ID: "e1", Name: "shop", State: store.Connected, Tenant: "11111111-2222-3333-4444-555555555555", TenantName: "Contoso",
		Owner:  entra.Person{Tenant: "t", ID: "o", UPN: "owner@contoso.example"},
		Spec:   setup.Spec{Name: "shop", Integration: "frontegg"},
		Result: &setup.Result{App: entra.Application{ClientID: "33333333-2222-3333-4444-555555555555", Secrets: secrets}}}
}

func secret(key entra.KeyID, name string, madeDaysAgo, endsIn int) entra.Secret {
	return entra.Secret{KeyID: key, Name: name, Hint: "abc", Start: noon.AddDate(0, 0, -madeDaysAgo), End: noon.AddDate(0, 0, endsIn)}
}

func TestWhichCredentialsPeopleAreToldOf(t *testing.T) {
	ours := func(key entra.KeyID, op string, ago, in int) entra.Secret {
		return secret(key, entra.SecretName("Frontegg", "shop", op), ago, in)
	}
	removed, draft := shop(ours("k1", "op1", 10, 10)), shop(ours("k1", "op1", 10, 10))
	removed.State, draft.State = store.Removed, store.Draft
	certified := shop()
	certified.Result.App.Certificates = []entra.Certificate{{KeyID: "c1", Name: "cert", Start: noon, End: noon.AddDate(0, 0, 20)}}
	made := store.KeptSecret{KeyID: "k9", Operation: "op9", Hint: "xyz", Created: noon.Add(-time.Minute), Expires: noon.AddDate(0, 0, 100)}
	tests := []struct {
		name string
		env  store.Environment
		kept []store.KeptSecret
		want string
	}{
		{"ours, the first to end first", shop(ours("k2", "op2", 1, 180), ours("k1", "op1", 100, 20)), nil, "k1+ k2"},
		{"ours alone, beside one made by hand", shop(secret("hand", "by hand", 5, 5), ours("k1", "op1", 100, 20)), nil, "k1"},
		{"made by hand, where there is none of ours", shop(secret("hand", "by hand", 5, 5)), nil, "hand"},
		{"of another environment on the same app", shop(ours("k1", "op1", 1, 20), secret("x", entra.SecretName("", "other", "op"), 1, 9)), nil, "k1"},
		{"expired ones are over", shop(ours("k1", "op1", 100, -1)), nil, ""},
		{"certificates end too", certified, nil, "c1"},
		{"made since the last reading", shop(ours("k1", "op1", 100, 20)), []store.KeptSecret{made}, "k1+ k9"},
		{"kept here, and removed from the app since", shop(ours("k1", "op1", 0, 20)), []store.KeptSecret{made}, "k1"},
		{"removed", removed, nil, ""},
		{"never set up", draft, nil, ""},
		{"nothing was read yet", store.Environment{State: store.Attention}, nil, ""},
	}
	for _, tt := range tests {
		var got []string
		for _, c := range Credentials(tt.env, tt.kept, noon) {
			key := string(c.KeyID)
			if c.Succeeded {
				key += "+"
			}
			got = append(got, key)
			if strings.Contains(c.Name, "[") {
				t.Errorf("%s: the name %q has our marker", tt.name, c.Name)
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestWhatAReminderSays(t *testing.T) {
	env := shop(secret("k1", "Frontegg", 168, 12))
	c := Credentials(env, nil, noon)[0]
	n := newNotice(env, "Frontegg", "https://console.example", c, 30, noon)
	if n.Subject() != "shop: the client secret ends in 12 days" {
		t.Errorf("subject %q", n.Subject())
	}
	for _, want := range []string{"client secret abc… (Frontegg)", "3 December 2026", "Frontegg", "https://console.example/environments/e1/rotate", "Contoso", "33333333-2222", "k1", "Add the next one"} {
		if !strings.Contains(n.Text(), want) {
			t.Errorf("it does not say %q: %s", want, n.Text())
		}
	}
	c.Succeeded = true
	if n := newNotice(env, "Frontegg", "", c, 1, c.End.Add(-time.Hour)); n.Left != 1 || !strings.Contains(n.Subject(), "1 day") || !strings.Contains(n.Text(), "retire the old one") {
		t.Errorf("an hour before: %d, %q, %s", n.Left, n.Subject(), n.Text())
	}
}
