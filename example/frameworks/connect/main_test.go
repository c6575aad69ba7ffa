package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/seed467724c4/wechat/core/adaptertest"
	"github.com/seed467724c4/wechat/core/adaptertest/setuptest"
	"github.com/seed467724c4/wechat/example/frameworks/internal/suite"
)

func TestContract(t *testing.T) { adaptertest.Run(t, suite.App(router)) }

// router mounts the gate as the site does.
func router(gate suite.Middleware) suite.Router {
	mux := http.NewServeMux()
	mux.Handle("/site.v1.People/Me", connect.NewUnaryHandler("/site.v1.People/Me", me))
	return suite.Router{
		Handle: mux.Handle,
		Prefix: mux.Handle,
		Serve:  func() http.Handler { return gate(mux) },
	}
}

func TestAProcedureKnowsItsCaller(t *testing.T) {
	auth, cookie := setuptest.LoggedIn(t)
	server := httptest.NewServer(site(auth))
	defer server.Close()
	client := connect.NewClient[emptypb.Empty, wrapperspb.StringValue](server.Client(), server.URL+"/site.v1.People/Me")
	request := connect.NewRequest(&emptypb.Empty{})
	if _, err := client.CallUnary(t.Context(), request); connect.CodeOf(err) != connect.CodeUnauthenticated {
		t.Errorf("rule: a client without a session is told unauthenticated: %v", err)
	}
	request.Header().Set("Cookie", cookie)
	if answer, err := client.CallUnary(t.Context(), request); err != nil || answer.Msg.GetValue() == "" {
		t.Errorf("rule: a procedure finds the user in its context: %v %v", answer, err)
	}
}
