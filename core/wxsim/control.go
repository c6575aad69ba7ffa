package wxsim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strings"
)

// controlPrefix is where tests in other languages control the simulator over
// HTTP. The paths are in control_ops.go, their description is at openAPIPath.
const controlPrefix = "/_sim/"

const openAPIPath = controlPrefix + "openapi.json"

// operation is one method of one path of the control API.
type operation struct {
	method  string
	path    string
	summary string
	in      reflect.Type // the JSON body, or the query of a GET or DELETE
	out     reflect.Type
	run     func(ctx context.Context, in func(any) error) (any, error)
}

// op makes an operation out of a function; in and out are structs whose json
// and doc tags describe the fields.
func op[In, Out any](method, path, summary string, run func(context.Context, In) (Out, error)) operation {
	return operation{method: method, path: controlPrefix + path, summary: summary,
		in: reflect.TypeFor[In](), out: reflect.TypeFor[Out](),
		run: func(ctx context.Context, decode func(any) error) (any, error) {
			var in In
			if err := decode(&in); err != nil {
				return nil, err
			}
			return run(ctx, in)
		}}
}

// none is a body or an answer without fields.
type none struct{}

// control answers a call of the control API: 200 with JSON, 400 with a sentence
// for a wrong call, 403 for a call that a page of another site makes.
func (s *Sim) control(r *http.Request) reply {
	if crossSite(r) {
		return controlError(http.StatusForbidden, "wxsim: another site must not control the simulator")
	}
	if r.URL.Path == openAPIPath && r.Method == http.MethodGet {
		return controlJSON(http.StatusOK, s.openAPI())
	}
	var methods []string
	for _, o := range s.operations() {
		if o.path != r.URL.Path {
			continue
		}
		if o.method != r.Method {
			methods = append(methods, o.method)
			continue
		}
		out, err := o.run(r.Context(), func(in any) error { return decodeControl(r, in) })
		if err != nil {
			return controlError(http.StatusBadRequest, err.Error())
		}
		return controlJSON(http.StatusOK, out)
	}
	if methods == nil {
		return controlError(http.StatusNotFound, "wxsim: no such path of the control API, see "+openAPIPath)
	}
	a := controlError(http.StatusMethodNotAllowed, "wxsim: method not allowed, use "+strings.Join(methods, " or "))
	a.allow = strings.Join(methods, ", ")
	return a
}

// decodeControl reads a JSON body, or the query of a method without body, into
// a struct. Unknown fields are errors, so that a typing mistake is found.
func decodeControl(r *http.Request, in any) error {
	if r.Method == http.MethodGet || r.Method == http.MethodDelete {
		return decodeQuery(r.URL.Query(), in)
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Errorf("wxsim: the body is longer than %d bytes, or ended early", maxBody)
	}
	if len(raw) == 0 {
		raw = []byte("{}")
	} else if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		// A form of another site cannot have this type.
		return fmt.Errorf("wxsim: the Content-Type must be application/json")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(in); err != nil {
		return fmt.Errorf("wxsim: the body does not fit %s: %w", openAPIPath, err)
	}
	return nil
}

// decodeQuery fills a struct of strings.
func decodeQuery(query url.Values, in any) error {
	fields := map[string]string{}
	for name := range query {
		fields[name] = query.Get(name)
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return fmt.Errorf("wxsim: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(in); err != nil {
		return fmt.Errorf("wxsim: the query does not fit %s: %w", openAPIPath, err)
	}
	return nil
}

func controlError(status int, sentence string) reply {
	return controlJSON(status, map[string]string{"error": sentence})
}

func controlJSON(status int, body any) reply {
	out, err := json.Marshal(body)
	if err != nil {
		return textReply(http.StatusInternalServerError, "wxsim: "+err.Error())
	}
	return reply{status: status, contentType: "application/json", body: append(out, '\n')}
}
