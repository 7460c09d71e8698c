-- Webhook endpoints that fail or are switched off. One that works has no row.
CREATE TABLE endpoint (
    merchant      TEXT NOT NULL,
    url           TEXT NOT NULL,
    failing_since INTEGER NOT NULL,
    off_at        INTEGER,
    PRIMARY KEY (merchant, url)
) STRICT;

-- How often a merchant's signing secret was replaced; no row: never. The secret itself is derived and not stored.
CREATE TABLE webhook_secret (
    merchant   TEXT NOT NULL PRIMARY KEY,
    generation INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL
) STRICT;
