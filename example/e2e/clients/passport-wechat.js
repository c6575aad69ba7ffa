'use strict';
// A site with npm's passport-wechat on express. GET /login?scope=... logs in and
// ends at a page with the profile that passport was given; a refusal is 401.
const express = require('express');
const passport = require('passport');
const { Strategy } = require('passport-wechat');

const { ADDR, APP_ID, APP_SECRET } = process.env;
const app = express();

passport.use(new Strategy({
  appID: APP_ID,
  appSecret: APP_SECRET,
  callbackURL: `http://${ADDR}/callback`,
  // It has none by itself, and WeChat wants one.
  state: 'chosen-by-the-site',
  lang: 'zh_CN',
}, (accessToken, refreshToken, profile, expiresIn, done) => done(null, profile)));

app.use(passport.initialize());
app.get('/login', (req, res, next) => {
  passport.authenticate('wechat', { session: false, scope: req.query.scope })(req, res, next);
});
app.get('/callback', passport.authenticate('wechat', { session: false }), (req, res) => res.json(req.user));

app.listen(ADDR.split(':')[1], 'localhost');
process.on('SIGTERM', () => process.exit(0));
