-- Where a merchant's server is asked before a window's payment is approved; none: it is not asked.
ALTER TABLE merchant ADD COLUMN confirm_url TEXT;
-- 1: the result of a window waits a moment for the webhook to be delivered.
ALTER TABLE merchant ADD COLUMN webhook_first BIGINT NOT NULL DEFAULT 0;
