-- For SQLite and PostgreSQL alike, which differ in the type of the column that numbers rows.
CREATE TABLE IF NOT EXISTS members (
	number     {{number}},
	app_id     TEXT NOT NULL,
	openid     TEXT NOT NULL,
	union_id   TEXT NOT NULL DEFAULT '',
	nickname   TEXT NOT NULL DEFAULT '',
	avatar     TEXT NOT NULL DEFAULT '',
	profile_at BIGINT NOT NULL DEFAULT 0, -- when WeChat told these two; 0: to be asked for
	follows    BIGINT NOT NULL DEFAULT 0,
	news_at    BIGINT NOT NULL DEFAULT 0, -- when WeChat made the latest message about that
	heard      BIGINT NOT NULL DEFAULT 0, -- how many such messages reached a hook
	logins     BIGINT NOT NULL DEFAULT 0,
	last_login BIGINT NOT NULL DEFAULT 0,
	UNIQUE (app_id, openid)
)
