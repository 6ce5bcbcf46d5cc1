package sandbox

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a $filter. The first is Microsoft Graph's own; the second keeps
// the parser's recursion small.
const (
	maxFilterClauses = 15
	maxFilterDepth   = 32
)

// A predicate tells whether an object passes; item is the element that a
// lambda's variable stands for.
type predicate func(root, item reflect.Value) bool

// A filter is a parsed $filter.
type filter struct {
	match predicate
	// advanced: it needs ConsistencyLevel: eventual and $count=true.
	advanced bool
}

// parseFilter reads a $filter on objects of a set. It takes time linear in
// the length of the text: no token is looked at twice.
func parseFilter(text string, set *entitySet) (filter, *graphError) {
	p := &filterParser{tokens: filterTokens(text), set: set, in: set.of}
	match, fault := p.or()
	if fault == nil && p.peek().kind != filterEnd {
		fault = p.unexpected()
	}
	if fault == nil && p.branches > maxFilterClauses {
		fault = errFilterClauses.with(p.branches, maxFilterClauses)
	}
	return filter{match, p.advanced}, fault
}

type filterParser struct {
	tokens   []filterToken
	set      *entitySet
	in       reflect.Type // what names are looked up in
	variable string       // the lambda's, inside of one
	depth    int
	branches int // alternatives: terms of or, values of in
	advanced bool
}

func (p *filterParser) peek() filterToken {
	if len(p.tokens) == 0 {
		return filterToken{}
	}
	return p.tokens[0]
}

func (p *filterParser) next() filterToken {
	t := p.peek()
	if len(p.tokens) > 0 {
		p.tokens = p.tokens[1:]
	}
	return t
}

// accept takes the next token if it is this mark or word.
func (p *filterParser) accept(kind filterTokenKind, text string) bool {
	if t := p.peek(); t.kind != kind || !strings.EqualFold(t.text, text) {
		return false
	}
	p.next()
	return true
}

func (p *filterParser) expect(mark string) *graphError {
	if p.accept(filterMark, mark) {
		return nil
	}
	return p.unexpected()
}

func (p *filterParser) unexpected() *graphError {
	t := p.peek()
	if t.kind == filterEnd {
		return errFilterSyntax.with("Expression expected at the end.")
	}
	return errFilterSyntax.with("Syntax error at '" + t.text + "'.")
}

func (p *filterParser) or() (predicate, *graphError) {
	terms, fault := p.chain("or", p.and)
	if len(terms) > 1 {
		p.branches += len(terms)
	}
	return func(root, item reflect.Value) bool {
		return slices.ContainsFunc(terms, func(t predicate) bool { return t(root, item) })
	}, fault
}

func (p *filterParser) and() (predicate, *graphError) {
	terms, fault := p.chain("and", p.not)
	return func(root, item reflect.Value) bool {
		return !slices.ContainsFunc(terms, func(t predicate) bool { return !t(root, item) })
	}, fault
}

// chain reads operands joined by one operator.
func (p *filterParser) chain(operator string, operand func() (predicate, *graphError)) ([]predicate, *graphError) {
	var terms []predicate
	for {
		term, fault := operand()
		if fault != nil {
			return terms, fault
		}
		if terms = append(terms, term); !p.accept(filterWord, operator) {
			return terms, nil
		}
	}
}

// not binds tighter than a comparison, so it stands before parentheses or a
// call only.
func (p *filterParser) not() (predicate, *graphError) {
	if !p.accept(filterWord, "not") {
		return p.term()
	}
	p.advanced = true
	t, fault := p.term()
	return func(root, item reflect.Value) bool { return !t(root, item) }, fault
}

func (p *filterParser) term() (predicate, *graphError) {
	if p.accept(filterMark, "(") {
		return p.group()
	}
	t := p.peek()
	if t.kind != filterWord {
		return nil, p.unexpected()
	}
	if len(p.tokens) > 1 && p.tokens[1] == (filterToken{filterMark, "("}) {
		return p.call()
	}
	return p.comparison()
}

func (p *filterParser) group() (predicate, *graphError) {
	if p.depth++; p.depth > maxFilterDepth {
		return nil, errFilterSyntax.with("Too many nested expressions.")
	}
	defer func() { p.depth-- }()
	inner, fault := p.or()
	if fault != nil {
		return nil, fault
	}
	return inner, p.expect(")")
}

// comparison reads "name eq value", "name in (…)" and "name/any(…)".
func (p *filterParser) comparison() (predicate, *graphError) {
	operand, fault := p.operand()
	if fault != nil {
		return nil, fault
	}
	if operand.any {
		return p.lambda(operand)
	}
	switch operator := p.next(); strings.ToLower(operator.text) {
	case "eq":
		return p.equals(operand)
	case "ne":
		p.advanced = true
		equal, fault := p.equals(operand)
		return func(root, item reflect.Value) bool { return !equal(root, item) }, fault
	case "in":
		return p.oneOf(operand)
	case "ge", "le", "gt", "lt":
		return nil, errFilterProperty.with(operand.name, p.set.resource)
	default:
		return nil, errFilterSyntax.with("Operator expected after '" + operand.name + "'.")
	}
}

func (p *filterParser) equals(left operand) (predicate, *graphError) {
	want, fault := p.literal(left)
	return func(root, item reflect.Value) bool { return want.equals(left.value(root, item)) }, fault
}

func (p *filterParser) oneOf(left operand) (predicate, *graphError) {
	if fault := p.expect("("); fault != nil {
		return nil, fault
	}
	var wanted []literal
	for {
		want, fault := p.literal(left)
		if fault != nil {
			return nil, fault
		}
		if wanted = append(wanted, want); !p.accept(filterMark, ",") {
			break
		}
	}
	p.branches += len(wanted)
	return func(root, item reflect.Value) bool {
		have := left.value(root, item)
		return slices.ContainsFunc(wanted, func(l literal) bool { return l.equals(have) })
	}, p.expect(")")
}

// call reads startswith(name,'text') and endswith(name,'text').
func (p *filterParser) call() (predicate, *graphError) {
	name := strings.ToLower(p.next().text)
	test, known := map[string]func(s, affix string) bool{"startswith": hasPrefixFold, "endswith": hasSuffixFold}[name]
	if !known {
		return nil, errFilterSyntax.with("An unknown function with name '" + name + "' was found.")
	}
	p.advanced = p.advanced || name == "endswith"
	p.next() // the parenthesis that made it a call
	operand, fault := p.operand()
	if fault != nil {
		return nil, fault
	}
	if fault := p.expect(","); fault != nil {
		return nil, fault
	}
	affix := p.next()
	if affix.kind != filterString || operand.any || operand.kind() != reflect.String {
		return nil, errFilterTypes.with(operand.name)
	}
	return func(root, item reflect.Value) bool {
		return test(textOf(operand.value(root, item)), affix.text)
	}, p.expect(")")
}

// hasPrefixFold and hasSuffixFold compare without letter case, letter by
// letter: in bytes, upper and lower case may differ in length.
func hasPrefixFold(s, prefix string) bool {
	for _, want := range prefix {
		have, size := utf8.DecodeRuneInString(s)
		if size == 0 || !sameFold(have, want) {
			return false
		}
		s = s[size:]
	}
	return true
}

func hasSuffixFold(s, suffix string) bool {
	for suffix != "" {
		have, size := utf8.DecodeLastRuneInString(s)
		want, wanted := utf8.DecodeLastRuneInString(suffix)
		if size == 0 || !sameFold(have, want) {
			return false
		}
		s, suffix = s[:len(s)-size], suffix[:len(suffix)-wanted]
	}
	return true
}

func sameFold(a, b rune) bool { return a == b || unicode.ToLower(a) == unicode.ToLower(b) }

// lambda reads the rest of name/any(x:…).
func (p *filterParser) lambda(collection operand) (predicate, *graphError) {
	variable := p.next()
	if fault := p.expect(":"); fault != nil || variable.kind != filterWord {
		return nil, errFilterSyntax.with("A lambda expression is needed in any().")
	}
	outer := *p
	p.in, p.variable = collection.elem(), variable.text
	inner, fault := p.group() // ends with the parenthesis of any
	p.in, p.variable = outer.in, outer.variable
	return func(root, _ reflect.Value) bool {
		list := collection.value(root, reflect.Value{})
		for i := range list.Len() {
			if inner(root, list.Index(i)) {
				return true
			}
		}
		return false
	}, fault
}

// literal reads a value that fits the operand.
func (p *filterParser) literal(left operand) (literal, *graphError) {
	t := p.next()
	kind := left.kind()
	switch {
	case t.kind == filterString && kind == reflect.String:
		return literal{text: t.text}, nil
	case t.kind == filterWord && t.text == "null":
		return literal{null: true}, nil
	case t.kind == filterWord && (t.text == "true" || t.text == "false") && kind == reflect.Bool:
		return literal{text: t.text}, nil
	case t.kind == filterString || t.kind == filterWord:
		return literal{}, errFilterTypes.with(left.name)
	}
	return literal{}, errFilterSyntax.with("A value is needed after '" + left.name + "'.")
}

// A literal is what a property is compared with.
type literal struct {
	text string
	null bool
}

// equals compares as the directory does: without letter case.
func (l literal) equals(v reflect.Value) bool {
	absent := !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
	if l.null || absent {
		return l.null && absent
	}
	return strings.EqualFold(textOf(v), l.text)
}

// textOf is a string's or a bool's text; "" for null.
func textOf(v reflect.Value) string {
	if v.IsValid() && v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	switch {
	case !v.IsValid():
		return ""
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool())
	}
	return v.String()
}
