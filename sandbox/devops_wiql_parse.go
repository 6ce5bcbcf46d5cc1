package sandbox

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// wiqlToken is a bracketed name, a quoted text, a word, a number, a macro or
// an operator.
var wiqlToken = regexp.MustCompile(`\[[^\]]*\]|'(?:[^']|'')*'|"(?:[^"]|"")*"|@?[\w.\-]+|<>|<=|>=|[=<>,()]|\S`)

// A wiqlParser reads tokens from left to right.
type wiqlParser struct {
	call   *devopsCall
	tokens []string
}

func (c *devopsCall) parseWIQL(text string) (*wiqlQuery, error) {
	p := &wiqlParser{c, wiqlToken.FindAllString(text, -1)}
	q := &wiqlQuery{}
	var err error
	if !p.word("select") {
		return nil, errors.New("it does not begin with SELECT")
	}
	if q.columns, err = p.fields(); err != nil {
		return nil, err
	}
	if !p.word("from") || !p.word("workitems") {
		return nil, errors.New("FROM workitems is missing, or a kind of query that the sandbox does not know")
	}
	if p.word("where") {
		if q.where, err = p.either(); err != nil {
			return nil, err
		}
	}
	if p.word("order") {
		if q.order, err = p.order(); err != nil {
			return nil, err
		}
	}
	if len(p.tokens) > 0 {
		return nil, fmt.Errorf("nothing was expected at %q", p.tokens[0])
	}
	return q, nil
}

func (p *wiqlParser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *wiqlParser) next() string {
	t := p.peek()
	p.tokens = p.tokens[min(1, len(p.tokens)):]
	return t
}

// word takes the next token if it is the keyword or sign.
func (p *wiqlParser) word(keyword string) bool {
	if !strings.EqualFold(p.peek(), keyword) {
		return false
	}
	p.next()
	return true
}

func (p *wiqlParser) field() (string, error) {
	given := p.next()
	name, ok := fieldName(strings.Trim(given, "[]"))
	if !ok {
		return "", fmt.Errorf("the field %q does not exist", given)
	}
	return name, nil
}

func (p *wiqlParser) fields() ([]string, error) {
	var names []string
	for {
		name, err := p.field()
		if err != nil {
			return nil, err
		}
		names = append(names, name)
		if !p.word(",") {
			return names, nil
		}
	}
}

func (p *wiqlParser) order() ([]wiqlOrder, error) {
	if !p.word("by") {
		return nil, errors.New("BY is missing after ORDER")
	}
	var order []wiqlOrder
	for {
		name, err := p.field()
		if err != nil {
			return nil, err
		}
		descending := p.word("desc")
		if !descending {
			p.word("asc")
		}
		order = append(order, wiqlOrder{name, descending})
		if !p.word(",") {
			return order, nil
		}
	}
}

// either is conditions joined by OR, which binds less than AND.
func (p *wiqlParser) either() (wiqlTest, error) {
	return p.joined("or", p.all, func(a, b wiqlTest) wiqlTest {
		return func(f map[string]any) bool { return a(f) || b(f) }
	})
}

func (p *wiqlParser) all() (wiqlTest, error) {
	return p.joined("and", p.condition, func(a, b wiqlTest) wiqlTest {
		return func(f map[string]any) bool { return a(f) && b(f) }
	})
}

func (p *wiqlParser) joined(keyword string, part func() (wiqlTest, error), join func(a, b wiqlTest) wiqlTest) (wiqlTest, error) {
	test, err := part()
	for err == nil && p.word(keyword) {
		var more wiqlTest
		if more, err = part(); err == nil {
			test = join(test, more)
		}
	}
	return test, err
}

func (p *wiqlParser) condition() (wiqlTest, error) {
	if p.word("(") {
		test, err := p.either()
		if err == nil && !p.word(")") {
			err = errors.New("a closing parenthesis is missing")
		}
		return test, err
	}
	if p.word("not") {
		test, err := p.condition()
		return func(f map[string]any) bool { return !test(f) }, err
	}
	field, err := p.field()
	if err != nil {
		return nil, err
	}
	return p.comparison(field)
}

// wiqlOperators compare a field's value with one given value.
var wiqlOperators = map[string]func(have any, want string) bool{
	"=":        func(have any, want string) bool { return compareFields(have, want) == 0 },
	"<>":       func(have any, want string) bool { return compareFields(have, want) != 0 },
	"<":        func(have any, want string) bool { return compareFields(have, want) < 0 },
	"<=":       func(have any, want string) bool { return compareFields(have, want) <= 0 },
	">":        func(have any, want string) bool { return compareFields(have, want) > 0 },
	">=":       func(have any, want string) bool { return compareFields(have, want) >= 0 },
	"contains": containsText,
	"under":    isUnder,
}

func containsText(have any, want string) bool {
	return strings.Contains(strings.ToLower(fieldText(have)), strings.ToLower(want))
}

// isUnder compares paths of areas and iterations.
func isUnder(have any, want string) bool {
	path, root := strings.ToLower(fieldText(have)), strings.ToLower(want)
	return path == root || strings.HasPrefix(path, root+`\`)
}

func (p *wiqlParser) comparison(field string) (wiqlTest, error) {
	switch {
	case p.word("not"): // NOT IN, NOT CONTAINS, NOT UNDER
		test, err := p.comparison(field)
		return func(f map[string]any) bool { return !test(f) }, err
	case p.word("in"):
		return p.membership(field)
	case p.word("is"):
		return p.emptiness(field)
	}
	sign := p.next()
	compare, ok := wiqlOperators[strings.ToLower(sign)]
	if !ok {
		return nil, fmt.Errorf("the operator %q is not known", sign)
	}
	if strings.EqualFold(sign, "contains") {
		p.word("words") // compared as text, too
	}
	want, err := p.value()
	return func(f map[string]any) bool { return compare(f[field], want) }, err
}

// emptiness is IS EMPTY or IS NOT EMPTY.
func (p *wiqlParser) emptiness(field string) (wiqlTest, error) {
	not := p.word("not")
	if !p.word("empty") {
		return nil, errors.New("EMPTY is missing after IS")
	}
	return func(f map[string]any) bool { return (fieldText(f[field]) == "") != not }, nil
}

func (p *wiqlParser) membership(field string) (wiqlTest, error) {
	if !p.word("(") {
		return nil, errors.New("a list in parentheses is missing after IN")
	}
	var wanted []string
	for {
		want, err := p.value()
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, want)
		if p.word(")") {
			break
		}
		if !p.word(",") {
			return nil, errors.New("a closing parenthesis is missing")
		}
	}
	return func(f map[string]any) bool {
		return slices.ContainsFunc(wanted, func(w string) bool { return compareFields(f[field], w) == 0 })
	}, nil
}

// value is a quoted text, a number or one of the macros @project, @me and
// @today with days added or taken away.
func (p *wiqlParser) value() (string, error) {
	token := p.next()
	switch {
	case strings.EqualFold(token, "@me"):
		return p.call.caller.UserPrincipalName, nil
	case strings.EqualFold(token, "@project") && p.call.project != nil:
		return p.call.project.Name, nil
	case len(token) >= len("@today") && strings.EqualFold(token[:len("@today")], "@today"):
		return p.today(token[len("@today"):])
	case len(token) >= 2 && (token[0] == '\'' || token[0] == '"'):
		quote := token[:1]
		return strings.ReplaceAll(token[1:len(token)-1], quote+quote, quote), nil
	}
	if _, err := strconv.ParseFloat(token, 64); err != nil {
		return "", fmt.Errorf("a value was expected at %q", token)
	}
	return token, nil
}

// today is a date, so many days from now; the offset may stand apart.
func (p *wiqlParser) today(offset string) (string, error) {
	if strings.HasPrefix(p.peek(), "-") || strings.HasPrefix(p.peek(), "+") {
		offset += p.next()
	}
	if offset == "-" || offset == "+" {
		offset += p.next()
	}
	days := 0
	if offset != "" {
		var err error
		if days, err = strconv.Atoi(offset); err != nil {
			return "", fmt.Errorf("a number of days was expected at %q", offset)
		}
	}
	return p.call.world.now().UTC().AddDate(0, 0, days).Format("2006-01-02"), nil
}
