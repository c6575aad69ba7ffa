package web

// Kind says what kind of request this is; see KindOf.
type Kind uint8

const (
	Navigation Kind = iota // a visitor opens a page in a window
	Script                 // everything that a redirect to another site would break
	Frame                  // a visitor opens a page inside another page
	FormPost               // a visitor sends an HTML form by POST
	Preflight              // a browser asks by OPTIONS whether another site's script may call (CORS)
	Kinds                  // how many kinds there are
)

// Client says where the visitor's browser is; see ClientOf.
type Client uint8

const (
	InsideWeChat  Client = iota
	OutsideWeChat        // on a phone, in WeCom, or in no browser that is known
	Desktop              // a browser outside WeChat that is not on a phone
	Clients              // how many there are
)
