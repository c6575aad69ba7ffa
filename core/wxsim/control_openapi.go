package wxsim

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"time"
)

// object is a JSON object of the description.
type object map[string]any

// openAPI describes the control API in OpenAPI 3.1, from the list of its
// operations and the tags of their structs.
func (s *Sim) openAPI() object {
	paths := object{}
	for _, o := range s.operations() {
		method := object{"summary": o.summary, "operationId": operationID(o), "responses": object{
			"200": object{"description": "done", "content": object{"application/json": object{"schema": schemaOf(o.out)}}},
			"400": object{"description": "the call is wrong; error says why", "content": object{"application/json": object{"schema": object{
				"type": "object", "properties": object{"error": object{"type": "string"}}}}}},
		}}
		switch fields := fieldsOf(o.in); {
		case len(fields) == 0:
		case o.method == http.MethodGet || o.method == http.MethodDelete:
			var parameters []object
			for _, f := range fields {
				parameters = append(parameters, object{"name": f.name, "in": "query", "required": f.required, "schema": f.schema})
			}
			method["parameters"] = parameters
		default:
			method["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": schemaOf(o.in)}}}
		}
		path, ok := paths[o.path].(object)
		if !ok {
			path = object{}
			paths[o.path] = path
		}
		path[strings.ToLower(o.method)] = method
	}
	return object{
		"openapi": "3.1.0",
		"info": object{"title": "wxsim control API", "version": "1",
			"description": "Controls the WeChat login simulator from tests in any language. A browser chooses who it belongs to with a form POST to / (person=ID), which sets the cookie " + personCookie + "."},
		"paths": paths,
	}
}

// operationID is "postTokensExpire" for POST /_sim/tokens/expire.
func operationID(o operation) string {
	id := strings.ToLower(o.method)
	for _, word := range strings.FieldsFunc(strings.TrimPrefix(o.path, controlPrefix), func(r rune) bool { return r == '/' || r == '-' }) {
		id += strings.ToUpper(word[:1]) + word[1:]
	}
	return id
}

// field is a field of a struct as JSON shows it.
type field struct {
	name     string
	required bool
	schema   object
}

// fieldsOf lists the fields of a struct, those of embedded structs among them.
func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			out = append(out, fieldsOf(f.Type)...)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || !f.IsExported() {
			continue
		}
		schema := schemaOf(f.Type)
		if doc := f.Tag.Get("doc"); doc != "" {
			schema["description"] = doc
		}
		out = append(out, field{name, !strings.Contains(options, "omitempty"), schema})
	}
	return out
}

// schemaOf is the JSON schema of a type of the control API.
func schemaOf(t reflect.Type) object {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[json.RawMessage]():
		return object{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem())
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Slice:
		return object{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": schemaOf(t.Elem())}
	case reflect.Struct:
		properties, required := object{}, []string{}
		for _, f := range fieldsOf(t) {
			properties[f.name] = f.schema
			if f.required {
				required = append(required, f.name)
			}
		}
		return object{"type": "object", "properties": properties, "required": required}
	}
	panic("wxsim: no schema for " + t.String()) // a test builds the whole description
}
