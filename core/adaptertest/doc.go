// Package adaptertest proves an adapter against the contract of [core.Request]
// and [core.Outcome]: the three of this module, and anybody's for echo, hertz or
// another framework.
//
//	func TestContract(t *testing.T) { adaptertest.Run(t, app) }
//
//	// app builds the routes that adaptertest.App asks for, and listens.
//	func app(k *adaptertest.Kit) (baseURL string, stop func(), err error) { … }
//
// The app_test.go of this module's adapters are three such apps.
//
// Everything goes over real sockets, as bytes: a browser that writes its request
// lines itself, keeps cookies and follows redirects by hand, an app that listens
// on 127.0.0.1, and a WeChat of the suite's own ([wxsim]). Run it with -race.
package adaptertest
