-- Where a merchant's server is asked before a window's payment is approved; none: it is not asked.
ALTER TABLE merchant ADD COLUMN confirm_url TEXT;
