// Each receiver takes what WeChat pushes, answers text with text, and keeps what
// it has understood. aesKey is empty in plain mode.
import express from 'express';
import Koa from 'koa';
import wechat from 'wechat';
import coWechat from 'co-wechat';
import { OfficialAccount, ServerRequest } from 'node-easywechat';

// It keeps tokens in files, whose names have the AppSecret in them.
const files = { file_cache: { path: process.env.TMPDIR } };

export const receivers = {
  wechat: ({ appID, token, aesKey, got }) => {
    const app = express();
    const config = aesKey ? { appid: appID, token, encodingAESKey: aesKey } : token;
    app.use(wechat(config, (req, res) => {
      got(req.weixin);
      if (req.weixin.MsgType === 'text') res.reply(`收到 ${req.weixin.Content}`);
      else res.reply('');
    }));
    return app;
  },
  'co-wechat': ({ appID, token, aesKey, got }) => {
    const app = new Koa();
    app.silent = true;
    app.use(coWechat(aesKey ? { appid: appID, token, encodingAESKey: aesKey } : { token }).middleware(async (message) => {
      got(message);
      return message.MsgType === 'text' ? `收到 ${message.Content}` : '';
    }));
    return app.callback();
  },
  'node-easywechat': ({ appID, secret, token, aesKey, got }) => {
    return async (req, res) => {
      const app = new OfficialAccount({ ...files, app_id: appID, secret, token, ...(aesKey ? { aes_key: aesKey } : {}) });
      app.setRequest(await ServerRequest.createFromIncomingMessage(req));
      const server = app.getServer();
      server.with(async (message, next) => {
        got(message.toObject ? message.toObject() : { ...message });
        return message.MsgType === 'text' ? `收到 ${message.Content}` : next(message);
      });
      const answer = await server.serve();
      res.writeHead(200, { 'Content-Type': 'text/plain' }).end(String(answer.getBody()));
    };
  },
};
