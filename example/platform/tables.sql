-- What platform.Store keeps: sealed values.
CREATE TABLE IF NOT EXISTS wechat_platform (
	key   TEXT PRIMARY KEY,
	value BLOB NOT NULL
) STRICT;

-- The SaaS's own: which merchant a shop belongs to.
CREATE TABLE IF NOT EXISTS shops (
	app_id   TEXT PRIMARY KEY,
	merchant TEXT NOT NULL
) STRICT;
