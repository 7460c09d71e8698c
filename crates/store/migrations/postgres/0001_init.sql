-- What a folder or database is: mode (sandbox or live), key ring fingerprint, clock offset.
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE merchant (
    merchant     TEXT NOT NULL PRIMARY KEY,   -- user code
    name         TEXT NOT NULL,
    imp_key      TEXT NOT NULL UNIQUE,        -- lower case
    secret_hash  TEXT NOT NULL,               -- keyed hash of imp_secret
    data_key     TEXT NOT NULL,               -- wrapped by the key ring
    webhook_url  TEXT,
    webhook_type TEXT NOT NULL,
    created_at   BIGINT NOT NULL
);

-- One live token per merchant; the token itself is an HMAC and is not stored.
CREATE TABLE access_token (
    merchant   TEXT NOT NULL PRIMARY KEY,
    generation BIGINT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    expires_at BIGINT NOT NULL
);

CREATE TABLE channel (
    merchant    TEXT NOT NULL,
    channel_key TEXT NOT NULL,
    provider    TEXT NOT NULL,
    pg_id       TEXT NOT NULL,
    kind        TEXT NOT NULL,
    name        TEXT NOT NULL,
    sandbox     BIGINT NOT NULL,
    is_default  BIGINT NOT NULL,
    hosts       TEXT NOT NULL,                -- JSON: name -> base URL
    credentials TEXT NOT NULL,                -- sealed
    dialect     TEXT NOT NULL,                -- JSON: name -> override
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (merchant, channel_key)
);

CREATE TABLE billing_key (
    merchant     TEXT NOT NULL,
    customer_uid TEXT NOT NULL,
    channel_key  TEXT NOT NULL,
    provider     TEXT NOT NULL,
    pg_id        TEXT NOT NULL,
    sealed       TEXT NOT NULL,
    card         TEXT NOT NULL,               -- JSON, masked facts only
    buyer        TEXT NOT NULL,               -- JSON
    inserted_at  BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (merchant, customer_uid)
);

CREATE TABLE payment (
    merchant     TEXT NOT NULL,
    imp_uid      TEXT NOT NULL,
    merchant_uid TEXT NOT NULL,
    customer_uid TEXT,
    channel_key  TEXT NOT NULL,
    state        BIGINT NOT NULL,            -- State::code; from 10 on it holds its merchant_uid
    version      BIGINT NOT NULL,
    revised_by   BIGINT NOT NULL,            -- the write that made this version
    amount       BIGINT NOT NULL,            -- minor units
    cancelled    BIGINT NOT NULL,            -- minor units
    currency     TEXT NOT NULL,
    started_at   BIGINT NOT NULL,            -- ms, as every time here
    paid_at      BIGINT,
    failed_at    BIGINT,
    cancelled_at BIGINT,
    ordered      TEXT NOT NULL,               -- JSON: what was asked, written once
    receipt      TEXT,                        -- JSON: the PG's approval
    failure      TEXT,                        -- JSON: why it failed or is open
    PRIMARY KEY (merchant, imp_uid)
);
CREATE UNIQUE INDEX payment_live ON payment (merchant, merchant_uid) WHERE state >= 10;
CREATE INDEX payment_idle ON payment (merchant, merchant_uid) WHERE state < 10;

-- Append-only; the payment row is its projection.
CREATE TABLE payment_event (
    merchant TEXT NOT NULL,
    imp_uid  TEXT NOT NULL,
    version  BIGINT NOT NULL,
    event    TEXT NOT NULL,
    state    BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    detail   TEXT,
    PRIMARY KEY (merchant, imp_uid, version)
);

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
    expires_at   BIGINT NOT NULL,
    PRIMARY KEY (merchant, imp_uid)
);

CREATE INDEX pay_window_nonce ON pay_window (nonce);

-- Jobs are due by time over all merchants, so the key starts with it. A lease is a later due time and a token.
CREATE TABLE job (
    due_at   BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    merchant TEXT NOT NULL,
    lease    BIGINT,
    tries    BIGINT NOT NULL,
    PRIMARY KEY (due_at, kind, subject)
);

CREATE TABLE delivery (
    merchant     TEXT NOT NULL,
    delivery_id  TEXT NOT NULL,
    imp_uid      TEXT NOT NULL,
    url          TEXT NOT NULL,
    content_type TEXT NOT NULL,
    body         TEXT NOT NULL,               -- JSON object of the webhook's fields
    state        TEXT NOT NULL,               -- queued, delivered, dead
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (merchant, delivery_id)
);

CREATE TABLE delivery_try (
    merchant    TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    nth         BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    status      BIGINT,                      -- HTTP status; NULL when there was no answer
    answer      TEXT NOT NULL,                -- first 4 kB of the answer, or what went wrong
    PRIMARY KEY (merchant, delivery_id, nth)
);
