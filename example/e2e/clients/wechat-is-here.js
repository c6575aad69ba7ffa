'use strict';
// Loaded with node --require. WeChat's two hosts are at WECHAT_FRONT (host:port)
// instead, and there are no others. The certificate must still be in their names.
const tls = require('tls');

const [host, port] = process.env.WECHAT_FRONT.split(':');
const names = ['open.weixin.qq.com', 'api.weixin.qq.com'];
const connect = tls.connect;

tls.connect = function (options, ...rest) {
  if (!names.includes(options.host)) {
    throw new Error(`no way to ${options.host} from here`);
  }
  return connect({ ...options, host, port, servername: options.host }, ...rest);
};
