-- What has been tried from outside and how often: wrong passwords and codes for a typed address
-- (whether it is known or not), and requests from a client or to an organisation in an hour.
-- `mark` is a keyed hash: the table names nobody. A row is forgotten after `ends_at`.
CREATE TABLE tries (
    mark BYTEA PRIMARY KEY,
    n BIGINT NOT NULL,
    locked_until BIGINT,
    ends_at BIGINT NOT NULL
);
CREATE INDEX tries_ends ON tries (ends_at);
ALTER TABLE staff DROP COLUMN failed;
ALTER TABLE staff DROP COLUMN locked_until;
