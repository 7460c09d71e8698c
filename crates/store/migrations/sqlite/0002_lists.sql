-- What V1 shows of a state (1 ready, 2 paid, 3 failed, 4 cancelled), and since when. The database works both out, so
-- that no write can forget them, one of an older version included.
ALTER TABLE payment ADD COLUMN shown INTEGER NOT NULL GENERATED ALWAYS AS (
    CASE WHEN state IN (20, 21) THEN 2 WHEN state = 3 THEN 3 WHEN state IN (22, 23) THEN 4 ELSE 1 END) VIRTUAL;
ALTER TABLE payment ADD COLUMN shown_at INTEGER NOT NULL GENERATED ALWAYS AS (COALESCE(
    CASE WHEN state IN (20, 21) THEN paid_at WHEN state = 3 THEN failed_at WHEN state IN (22, 23) THEN cancelled_at END,
    started_at)) VIRTUAL;

-- Two orders in time, each with all that a list filters and sorts by, so that a page is found in the index alone.
-- The conditions are always true. They keep an index out of sight for statements that do not repeat them: without
-- statistics PostgreSQL takes any index that begins with the merchant for as good as the primary key.
CREATE INDEX payment_started ON payment (merchant, started_at, imp_uid, shown, shown_at, paid_at)
    WHERE started_at >= 0;
CREATE INDEX payment_shown ON payment (merchant, shown, shown_at, started_at, imp_uid, paid_at)
    WHERE shown_at >= 0;
CREATE INDEX payment_customer ON payment (merchant, customer_uid, started_at, imp_uid)
    WHERE customer_uid IS NOT NULL;

-- How many payments each hour has: by started_at under shown = 0, which counts all; by shown_at under 2 to 4. What is
-- shown as ready is not counted here: each charge is, for a moment.
CREATE TABLE payment_count (
    merchant TEXT NOT NULL,
    shown    INTEGER NOT NULL,
    hour     INTEGER NOT NULL,                -- since 1970, UTC
    n        INTEGER NOT NULL,
    PRIMARY KEY (merchant, shown, hour)
) STRICT, WITHOUT ROWID;

INSERT INTO payment_count (merchant, shown, hour, n)
    SELECT merchant, 0, started_at / 3600000, COUNT(*) FROM payment GROUP BY 1, 3
    UNION ALL
    SELECT merchant, shown, shown_at / 3600000, COUNT(*) FROM payment WHERE shown > 1 GROUP BY 1, 2, 3
    ORDER BY 1, 2, 3;

CREATE TRIGGER payment_starts AFTER INSERT ON payment BEGIN
    INSERT INTO payment_count (merchant, shown, hour, n) VALUES (NEW.merchant, 0, NEW.started_at / 3600000, 1)
        ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER payment_appears AFTER INSERT ON payment WHEN NEW.shown > 1 BEGIN
    INSERT INTO payment_count (merchant, shown, hour, n) VALUES (NEW.merchant, NEW.shown, NEW.shown_at / 3600000, 1)
        ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER payment_leaves AFTER UPDATE ON payment
WHEN OLD.shown > 1 AND (OLD.shown <> NEW.shown OR OLD.shown_at / 3600000 <> NEW.shown_at / 3600000) BEGIN
    INSERT INTO payment_count (merchant, shown, hour, n) VALUES (OLD.merchant, OLD.shown, OLD.shown_at / 3600000, -1)
        ON CONFLICT DO UPDATE SET n = n - 1;
END;
CREATE TRIGGER payment_enters AFTER UPDATE ON payment
WHEN NEW.shown > 1 AND (OLD.shown <> NEW.shown OR OLD.shown_at / 3600000 <> NEW.shown_at / 3600000) BEGIN
    INSERT INTO payment_count (merchant, shown, hour, n) VALUES (NEW.merchant, NEW.shown, NEW.shown_at / 3600000, 1)
        ON CONFLICT DO UPDATE SET n = n + 1;
END;
-- The product deletes no payment. An operator might.
CREATE TRIGGER payment_ends AFTER DELETE ON payment BEGIN
    INSERT INTO payment_count (merchant, shown, hour, n) VALUES (OLD.merchant, 0, OLD.started_at / 3600000, -1)
        ON CONFLICT DO UPDATE SET n = n - 1;
    INSERT INTO payment_count (merchant, shown, hour, n)
        SELECT OLD.merchant, OLD.shown, OLD.shown_at / 3600000, -1 WHERE OLD.shown > 1
        ON CONFLICT DO UPDATE SET n = n - 1;
END;

-- Amounts that a merchant's server told in advance; a window with another amount does not open.
CREATE TABLE prepared_order (
    merchant     TEXT NOT NULL,
    merchant_uid TEXT NOT NULL,
    amount       INTEGER NOT NULL,            -- ten-thousandths of the currency's unit: the currency may be open
    currency     TEXT,                        -- NULL: any
    PRIMARY KEY (merchant, merchant_uid)
) STRICT, WITHOUT ROWID;
