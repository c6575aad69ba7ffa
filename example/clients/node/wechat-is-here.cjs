'use strict';
// Loaded with node --require. WeChat's hosts are at WXSIM (host:port, https)
// instead, and no other host can be reached. The certificate must still be in
// the host's name. Node 24 needs none of this: see what wxsim -tls prints.
const tls = require('tls');

const [host, port] = process.env.WXSIM.split(':');
const names = ['open.weixin.qq.com', 'api.weixin.qq.com', 'mp.weixin.qq.com'];
const connect = tls.connect;

tls.connect = function (options, ...rest) {
  const name = options.servername || options.host;
  if (!names.includes(name)) {
    throw new Error(`no way to ${name} from here`);
  }
  return connect({ ...options, host, hostname: host, port, servername: name }, ...rest);
};
