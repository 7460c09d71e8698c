-- What V1 shows of a state (1 ready, 2 paid, 3 failed, 4 cancelled), and since when. The database works both out, so
-- that no write can forget them, one of an older version included.
ALTER TABLE payment
    ADD COLUMN shown BIGINT NOT NULL GENERATED ALWAYS AS (
        CASE WHEN state IN (20, 21) THEN 2 WHEN state = 3 THEN 3 WHEN state IN (22, 23) THEN 4 ELSE 1 END) STORED,
    ADD COLUMN shown_at BIGINT NOT NULL GENERATED ALWAYS AS (COALESCE(
        CASE WHEN state IN (20, 21) THEN paid_at WHEN state = 3 THEN failed_at WHEN state IN (22, 23) THEN cancelled_at END,
        started_at)) STORED;

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
-- shown as ready is not counted here: each charge is, for a moment. Each connection adds to rows of its own: writers
-- that share a row would wait for each other's commits.
CREATE TABLE payment_count (
    merchant TEXT NOT NULL,
    shown    BIGINT NOT NULL,
    hour     BIGINT NOT NULL,                -- since 1970, UTC
    part     BIGINT NOT NULL,                -- the server's process that counted; the sum over all parts counts
    n        BIGINT NOT NULL,
    PRIMARY KEY (merchant, shown, hour, part)
) WITH (fillfactor = 50);

INSERT INTO payment_count (merchant, shown, hour, part, n)
    SELECT merchant, 0, started_at / 3600000, 0, COUNT(*) FROM payment GROUP BY 1, 3
    UNION ALL
    SELECT merchant, shown, shown_at / 3600000, 0, COUNT(*) FROM payment WHERE shown > 1 GROUP BY 1, 2, 3
    ORDER BY 1, 2, 3;

CREATE FUNCTION payment_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO payment_count AS c VALUES (NEW.merchant, 0, NEW.started_at / 3600000, pg_backend_pid(), 1)
            ON CONFLICT (merchant, shown, hour, part) DO UPDATE SET n = c.n + 1;
    ELSIF OLD.shown > 1 THEN
        INSERT INTO payment_count AS c VALUES (OLD.merchant, OLD.shown, OLD.shown_at / 3600000, pg_backend_pid(), -1)
            ON CONFLICT (merchant, shown, hour, part) DO UPDATE SET n = c.n - 1;
    END IF;
    -- The product deletes no payment. An operator might.
    IF TG_OP = 'DELETE' THEN
        INSERT INTO payment_count AS c VALUES (OLD.merchant, 0, OLD.started_at / 3600000, pg_backend_pid(), -1)
            ON CONFLICT (merchant, shown, hour, part) DO UPDATE SET n = c.n - 1;
    ELSIF NEW.shown > 1 THEN
        INSERT INTO payment_count AS c VALUES (NEW.merchant, NEW.shown, NEW.shown_at / 3600000, pg_backend_pid(), 1)
            ON CONFLICT (merchant, shown, hour, part) DO UPDATE SET n = c.n + 1;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payment_comes_or_goes AFTER INSERT OR DELETE ON payment
    FOR EACH ROW EXECUTE FUNCTION payment_counts();
CREATE TRIGGER payment_moves AFTER UPDATE ON payment FOR EACH ROW
    WHEN (OLD.shown <> NEW.shown OR OLD.shown_at / 3600000 <> NEW.shown_at / 3600000)
    EXECUTE FUNCTION payment_counts();

-- Amounts that a merchant's server told in advance; a window with another amount does not open.
CREATE TABLE prepared_order (
    merchant     TEXT NOT NULL,
    merchant_uid TEXT NOT NULL,
    amount       BIGINT NOT NULL,            -- ten-thousandths of the currency's unit: the currency may be open
    currency     TEXT,                       -- NULL: any
    PRIMARY KEY (merchant, merchant_uid)
);
