// Package follow decides whether a person follows the account, from look-ups at WeChat and
// from the messages that tell of a change. It never decides what becomes of a visitor and
// calls WeChat only through the function that it is given. Of this library it may import
// vault and wxapi.
package follow
