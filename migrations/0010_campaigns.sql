-- Why a class was approved against its tell-tales; who looked at a send without a certificate.
ALTER TABLE templates ADD COLUMN reason TEXT;
ALTER TABLE campaigns ADD COLUMN acknowledged_by TEXT;
ALTER TABLE campaigns ADD COLUMN acknowledged_at BIGINT;
CREATE UNIQUE INDEX campaigns_certificate ON campaigns (org, certificate);
CREATE INDEX campaigns_planned ON campaigns (org, planned_on);
