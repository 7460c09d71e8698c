-- The cancels of a payment, oldest first: JSON; NULL when there was none.
ALTER TABLE payment ADD COLUMN cancels TEXT;

-- Billing keys that came before the PG decided about their first charge. They charge nothing until it has.
CREATE TABLE held_key (
    merchant TEXT NOT NULL,
    imp_uid  TEXT NOT NULL,
    sealed   TEXT NOT NULL,
    card     TEXT NOT NULL,               -- JSON, masked facts only
    PRIMARY KEY (merchant, imp_uid)
) STRICT;
