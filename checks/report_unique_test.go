package checks

import "testing"

func TestANameThatComesTwiceIsFound(t *testing.T) {
	for data, want := range map[string]string{
		`{}`: "", `[]`: "", `"a"`: "", ``: "", `{"a":1,"b":2}`: "", `{"a":{"a":1},"b":[{"a":1},{"a":2}]}`: "", `{"a":"a","b":"a"}`: "", `[["a","a"]]`: "",
		`{"a":1,"a":2}`: "a", `{"a":{"x":1,"y":[],"x":2}}`: "x", `[{"b":{}},{"c":[],"c":{}}]`: "c", `{"a":[1,{"k":"k","k":1}]}`: "k", `{"\u0061":1,"a":2}`: "a",
	} {
		if got := repeatedName([]byte(data)); got != want {
			t.Errorf("%s: %q, want %q", data, got, want)
		}
	}
}
