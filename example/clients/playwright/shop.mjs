// A small shop as a team without any library would write it. WeChat's addresses
// come from the environment: the simulator's in tests.
import express from 'express';
import { randomBytes } from 'node:crypto';

const { WECHAT_OPEN_URL, WECHAT_API_URL, WECHAT_APP_ID, WECHAT_APP_SECRET, WECHAT_WEBSITE_APP_ID, WECHAT_WEBSITE_APP_SECRET } = process.env;
const app = express();
const sessions = new Map();
const cookie = (req, name) => (req.headers.cookie ?? '').split('; ').find((c) => c.startsWith(`${name}=`))?.slice(name.length + 1);
const setCookie = (name, value) => `${name}=${value}; Path=/; HttpOnly; SameSite=Lax`;

function login(path, page, scope, appID, secret) {
  app.get(path, (req, res) => {
    const state = randomBytes(16).toString('hex');
    const back = encodeURIComponent(`http://${req.headers.host}${path}/done`);
    res.setHeader('Set-Cookie', setCookie('state', state));
    res.redirect(`${WECHAT_OPEN_URL}${page}?appid=${appID}&redirect_uri=${back}&response_type=code&scope=${scope}&state=${state}#wechat_redirect`);
  });
  app.get(`${path}/done`, async (req, res) => {
    const { code, state } = req.query;
    if (!state || state !== cookie(req, 'state')) return res.status(400).send('登录链接无效，请重新登录');
    if (!code) return res.status(403).send('你没有授权');
    const api = async (address) => (await fetch(WECHAT_API_URL + address)).json();
    const token = await api(`/sns/oauth2/access_token?appid=${appID}&secret=${secret}&code=${code}&grant_type=authorization_code`);
    if (token.errcode) return res.status(502).send(`微信返回 ${token.errcode}，请重新登录`);
    const me = await api(`/sns/userinfo?access_token=${token.access_token}&openid=${token.openid}`);
    const id = randomBytes(16).toString('hex');
    sessions.set(id, { nickname: me.nickname, openid: me.openid });
    res.setHeader('Set-Cookie', setCookie('session', id));
    res.redirect(303, '/me');
  });
}

login('/login', '/connect/oauth2/authorize', 'snsapi_userinfo', WECHAT_APP_ID, WECHAT_APP_SECRET);
login('/scan', '/connect/qrconnect', 'snsapi_login', WECHAT_WEBSITE_APP_ID, WECHAT_WEBSITE_APP_SECRET);
app.get('/me', (req, res) => {
  const me = sessions.get(cookie(req, 'session'));
  if (!me) return res.redirect('/login');
  res.send(`<!DOCTYPE html><meta charset="utf-8"><h1>你好，${me.nickname}</h1><p id="openid">${me.openid}</p>`);
});

const server = app.listen(0, 'localhost', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit(0));
