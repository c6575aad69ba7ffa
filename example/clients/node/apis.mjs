// Each API client asks for the account's own token and with it for one follower
// and one jsapi_ticket. The token is kept by the client itself.
import { promisify } from 'node:util';
import WechatAPI from 'wechat-api';
import CoWechatAPI from 'co-wechat-api';
import { OfficialAccount } from 'node-easywechat';

// It keeps tokens in files, whose names have the AppSecret in them.
const files = { file_cache: { path: process.env.TMPDIR } };

export const apis = {
  'wechat-api': (appID, secret) => {
    const api = new WechatAPI(appID, secret);
    const call = (name, ...args) => promisify(api[name]).apply(api, args);
    return async (openid) => ({
      follows: (await call('getUser', { openid, lang: 'zh_CN' })).subscribe,
      ticket: (await call('getTicket')).ticket,
    });
  },
  'co-wechat-api': (appID, secret) => {
    const api = new CoWechatAPI(appID, secret);
    return async (openid) => ({
      follows: (await api.getUser({ openid, lang: 'zh_CN' })).subscribe,
      ticket: (await api.getTicket()).ticket,
    });
  },
  'node-easywechat': (appID, secret) => {
    const app = new OfficialAccount({ ...files, app_id: appID, secret });
    return async (openid) => {
      const answer = (await app.createClient().get('/cgi-bin/user/info', { params: { openid, lang: 'zh_CN' } })).toObject();
      if (answer.errcode) throw Object.assign(new Error(answer.errmsg), { code: answer.errcode });
      return { follows: answer.subscribe, ticket: await app.getTicket().getTicket() };
    };
  },
};
