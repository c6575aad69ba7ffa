// Each login is a client of others, set up as its own documentation says. It is
// a function of one account that returns { start, finish }: start gives the
// address of WeChat's page, finish gives the person for the callback's query.
// A client that is a middleware answers the requests itself: { handle }.
import { promisify } from 'node:util';
import passport from 'passport';
import { Strategy } from 'passport-wechat';
import { Auth, skipCSRFCheck } from '@auth/core';
import AuthWeChat from '@auth/core/providers/wechat';
import OAuth from 'wechat-oauth';
import CoOAuth from 'co-wechat-oauth';
import { OfficialAccount } from 'node-easywechat';

// It keeps tokens in files, whose names have the AppSecret in them.
const files = { file_cache: { path: process.env.TMPDIR } };

const need = (query) => {
  if (!query.code || query.code === 'authdeny') throw new Error('refused');
  return query.code;
};

export const logins = {
  'wechat-oauth': ({ appID, secret, callback }) => {
    const client = new OAuth(appID, secret);
    const call = (name, ...args) => promisify(client[name]).apply(client, args);
    return {
      start: () => client.getAuthorizeURL(callback, '', 'snsapi_userinfo'),
      finish: async (query) => {
        const { data } = await call('getAccessToken', need(query));
        return call('getUser', { openid: data.openid, lang: 'zh_CN' });
      },
    };
  },

  'co-wechat-oauth': ({ appID, secret, callback }) => {
    const client = new CoOAuth(appID, secret);
    return {
      start: () => client.getAuthorizeURL(callback, '', 'snsapi_userinfo'),
      finish: async (query) => {
        const { data } = await client.getAccessToken(need(query));
        return client.getUser({ openid: data.openid, lang: 'zh_CN' });
      },
    };
  },

  'node-easywechat': ({ appID, secret, callback }) => {
    const oauth = new OfficialAccount({ ...files, app_id: appID, secret, oauth: { scope: 'snsapi_userinfo', redirect: callback } }).getOAuth();
    return {
      start: () => oauth.redirect(callback),
      finish: async (query) => {
        const user = await oauth.userFromCode(need(query));
        return { openid: user.getId(), nickname: user.getNickname() };
      },
    };
  },

  'passport-wechat': (account) => passportLogin(account, 'wechat', 'snsapi_userinfo'),
  'passport-wechat-web': (account) => passportLogin(account, 'web', 'snsapi_login'),

  // Its own state is longer than the 128 bytes that WeChat documents.
  'auth-core': (account) => authLogin(account, { platformType: 'OfficialAccount' }),
  'auth-core-web': (account) => authLogin(account, { platformType: 'WebsiteApp' }),
  'auth-core-without-state': (account) => authLogin(account, { platformType: 'OfficialAccount', checks: ['none'] }),
  'auth-core-without-state-web': (account) => authLogin(account, { platformType: 'WebsiteApp', checks: ['none'] }),
};

function passportLogin({ appID, secret, callback }, client, scope) {
  // It needs a state to know a refusal: without one it starts the login anew.
  const strategy = new Strategy({ appID, appSecret: secret, client, callbackURL: callback, scope, state: 's1', lang: 'zh_CN' },
    (access, refresh, profile, expires, done) => done(null, profile));
  return {
    handle: (req, res) => new Promise((resolve, reject) => {
      req._passport = { instance: passport }; // what passport.initialize() sets
      const run = Object.create(strategy);
      run.redirect = (to) => resolve({ to });
      run.success = (user) => resolve({ user });
      run.fail = (why) => reject(new Error(`refused ${why}`));
      run.error = reject;
      run.authenticate(req, {});
    }),
  };
}

function authLogin({ appID, secret, callback }, options) {
  let seen;
  const config = {
    basePath: new URL(callback).pathname.replace('/callback', '/auth'), trustHost: true, secret: 'made-up', skipCSRFCheck,
    providers: [AuthWeChat({ clientId: appID, clientSecret: secret, ...options })],
    callbacks: { signIn: ({ profile }) => { seen = { user: { openid: profile.openid, nickname: profile.nickname } }; return true; } },
    logger: { error: (err) => { seen = { error: err.cause?.err ?? err }; }, warn() {}, debug() {} },
  };
  return {
    handle: async (req) => {
      const base = new URL(callback).origin + config.basePath;
      const login = req.path.endsWith('/login');
      const headers = { cookie: req.headers.cookie ?? '' };
      if (login) headers['content-type'] = 'application/x-www-form-urlencoded';
      seen = undefined;
      const answer = await Auth(login
        ? new Request(`${base}/signin/wechat`, { method: 'POST', headers, body: 'callbackUrl=/' })
        : new Request(new URL(req.originalUrl, base), { headers }), config);
      if (seen?.error) throw seen.error;
      return { user: seen?.user, to: seen ? undefined : answer.headers.get('location'), cookies: answer.headers.getSetCookie() };
    },
  };
}
