// A site with every client of others. It prints its port, and ends when its
// standard input does.
//   /login/NAME/login, /login/NAME/wrong/login   log in; ends at the callback's JSON
//   /api/NAME?openid=..., /api/NAME/wrong        one account API client
//   /push/NAME, /push/NAME/aes                   one receiver
//   /got                                         what the receivers understood
// "wrong" has a wrong AppSecret.
import express from 'express';
import { logins } from './logins.mjs';
import { apis } from './apis.mjs';
import { receivers } from './receivers.mjs';

const { APP_ID, APP_SECRET, WEBSITE_APP_ID, WEBSITE_APP_SECRET, PUSH_TOKEN, PUSH_AES_KEY } = process.env;
const app = express();
const server = app.listen(0, 'localhost', () => {
  const { port } = server.address();
  for (const name of Object.keys(logins)) {
    for (const wrong of ['', '/wrong']) addLogin(name, wrong, `http://localhost:${port}/login/${name}${wrong}`);
  }
  console.log(port);
});

// The first number that an error names is WeChat's.
function told(res, work) {
  return work.catch((err) => {
    const code = err.code ?? (/\b(-1|4\d{4})\b/.exec(`${err.message} ${JSON.stringify(err)}`) ?? [])[0];
    res.json({ error: `${err.name}: ${err.message}`, code: String(code ?? '') });
  });
}

function addLogin(name, wrong, base) {
  const web = name.endsWith('-web');
  const client = logins[name]({
    appID: web ? WEBSITE_APP_ID : APP_ID, callback: `${base}/callback`,
    secret: wrong ? 'wrong' : (web ? WEBSITE_APP_SECRET : APP_SECRET),
  });
  const path = new URL(base).pathname;
  app.get([`${path}/login`, `${path}/callback`, `${path}/auth/callback/wechat`], (req, res) => told(res, (async () => {
    if (client.handle) {
      const { user, to, cookies } = await client.handle(req, res);
      for (const cookie of cookies ?? []) res.append('Set-Cookie', cookie);
      if (user) return res.json(user);
      return res.writeHead(302, { Location: to }).end();
    }
    if (req.path.endsWith('/login')) return res.writeHead(302, { Location: client.start() }).end();
    const { openid, nickname } = await client.finish(req.query);
    return res.json({ openid, nickname });
  })()));
}

for (const [name, make] of Object.entries(apis)) {
  const right = make(APP_ID, APP_SECRET), wrong = make(APP_ID, 'wrong');
  app.get(`/api/${name}`, (req, res) => told(res, right(req.query.openid).then((out) => res.json(out))));
  app.get(`/api/${name}/wrong`, (req, res) => told(res, wrong(req.query.openid).then((out) => res.json(out))));
}

let got = [];
for (const [name, make] of Object.entries(receivers)) {
  for (const [path, aesKey] of [['', ''], ['/aes', PUSH_AES_KEY]]) {
    app.use(`/push/${name}${path || '/plain'}`, make({ appID: APP_ID, secret: APP_SECRET, token: PUSH_TOKEN, aesKey,
      got: ({ MsgType, Event, Content, FromUserName }) => got.push({ MsgType, Event, Content, FromUserName }) }));
  }
}
app.get('/got', (req, res) => { res.json(got); got = []; });

process.stdin.resume().on('end', () => process.exit(0));
