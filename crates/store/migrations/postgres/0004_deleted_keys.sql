-- Billing keys that a merchant deleted: they charge nothing any more. The sealed key stays until the PG has deleted it too.
CREATE TABLE deleted_key (
    merchant     TEXT NOT NULL,
    deletion_id  TEXT NOT NULL,
    customer_uid TEXT NOT NULL,
    channel_key  TEXT NOT NULL,
    provider     TEXT NOT NULL,
    pg_id        TEXT NOT NULL,
    sealed       TEXT,                        -- NULL once the PG has deleted the key, or cannot
    reason       TEXT,
    deleted_at   BIGINT NOT NULL,
    revoked      TEXT NOT NULL,               -- asked, done, unsupported, refused
    PRIMARY KEY (merchant, deletion_id)
);
