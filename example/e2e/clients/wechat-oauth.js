'use strict';
// A site with npm's wechat-oauth. GET /login?scope=... logs in and ends at a page
// with what the client learned, after one call to every endpoint of WeChat.
const http = require('http');
const { promisify } = require('util');
const OAuth = require('wechat-oauth');

const { ADDR, APP_ID, APP_SECRET } = process.env;
const site = `http://${ADDR}`;
const client = new OAuth(APP_ID, APP_SECRET);
const call = (name, ...args) => promisify(client[name]).apply(client, args);

async function callback(code) {
  const { data: token } = await call('getAccessToken', code);
  const { openid, scope } = token;
  const verified = await call('verifyToken', openid, token.access_token);
  const { data: renewed } = await call('refreshAccessToken', token.refresh_token);
  const user = { openid, scope, verified: verified.errcode === 0, renewed: renewed.openid === openid };
  if (scope === 'snsapi_userinfo') {
    const { nickname, headimgurl } = await call('getUser', { openid, lang: 'zh_CN' });
    Object.assign(user, { nickname, headimgurl });
  }
  return user;
}

async function serve(req, res) {
  const url = new URL(req.url, site);
  if (url.pathname === '/login') {
    const to = client.getAuthorizeURL(`${site}/callback`, 'chosen-by-the-site', url.searchParams.get('scope'));
    return res.writeHead(302, { Location: to }).end();
  }
  if (url.pathname !== '/callback') {
    return res.writeHead(404).end();
  }
  const user = await callback(url.searchParams.get('code'));
  res.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(user));
}

http.createServer((req, res) => {
  serve(req, res).catch((err) => res.writeHead(500).end(err.name));
}).listen(ADDR.split(':')[1], 'localhost');
process.on('SIGTERM', () => process.exit(0));
