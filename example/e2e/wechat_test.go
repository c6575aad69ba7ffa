package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed467724c4/wechat/core/wxsim"
)

// The account. The simulator's log and the examples' must never show the secret.
const (
	appID  = "wx0123456789abcdef"
	secret = "made-up-secret-of-the-browser-tests"

	accountName = "茶与书"
	pushToken   = "MadeUpTokenOfTheBrowserTests"
	pushKey     = "MadeUpKeyOfTheBrowserTestsMadeUpKeyOfTheBrA"
)

// wechat is the simulator, as strict as it is by default: WeChat's browser only,
// parameters in the documented order.
type wechat struct {
	*wxsim.Sim
	url string // http://127.0.0.1:PORT
}

func startWeChat(t *testing.T, more ...wxsim.Account) *wechat {
	t.Helper()
	sim, url, stop, err := wxsim.Start(wxsim.Config{
		Accounts: append([]wxsim.Account{{AppID: appID, Secret: secret, Domain: "localhost", Name: accountName}}, more...),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return &wechat{sim, url}
}

// Where visitors log in in production, and where they follow accounts.
const (
	weChatsOwn      = "https://open.weixin.qq.com"
	weChatsAccounts = "https://mp.weixin.qq.com"
)

// settings are what a site has to know of the account beyond id and secret. account
// is the address of the page where people follow it.
func settings(account string) []string {
	return []string{"WECHAT_ACCOUNT_NAME=" + accountName, "WECHAT_FOLLOW_QRCODE=" + account,
		"WECHAT_PUSH_TOKEN=" + pushToken, "WECHAT_ENCODING_AES_KEY=" + pushKey}
}

// sendsTo lets WeChat send its messages to a site, as the console does: once the site
// has passed its check.
func (w *wechat) sendsTo(t *testing.T, site string) {
	t.Helper()
	if err := w.SetPush(appID, site+"/wechat/push", pushToken, pushKey); err != nil {
		t.Fatal(err)
	}
	if err := w.VerifyPush(t.Context(), appID); err != nil {
		t.Fatal(err)
	}
}

// openID is the simulator's id of a person, which a login must end with.
func (w *wechat) openID(person string) string { return w.OpenID(appID, person) }

// nicknames of the simulator's people: with an emoji, plain, long.
var nicknames = map[string]string{"mei": "小美🌸", "jun": "阿俊", "lin": "林晓", "ouyang": "欧阳春江潮水连海平海上明月共潮生"}

// front lets the simulator answer by https under WeChat's own names: for a
// browser or a client whose resolver is told that they are here.
type front struct {
	addr string // 127.0.0.1:PORT
	cert string // a PEM file
}

func (w *wechat) startFront(t *testing.T) front {
	t.Helper()
	cert := selfSigned(t, "open.weixin.qq.com", "api.weixin.qq.com", "mp.weixin.qq.com")
	s := httptest.NewUnstartedServer(w.Sim)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	s.StartTLS()
	t.Cleanup(s.Close)

	file := filepath.Join(t.TempDir(), "cert.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return front{s.Listener.Addr().String(), file}
}

// mapped tells a browser where WeChat's pages are; see launch.
func (f front) mapped() string {
	return "MAP open.weixin.qq.com:443 " + f.addr + ", MAP mp.weixin.qq.com:443 " + f.addr
}

// selfSigned makes a certificate that vouches for itself. httptest's own is for
// example.com.
func selfSigned(t *testing.T, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
