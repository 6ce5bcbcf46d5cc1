package sandbox

import (
	"reflect"
	"slices"
)

// An operand is a property that a $filter names.
type operand struct {
	name    string // as written
	path    []int  // field indexes from the root or the lambda's element
	typ     reflect.Type
	element bool // starts at the lambda's element
	any     bool // followed by /any(: the parenthesis is read
}

// operand reads a path such as displayName, tags/any( or, in a lambda, x/y.
func (p *filterParser) operand() (operand, *graphError) {
	first := p.next()
	if first.kind != filterWord {
		return operand{}, errFilterSyntax.with("A property name is needed.")
	}
	o := operand{name: first.text, typ: p.in}
	if p.variable != "" {
		if first.text != p.variable {
			return operand{}, errFilterSyntax.with("'" + first.text + "' is not the variable of any().")
		}
		o.element = true
	} else if fault := o.step(first.text, p.set); fault != nil {
		return operand{}, fault
	}
	return p.rest(o)
}

// rest follows the slashes after the first name.
func (p *filterParser) rest(o operand) (operand, *graphError) {
	for p.accept(filterMark, "/") {
		t := p.next()
		if t.kind != filterWord {
			return operand{}, errFilterSyntax.with("A property name is needed after '/'.")
		}
		if t.text == "any" && p.accept(filterMark, "(") {
			o.any = true
			return o, o.checkCollection(p)
		}
		if fault := o.step(t.text, p.set); fault != nil {
			return operand{}, fault
		}
	}
	if o.kind() == reflect.Invalid {
		return operand{}, errFilterProperty.with(o.name, p.set.resource)
	}
	return o, nil
}

// step goes down to a property. Only those of the first level that the
// service can search by are open.
func (o *operand) step(name string, set *entitySet) *graphError {
	if o.typ.Kind() != reflect.Struct {
		return errFilterProperty.with(name, set.resource)
	}
	f, ok := fieldNamed(o.typ, name)
	if !ok {
		return errFilterSyntax.with("Could not find a property named '" + name + "' on type '" + set.typeName + "'.")
	}
	if o.typ == set.of && !slices.Contains(set.filterable, name) {
		return errFilterProperty.with(name, set.resource)
	}
	o.name, o.path, o.typ = name, append(o.path, f.index), f.typ
	return nil
}

// checkCollection holds any() to collections, and to one level.
func (o *operand) checkCollection(p *filterParser) *graphError {
	if o.typ.Kind() != reflect.Slice || p.variable != "" {
		return errFilterProperty.with(o.name, p.set.resource)
	}
	return nil
}

func (o operand) elem() reflect.Type { return o.typ.Elem() }

// kind is String or Bool, behind a pointer or not; else Invalid.
func (o operand) kind() reflect.Kind {
	t := o.typ
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if k := t.Kind(); k == reflect.String || k == reflect.Bool {
		return k
	}
	return reflect.Invalid
}

// value follows the path.
func (o operand) value(root, item reflect.Value) reflect.Value {
	v := root
	if o.element {
		v = item
	}
	for _, i := range o.path {
		v = v.Field(i)
	}
	return v
}
