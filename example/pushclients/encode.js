// Signs and encrypts messages with npm's wechat-crypto. It reads one message a line,
// {"message": base64, "timestamp", "nonce", "encrypt": bool}, and writes one line each:
// {"signature", "encrypted", "msg_signature"}.
const readline = require('readline')
const WXBizMsgCrypt = require('wechat-crypto')

const [token, aesKey, appId] = process.argv.slice(2)
const crypt = new WXBizMsgCrypt(token, aesKey, appId)
readline.createInterface({ input: process.stdin }).on('line', line => {
  const { message, timestamp, nonce, encrypt } = JSON.parse(line)
  const out = { signature: crypt.getSignature(timestamp, nonce, '') }
  if (encrypt) {
    out.encrypted = crypt.encrypt(Buffer.from(message, 'base64'))
    out.msg_signature = crypt.getSignature(timestamp, nonce, out.encrypted)
  }
  console.log(JSON.stringify(out))
})
