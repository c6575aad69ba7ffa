-- A person. The union id is the same at every account and website application that is
-- bound to one Open Platform account, so two people never share one. NULL: WeChat has not
-- told it yet. The id is also shown to the person as the member's number. AUTOINCREMENT,
-- because a merge deletes the newer person: her id may live on in a session, so nobody
-- else may get it.
CREATE TABLE IF NOT EXISTS people (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	union_id TEXT UNIQUE
) STRICT;

-- Under which open ids a person logs in: one at the account, another at the website
-- application. A pair belongs to one person.
CREATE TABLE IF NOT EXISTS identities (
	app_id    TEXT NOT NULL,
	open_id   TEXT NOT NULL,
	person_id INTEGER NOT NULL REFERENCES people (id),
	PRIMARY KEY (app_id, open_id)
) STRICT;
CREATE INDEX IF NOT EXISTS identities_by_person ON identities (person_id);

-- What this site keeps about a person.
CREATE TABLE IF NOT EXISTS members (
	number       INTEGER PRIMARY KEY REFERENCES people (id),
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
	last_login   INTEGER NOT NULL DEFAULT 0
) STRICT;

-- People whom the site does not let in. A table of its own, so that a block outlives the
-- member's row. A block of one pair counts for all pairs of the person. To block somebody:
--   INSERT INTO blocked (app_id, openid, reason) VALUES ('wx…', 'o…', '…');
CREATE TABLE IF NOT EXISTS blocked (
	app_id TEXT NOT NULL,
	openid TEXT NOT NULL,
	reason TEXT NOT NULL DEFAULT '', -- the person reads it
	UNIQUE (app_id, openid)
) STRICT;
