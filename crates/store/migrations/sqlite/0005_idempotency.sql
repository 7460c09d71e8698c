-- Answers to requests that brought an Idempotency-Key, for a day.
CREATE TABLE idempotency (
    merchant   TEXT NOT NULL,
    idem_key   TEXT NOT NULL,
    asked      TEXT NOT NULL,               -- keyed hash of path and body
    first_at   INTEGER NOT NULL,
    claimed_at INTEGER NOT NULL,               -- when somebody last began to answer it
    status     INTEGER,                        -- HTTP status of the answer; NULL until there is one
    answer     TEXT,
    PRIMARY KEY (merchant, idem_key)
) STRICT;

CREATE INDEX idempotency_age ON idempotency (merchant, first_at);
