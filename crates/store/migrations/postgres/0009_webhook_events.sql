-- Events beyond V1's that a merchant has told by webhook: names between commas.
ALTER TABLE merchant ADD COLUMN webhook_events TEXT NOT NULL DEFAULT '';
