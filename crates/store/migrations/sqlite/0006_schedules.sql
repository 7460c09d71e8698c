-- Charges that are to make themselves. A merchant_uid may have several rows one after the other, one of them pending.
CREATE TABLE schedule (
    merchant     TEXT NOT NULL,
    schedule_id  TEXT NOT NULL,
    merchant_uid TEXT NOT NULL,
    customer_uid TEXT NOT NULL,
    state        INTEGER NOT NULL,            -- 1 scheduled, 2 executed, 3 revoked
    version      INTEGER NOT NULL,            -- its job names the version that it is for
    revised_by   INTEGER NOT NULL,            -- the write that made this version
    due_at       INTEGER NOT NULL,
    made_at      INTEGER NOT NULL,
    executed_at  INTEGER,
    revoked_at   INTEGER,
    imp_uid      TEXT,                        -- the payment that executes it
    amount       INTEGER NOT NULL,            -- minor units
    currency     TEXT NOT NULL,
    ordered      TEXT NOT NULL,               -- JSON: what was asked
    trouble      TEXT,                        -- why it was executed without a payment
    PRIMARY KEY (merchant, schedule_id)
) STRICT;
CREATE UNIQUE INDEX schedule_pending ON schedule (merchant, merchant_uid) WHERE state = 1;
CREATE INDEX schedule_uid ON schedule (merchant, merchant_uid, made_at);
CREATE INDEX schedule_due ON schedule (merchant, due_at, schedule_id);
CREATE INDEX schedule_customer ON schedule (merchant, customer_uid, due_at, schedule_id);
CREATE INDEX schedule_revised ON schedule (merchant, revised_by);

-- A schedule with what became of it, and whether its customer has a billing key now.
CREATE VIEW schedule_shown AS
    SELECT s.merchant, s.schedule_id, s.merchant_uid, s.customer_uid, s.state, s.version, s.revised_by, s.due_at, s.made_at,
        s.executed_at, s.revoked_at, s.imp_uid, s.amount, s.currency, s.ordered, s.trouble,
        p.state AS payment_state, p.failure AS payment_failure,
        CAST(CASE WHEN EXISTS (SELECT 1 FROM billing_key AS k WHERE k.merchant = s.merchant
            AND k.customer_uid = s.customer_uid) THEN 1 ELSE 0 END AS BIGINT) AS has_key
    FROM schedule AS s LEFT JOIN payment AS p ON p.merchant = s.merchant AND p.imp_uid = s.imp_uid;
