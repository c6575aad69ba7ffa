CREATE TABLE IF NOT EXISTS members (
	-- For people. Not AUTOINCREMENT, which an upsert of a known row moves on: numbers would
	-- have gaps as wide as there are logins. That of the newest row is given again should
	-- somebody delete it, so code goes by app_id and openid.
	number       INTEGER PRIMARY KEY,
	app_id       TEXT NOT NULL,
	openid       TEXT NOT NULL,
	union_id     TEXT NOT NULL DEFAULT '', -- known after consent or while she follows
	nickname     TEXT NOT NULL DEFAULT '',
	avatar       TEXT NOT NULL DEFAULT '',
	profile_at   INTEGER NOT NULL DEFAULT 0, -- when WeChat told these two; 0: to be asked for
	follows      INTEGER NOT NULL DEFAULT 0,
	news_at      INTEGER NOT NULL DEFAULT 0, -- when WeChat made the latest news about that
	followed_at  INTEGER NOT NULL DEFAULT 0,
	followed_by  TEXT NOT NULL DEFAULT '', -- WeChat's subscribe_scene; '' until it was asked
	qr_scene     TEXT NOT NULL DEFAULT '', -- of the QR code that made her follow
	scanned      TEXT NOT NULL DEFAULT '', -- of the one she scanned last as a follower
	met          TEXT NOT NULL, -- 'login' or 'follow': how she first came
	created_at   INTEGER NOT NULL,
	last_login   INTEGER NOT NULL DEFAULT 0,
	UNIQUE (app_id, openid)
) STRICT;

-- People whom the site does not let in. A table of its own, so that a block outlives the
-- member's row. To block somebody:
--   INSERT INTO blocked (app_id, openid, reason) VALUES ('wx…', 'o…', '…');
CREATE TABLE IF NOT EXISTS blocked (
	app_id TEXT NOT NULL,
	openid TEXT NOT NULL,
	reason TEXT NOT NULL DEFAULT '', -- the person reads it
	UNIQUE (app_id, openid)
) STRICT;
