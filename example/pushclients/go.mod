module github.com/seed467724c4/wechat/example/pushclients

go 1.25.0

require (
	github.com/seed467724c4/wechat v0.0.0
	github.com/silenceper/wechat/v2 v2.1.10
)

require (
	github.com/alexedwards/scs/v2 v2.9.0 // indirect
	github.com/patrickmn/go-cache v2.1.0+incompatible // indirect
	golang.org/x/crypto v0.53.0 // indirect
	golang.org/x/sync v0.21.0 // indirect
	rsc.io/qr v0.2.0 // indirect
)

replace github.com/seed467724c4/wechat => ../..
