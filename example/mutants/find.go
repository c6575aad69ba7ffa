package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"
)

// finder walks through one file and notes every change that it can make.
type finder struct {
	*room
	file  *file
	stack []ast.Node
	found []*mutant
}

// find lists the changes of all files, in the order of the sources.
func (p *room) find() []*mutant {
	var all []*mutant
	for _, f := range p.files {
		w := &finder{room: p, file: f}
		ast.Inspect(f.ast, w.visit)
		all = append(all, w.found...)
	}
	return all
}

func (w *finder) visit(n ast.Node) bool {
	if n == nil {
		w.stack = w.stack[:len(w.stack)-1]
		return true
	}
	switch n := n.(type) {
	case *ast.ImportSpec, *ast.Field:
		return false
	case *ast.BinaryExpr:
		w.binary(n)
	case *ast.UnaryExpr:
		if n.Op == token.NOT && !w.constant() {
			w.add(n, "negation dropped", w.source(n.X), ways)
		}
	case *ast.IfStmt:
		w.condition(n.Cond)
	case *ast.BasicLit:
		w.number(n)
	case *ast.BlockStmt:
		w.statements(n.List)
	case *ast.CaseClause:
		w.statements(n.Body)
	case *ast.CommClause:
		w.statements(n.Body)
	}
	w.stack = append(w.stack, n)
	return true
}

var swaps = map[token.Token][]string{
	token.LSS: {"<=", ">="}, token.LEQ: {"<", ">"}, token.GTR: {">=", "<="}, token.GEQ: {">", "<"},
	token.EQL: {"!="}, token.NEQ: {"=="}, token.LAND: {"||"}, token.LOR: {"&&"},
}

func (w *finder) binary(n *ast.BinaryExpr) {
	if w.constant() || w.info.Types[n].Value != nil {
		return
	}
	left, right := w.source(n.X), w.source(n.Y)
	for _, op := range swaps[n.Op] {
		w.add(n, "operator", left+" "+op+" "+right, ways)
	}
	if n.Op == token.LAND || n.Op == token.LOR {
		w.add(n, "condition dropped", left, ways)
		w.add(n, "condition dropped", right, ways)
	}
	other := map[token.Token]string{token.ADD: "-", token.SUB: "+", token.AND: "|", token.OR: "&"}[n.Op]
	if t, ok := w.typeName(w.info.Types[n].Type); ok && other != "" && isNumber(w.info.Types[n].Type) && !hasEffect(n) {
		w.add(n, "arithmetic", left+" "+other+" "+right, picks(t))
	}
}

// condition turns a condition round that is no comparison, such as a call or a variable.
func (w *finder) condition(cond ast.Expr) {
	switch cond.(type) {
	case *ast.BinaryExpr, *ast.UnaryExpr, *ast.ParenExpr:
	default:
		w.stack = append(w.stack, nil)
		w.add(cond, "condition turned", "!("+w.source(cond)+")", ways)
		w.stack = w.stack[:len(w.stack)-1]
	}
}

// number moves a constant by one, and doubles it.
func (w *finder) number(n *ast.BasicLit) {
	if n.Kind != token.INT && n.Kind != token.CHAR {
		return
	}
	value, err := strconv.ParseInt(n.Value, 0, 64)
	changes := []string{n.Value + "+1", n.Value + "-1"}
	if n.Kind == token.INT {
		if err != nil {
			return
		}
		if value > 1 {
			changes = append(changes, fmt.Sprint(2*value))
		}
	}
	if w.constant() {
		for _, to := range changes {
			m := w.mutant(n, "constant", to)
			m.alone = &textChange{w.offset(n.Pos()), w.offset(n.End()), "(" + to + ")"}
		}
		return
	}
	t, ok := w.typeName(w.info.Types[n].Type)
	if !ok || !isNumber(w.info.Types[n].Type) {
		return
	}
	pl := w.place(n, picks(t))
	for _, to := range changes {
		w.mutant(n, "constant", to).place = pl
	}
}

// statements leaves statements out, returns early and takes the results of calls away.
func (w *finder) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.AssignStmt:
			if s.Tok != token.DEFINE {
				w.add(s, "statement dropped", "", drops)
			}
			w.results(s)
		case *ast.ExprStmt, *ast.IncDecStmt, *ast.SendStmt, *ast.GoStmt, *ast.DeferStmt, *ast.BranchStmt:
			w.add(s, "statement dropped", "", drops)
		case *ast.ReturnStmt:
			w.add(s, "statement dropped", "", drops)
			w.returns(s)
		}
	}
}

// results gives a variable its zero value behind the call that has set it.
func (w *finder) results(s *ast.AssignStmt) {
	if len(s.Rhs) != 1 {
		return
	}
	if _, call := s.Rhs[0].(*ast.CallExpr); !call {
		return
	}
	pl := w.place(s, follows)
	for _, left := range s.Lhs {
		name, ok := left.(*ast.Ident)
		if !ok || name.Name == "_" {
			continue
		}
		obj := w.info.Defs[name]
		if obj == nil {
			obj = w.info.Uses[name]
		}
		if t, ok := w.typeName(obj.Type()); ok {
			w.mutant(s, "result lost", name.Name+" = *new("+t+")").place = pl
		}
	}
}

// returns lets a function return zero values: all of them, and each alone.
func (w *finder) returns(s *ast.ReturnStmt) {
	results := w.resultTypes()
	if len(results) == 0 {
		return
	}
	zero := make([]string, len(results))
	for i, t := range results {
		zero[i] = "*new(" + t + ")"
	}
	pl := w.place(s, precedes)
	add := func(values []string) {
		if m := "return " + strings.Join(values, ", "); m != w.source(s) {
			w.mutant(s, "return", m).place = pl
		}
	}
	if !w.isZero(s.Results) {
		add(zero)
	}
	if len(s.Results) != len(results) {
		return
	}
	for i, value := range s.Results {
		values := make([]string, len(results))
		for j := range values {
			values[j] = w.source(s.Results[j])
		}
		if results[i] == "bool" {
			values[i] = "!(" + w.source(value) + ")"
			add(values)
		} else if len(results) > 1 && !w.isZero(s.Results[i:i+1]) {
			values[i] = zero[i]
			add(values)
		}
	}
}

// isZero holds for values that are written as zero values.
func (w *finder) isZero(values []ast.Expr) bool {
	for _, v := range values {
		switch text := w.source(v); {
		case text == "nil", text == "false", text == "0", text == `""`, strings.HasSuffix(text, "{}"):
		default:
			return false
		}
	}
	return len(values) > 0
}

// resultTypes are those of the function around.
func (w *finder) resultTypes() (names []string) {
	for i := len(w.stack) - 1; i >= 0; i-- {
		var t *ast.FuncType
		switch f := w.stack[i].(type) {
		case *ast.FuncDecl:
			t = f.Type
		case *ast.FuncLit:
			t = f.Type
		default:
			continue
		}
		if t.Results == nil {
			return nil
		}
		for _, field := range t.Results.List {
			for range max(1, len(field.Names)) {
				names = append(names, w.source(field.Type))
			}
		}
		return names
	}
	return nil
}

// constant says whether the language wants a constant here.
func (w *finder) constant() bool {
	for i := len(w.stack) - 1; i >= 0; i-- {
		switch n := w.stack[i].(type) {
		case *ast.GenDecl:
			return n.Tok != token.VAR
		case *ast.ArrayType:
			return true
		case *ast.FuncDecl, *ast.FuncLit:
			return false
		}
	}
	return false
}

// typeName is how this file writes a type; ok is false where it cannot.
func (w *finder) typeName(t types.Type) (name string, ok bool) {
	ok = t != nil
	if !ok {
		return "", false
	}
	if b, isBasic := t.(*types.Basic); isBasic && b.Info()&types.IsUntyped != 0 {
		return "", false
	}
	name = types.TypeString(t, func(p *types.Package) string {
		if p.Path() == w.path {
			return ""
		}
		for _, spec := range w.file.ast.Imports {
			if path, _ := strconv.Unquote(spec.Path.Value); path == p.Path() && spec.Name == nil {
				return p.Name()
			}
		}
		ok = false
		return p.Name()
	})
	return name, ok
}

func isNumber(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsInteger != 0
}

// hasEffect says whether a second evaluation could change something.
func hasEffect(n ast.Node) (has bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			name, plain := call.Fun.(*ast.Ident)
			has = has || !plain || !strings.Contains(" len min max int int64 uint64 byte ", " "+name.Name+" ")
		}
		return true
	})
	return has
}

func (w *finder) add(n ast.Node, operator, to string, build func([]*mutant) (string, string)) {
	w.mutant(n, operator, to).place = w.place(n, build)
}

func (w *finder) mutant(n ast.Node, operator, to string) *mutant {
	m := &mutant{file: w.file, line: w.fset.Position(n.Pos()).Line, operator: operator, old: w.source(n), new: to}
	w.found = append(w.found, m)
	return m
}

// place is shared by all changes of one node and kind, so that one switch holds them.
func (w *finder) place(n ast.Node, build func([]*mutant) (string, string)) *place {
	depth := 2 * len(w.stack)
	if _, isStatement := n.(ast.Stmt); !isStatement {
		depth++
	}
	from, to := w.offset(n.Pos()), w.offset(n.End())
	for _, m := range w.found {
		if pl := m.place; pl != nil && pl.from == from && pl.to == to && pl.depth == depth && m.file == w.file && fmt.Sprintf("%p", pl.build) == fmt.Sprintf("%p", build) {
			return pl
		}
	}
	return &place{from: from, to: to, depth: depth, build: build}
}

func (w *finder) offset(p token.Pos) int { return w.fset.Position(p).Offset }

func (w *finder) source(n ast.Node) string {
	return string(w.file.text[w.offset(n.Pos()):w.offset(n.End())])
}
