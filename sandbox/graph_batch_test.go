package sandbox

import (
	"fmt"
	"strings"
	"testing"
)

// responses are a batch's answers by id.
func (o outcome) responses() map[string]map[string]any {
	o.g.Helper()
	byID := map[string]map[string]any{}
	list, _ := o.at("responses").([]any)
	for _, r := range list {
		answer := r.(map[string]any)
		byID[answer["id"].(string)] = answer
	}
	return byID
}

func (g *graphTest) batch(requests ...string) outcome {
	g.Helper()
	return g.call(g.admin(), "POST", "/v1.0/$batch", `{"requests":[`+strings.Join(requests, ",")+`]}`)
}

//parity:real graph POST /v1.0/$batch
func TestABatchAnswersEachRequest(t *testing.T) {
	g := contoso(t)
	got := g.batch(
		`{"id":"1","method":"GET","url":"/me"}`,
		`{"id":"2","method":"POST","url":"/applications","headers":{"Content-Type":"application/json"},"body":{"displayName":"Batched"}}`,
		`{"id":"3","method":"GET","url":"/applications?$filter=displayName%20eq%20'Paragon%20(existing)'&$select=id"}`,
		`{"id":"4","method":"GET","url":"/gadgets"}`,
		`{"id":"5","method":"POST","url":"/applications","body":{"displayName":"without header"}}`,
		`{"id":"6","method":"POST","url":"/$batch","headers":{"Content-Type":"application/json"},"body":{"requests":[]}}`,
	).want(200).responses()
	for id, want := range map[string]float64{"1": 200, "2": 201, "3": 200, "4": 400, "5": 400, "6": 400} {
		if got[id]["status"] != want {
			t.Errorf("request %s: %v, want %v", id, got[id], want)
		}
	}
	if body, _ := got["2"]["body"].(map[string]any); body["displayName"] != "Batched" {
		t.Errorf("body: %v", got["2"])
	}
	if headers, _ := got["1"]["headers"].(map[string]any); headers["Content-Type"] != "application/json" {
		t.Errorf("headers: %v", got["1"]["headers"])
	}
	if body, _ := got["4"]["body"].(map[string]any); body["error"] == nil {
		t.Errorf("error: %v", got["4"])
	}
	if found := got["3"]["body"].(map[string]any)["value"].([]any); len(found) != 1 {
		t.Errorf("filter in a batch finds %v", found)
	}
}

func TestABatchKeepsItsOrderWhereAsked(t *testing.T) {
	g := contoso(t)
	got := g.batch(
		`{"id":"after","method":"GET","url":"/applications(uniqueName='batched')","dependsOn":["make"]}`,
		`{"id":"make","method":"POST","url":"/applications","headers":{"content-type":"application/json"},"body":{"displayName":"x","uniqueName":"batched"}}`,
		`{"id":"broken","method":"GET","url":"/applications/none"}`,
		`{"id":"skipped","method":"DELETE","url":"/applications(uniqueName='batched')","dependsOn":["broken"]}`,
		`{"id":"skipped too","method":"GET","url":"/me","dependsOn":["skipped"]}`,
	).want(200).responses()
	for id, want := range map[string]float64{"make": 201, "after": 200, "broken": 404, "skipped": 424, "skipped too": 424} {
		if got[id]["status"] != want {
			t.Errorf("%s: %v, want %v", id, got[id], want)
		}
	}
	if g.tenant.applicationNamed("batched") == nil {
		t.Error("a request was done although the one it depends on failed")
	}
}

//parity:real graph POST /v1.0/$batch
func TestBatchesThatAreRefused(t *testing.T) {
	g := contoso(t)
	me := func(i int) string { return fmt.Sprintf(`{"id":"%d","method":"GET","url":"/me"}`, i) }
	var many []string
	for i := range 21 {
		many = append(many, me(i))
	}
	g.batch(many...).refused(errBatchSize)
	g.batch(many[:20]...).want(200)
	g.batch().refused(errBatch)
	g.batch(me(1), me(1)).refused(errBatch)
	g.batch(`{"id":"1","method":"GET","url":"https://example.com/me"}`).refused(errBatch)
	g.batch(`{"id":"1","url":"/me"}`).refused(errBatch)
	g.batch(`{"id":"1","method":"GET","url":"/me","dependsOn":["9"]}`).refused(errBatch)
	g.batch(`{"id":"1","method":"GET","url":"/me","dependsOn":["2"]}`, `{"id":"2","method":"GET","url":"/me","dependsOn":["1"]}`).refused(errBatch)
	g.call(g.admin(), "POST", "/v1.0/$batch", `[]`).refused(errBatch)
}
