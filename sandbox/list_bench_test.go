package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// takingTurns measures ours and a reference, one after the other so that a
// busy machine slows both, and gives the ratio of the medians; microseconds
// are shown only.
func takingTurns(b *testing.B, each int, ours, reference func()) float64 {
	b.Helper()
	measure := func(f func()) float64 {
		began := time.Now()
		for range each {
			f()
		}
		return float64(time.Since(began).Microseconds()) / float64(each)
	}
	var took, against []float64
	for b.Loop() {
		for range 15 {
			against, took = append(against, measure(reference)), append(took, measure(ours))
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(took), "µs")
	return median(took) / median(against)
}

// BenchmarkListPage measures a page of 999 out of 10,000 registrations with
// secrets of all ages and owners, from the request's token to the last byte,
// against json.Marshal of the same bytes: of the objects as they stand on the
// page. Target: at most three times that.
func BenchmarkListPage(b *testing.B) {
	s := begun(b, Options{Apps: 10_000})
	for name, options := range map[string]url.Values{
		"everything": {},
		"selected":   {"$select": {"id,appId,displayName,signInAudience,tags,web,spa,publicClient,passwordCredentials,requiredResourceAccess"}},
		"filtered":   {"$filter": {"startswith(displayName,'Line') and signInAudience eq 'AzureADMyOrg'"}},
	} {
		b.Run(name, func(b *testing.B) {
			options.Set("$top", "999")
			handler, request := s.plainHandler(s.services()), pageRequest(s, options)
			page := fetchPage(b, handler, request)
			objects := pageObjects(b, page)
			ratio := takingTurns(b, 3,
				func() { fetchPage(b, handler, request) },
				func() {
					if _, err := json.Marshal(objects); err != nil {
						b.Fatal(err)
					}
				})
			withinTarget(b, ratio, 3, "of-marshalling", "a page takes %.2f times what marshalling its objects takes, target at most %.2f times")
		})
	}
}

func pageRequest(s *Sandbox, options url.Values) *http.Request {
	home := s.world.tenantOf("contoso.sandbox.invalid")
	now := s.world.now()
	token, err := s.world.login.sign(accessClaims{
		Audience: graphAppID, Tenant: home.ID, AppID: ConsoleClientID, ObjectID: home.userNamed("admin").ID, UPN: contosoAdmin, Scopes: "Application.Read.All",
		Version: accessTokenVersion, Issued: now.Unix(), NotBefore: now.Unix() - 1, Expires: now.Add(time.Hour).Unix(),
	})
	if err != nil {
		panic(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/graph/v1.0/applications?"+options.Encode(), nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

func fetchPage(b *testing.B, handler http.Handler, r *http.Request) []byte {
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, r)
	if answer.Code != http.StatusOK {
		b.Fatalf("%d %s", answer.Code, answer.Body)
	}
	return answer.Body.Bytes()
}

// pageObjects are the objects on a page, of a type that marshals to the bytes
// that stand there.
func pageObjects(b *testing.B, page []byte) any {
	var body struct{ Value json.RawMessage }
	if err := json.Unmarshal(page, &body); err != nil {
		b.Fatal(err)
	}
	objects := reflect.New(reflect.SliceOf(shownType(b, body.Value)))
	if err := json.Unmarshal(body.Value, objects.Interface()); err != nil {
		b.Fatal(err)
	}
	again, err := marshal(objects.Interface())
	if err != nil || !bytes.Equal(again, body.Value) || objects.Elem().Len() != maxPageSize {
		b.Fatalf("the reference marshals %d objects to other bytes (%v)", objects.Elem().Len(), err)
	}
	return objects.Interface()
}

// shownType is the type of applications with the properties that the first
// one on the page shows.
func shownType(b *testing.B, value []byte) reflect.Type {
	var shown []map[string]json.RawMessage
	if err := json.Unmarshal(value, &shown); err != nil || len(shown) == 0 {
		b.Fatalf("no objects on the page (%v)", err)
	}
	t := reflect.TypeFor[application]()
	var fields []reflect.StructField
	for _, f := range fieldsOf(t) {
		if _, has := shown[0][f.name]; has {
			fields = append(fields, t.Field(f.index))
		}
	}
	return reflect.StructOf(fields)
}

// BenchmarkTagAmongThousands measures how an environment is found again by
// its tag, a $filter over 10,000 registrations of which one has it, against a
// loop over the same objects by hand. Target: at most 25 times that, which
// parsing and reflection cost.
func BenchmarkTagAmongThousands(b *testing.B) {
	w, err := newWorld(Options{Apps: 10_000}.withDefaults())
	if err != nil {
		b.Fatal(err)
	}
	t := w.tenantOf("contoso.sandbox.invalid")
	tagged := newApplication(t, "Ours", audienceSingleTenant, w.now())
	tagged.Tags = []string{"consentry:prod"}
	t.addApp(tagged)
	q := &graphRequest{query: url.Values{"$filter": {"tags/any(t:t eq 'consentry:prod')"}}}
	found := 0
	ratio := takingTurns(b, 3,
		func() {
			got, fault := listOf(q, applicationSet, t.allApps())
			if fault != nil || len(got.body.(object).value("value").([]*application)) != 1 {
				b.Fatal(fault, got)
			}
		},
		func() {
			for _, a := range t.allApps() {
				if slices.ContainsFunc(a.Tags, func(tag string) bool { return strings.EqualFold(tag, "consentry:prod") }) {
					found++
				}
			}
		})
	if found == 0 {
		b.Fatal("the reference finds nothing")
	}
	withinTarget(b, ratio, 25, "of-by-hand", "the filter takes %.1f times what a loop by hand takes, target at most %.1f times")
}
