-- What a folder or database is: mode (sandbox or live), key ring fingerprint, clock offset.
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE merchant (
    merchant     TEXT NOT NULL PRIMARY KEY,   -- user code
    name         TEXT NOT NULL,
    imp_key      TEXT NOT NULL UNIQUE,        -- lower case
    secret_hash  TEXT NOT NULL,               -- keyed hash of imp_secret
    data_key     TEXT NOT NULL,               -- wrapped by the key ring
    webhook_url  TEXT,
    webhook_type TEXT NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One live token per merchant; the token itself is an HMAC and is not stored.
CREATE TABLE access_token (
    merchant   TEXT NOT NULL PRIMARY KEY,
    generation INTEGER NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE channel (
    merchant    TEXT NOT NULL,
    channel_key TEXT NOT NULL,
    provider    TEXT NOT NULL,
    pg_id       TEXT NOT NULL,
    kind        TEXT NOT NULL,
    name        TEXT NOT NULL,
    sandbox     INTEGER NOT NULL,
    is_default  INTEGER NOT NULL,
    hosts       TEXT NOT NULL,                -- JSON: name -> base URL
    credentials TEXT NOT NULL,                -- sealed
    dialect     TEXT NOT NULL,                -- JSON: name -> override
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (merchant, channel_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE billing_key (
    merchant     TEXT NOT NULL,
    customer_uid TEXT NOT NULL,
    channel_key  TEXT NOT NULL,
    provider     TEXT NOT NULL,
    pg_id        TEXT NOT NULL,
    sealed       TEXT NOT NULL,
    card         TEXT NOT NULL,               -- JSON, masked facts only
    buyer        TEXT NOT NULL,               -- JSON
    inserted_at  INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (merchant, customer_uid)
) STRICT;

CREATE TABLE payment (
    merchant     TEXT NOT NULL,
    imp_uid      TEXT NOT NULL,
    merchant_uid TEXT NOT NULL,
    customer_uid TEXT,
    channel_key  TEXT NOT NULL,
    state        INTEGER NOT NULL,            -- State::code; from 10 on it holds its merchant_uid
    version      INTEGER NOT NULL,
    revised_by   INTEGER NOT NULL,            -- the write that made this version
    amount       INTEGER NOT NULL,            -- minor units
    cancelled    INTEGER NOT NULL,            -- minor units
    currency     TEXT NOT NULL,
    started_at   INTEGER NOT NULL,            -- ms, as every time here
    paid_at      INTEGER,
    failed_at    INTEGER,
    cancelled_at INTEGER,
    ordered      TEXT NOT NULL,               -- JSON: what was asked, written once
    receipt      TEXT,                        -- JSON: the PG's approval
    failure      TEXT,                        -- JSON: why it failed or is open
    PRIMARY KEY (merchant, imp_uid)
) STRICT;
CREATE UNIQUE INDEX payment_live ON payment (merchant, merchant_uid) WHERE state >= 10;
CREATE INDEX payment_idle ON payment (merchant, merchant_uid) WHERE state < 10;

-- Append-only; the payment row is its projection.
CREATE TABLE payment_event (
    merchant TEXT NOT NULL,
    imp_uid  TEXT NOT NULL,
    version  INTEGER NOT NULL,
    event    TEXT NOT NULL,
    state    INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    detail   TEXT,
    PRIMARY KEY (merchant, imp_uid, version)
) STRICT;

CREATE TABLE pay_window (
    merchant     TEXT NOT NULL,
    window_id    TEXT NOT NULL UNIQUE,
    imp_uid      TEXT NOT NULL,
    token_hash   TEXT NOT NULL,
    nonce        TEXT NOT NULL,
    origin       TEXT,                        -- the page's origin when it is a real one
    frame        TEXT NOT NULL,
    redirect_url TEXT,
    request      TEXT NOT NULL,               -- JSON: what the PG's window needs
    expires_at   INTEGER NOT NULL,
    PRIMARY KEY (merchant, imp_uid)
) STRICT;

CREATE INDEX pay_window_nonce ON pay_window (nonce);

-- Jobs are due by time over all merchants, so the key starts with it. A lease is a later due time and a token.
CREATE TABLE job (
    due_at   INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    merchant TEXT NOT NULL,
    lease    INTEGER,
    tries    INTEGER NOT NULL,
    PRIMARY KEY (due_at, kind, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery (
    merchant     TEXT NOT NULL,
    delivery_id  TEXT NOT NULL,
    imp_uid      TEXT NOT NULL,
    url          TEXT NOT NULL,
    content_type TEXT NOT NULL,
    body         TEXT NOT NULL,               -- JSON object of the webhook's fields
    state        TEXT NOT NULL,               -- queued, delivered, dead
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (merchant, delivery_id)
) STRICT;

CREATE TABLE delivery_try (
    merchant    TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    nth         INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    status      INTEGER,                      -- HTTP status; NULL when there was no answer
    answer      TEXT NOT NULL,                -- first 4 kB of the answer, or what went wrong
    PRIMARY KEY (merchant, delivery_id, nth)
) STRICT;
