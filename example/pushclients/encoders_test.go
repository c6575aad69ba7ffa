package pushclients

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"github.com/silenceper/wechat/v2/util"
)

const (
	appID  = "wx0123456789abcdef"
	token  = "TokenOfTheTest"
	aesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
)

// outgoing is one message to be signed.
type outgoing struct {
	Message   []byte `json:"message"`
	Timestamp string `json:"timestamp"`
	Nonce     string `json:"nonce"`
	Encrypt   bool   `json:"encrypt"`
}

// signed is what an encoder makes of it.
type signed struct {
	Signature        string `json:"signature"`
	Encrypted        string `json:"encrypted"`
	MessageSignature string `json:"msg_signature"`
}

// silenceper signs and encrypts with github.com/silenceper/wechat/v2.
func silenceper(t *testing.T, all []outgoing) (out []signed) {
	for i, o := range all {
		s := signed{Signature: util.Signature(token, o.Timestamp, o.Nonce)}
		if o.Encrypt {
			random := []byte(util.RandomStr(16))
			b, err := util.EncryptMsg(random, o.Message, appID, aesKey)
			if err != nil {
				t.Fatalf("message %d: %v", i, err)
			}
			s.Encrypted = string(b)
			s.MessageSignature = util.Signature(token, o.Timestamp, o.Nonce, s.Encrypted)
		}
		out = append(out, s)
	}
	return out
}

// wechatCrypto signs and encrypts with npm's wechat-crypto.
func wechatCrypto(t *testing.T, all []outgoing) (out []signed) {
	if _, err := os.Stat("node_modules/wechat-crypto"); err != nil {
		if output, err := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund").CombinedOutput(); err != nil {
			t.Fatalf("npm ci: %v\n%s", err, output)
		}
	}
	var in bytes.Buffer
	for _, o := range all {
		if err := json.NewEncoder(&in).Encode(o); err != nil {
			t.Fatal(err)
		}
	}
	node := exec.Command("node", "--no-deprecation", "encode.js", token, aesKey, appID)
	node.Stdin = &in
	var errors bytes.Buffer
	node.Stderr = &errors
	lines, err := node.Output()
	if err != nil {
		t.Fatalf("node encode.js: %v\n%s", err, errors.String())
	}
	decoder := json.NewDecoder(bytes.NewReader(lines))
	for decoder.More() {
		var s signed
		if err := decoder.Decode(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}
