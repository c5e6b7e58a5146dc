CREATE TABLE members (id bigint PRIMARY KEY, member_no varchar(20), email varchar(200),
  first_name varchar(80), last_name varchar(80), phone varchar(60), birth_date date,
  photo {blob}, notes text);
CREATE TABLE addresses (id bigint PRIMARY KEY, member_id bigint, line1 varchar(80),
  postcode varchar(12));
CREATE TABLE bookings (id bigint PRIMARY KEY, member_id bigint, event varchar(80),
  guest_name varchar(80));
CREATE TABLE items (id bigint PRIMARY KEY, booking_id bigint, what varchar(80));
CREATE TABLE seats (hall varchar(10), seat int, booking_id bigint, PRIMARY KEY (hall, seat));
CREATE TABLE seat_notes (id bigint PRIMARY KEY, hall varchar(10), seat int, note varchar(80));
CREATE TABLE messages (id bigint PRIMARY KEY, sender_id bigint, recipient_id bigint,
  body varchar(200));
CREATE TABLE remarks (member_id bigint, remark varchar(80));
CREATE TABLE threads (id bigint PRIMARY KEY, member_id bigint, last_post_id bigint);
CREATE TABLE posts (id bigint PRIMARY KEY, thread_id bigint, body varchar(80));
CREATE TABLE colours (id bigint PRIMARY KEY, colour varchar(20));
CREATE INDEX members_email ON members (email);
CREATE INDEX members_no ON members (member_no);
INSERT INTO members VALUES
  (1, 'M-0042', 'amara@example.com', 'Amara', 'Quill', '07700 900123', '1980-02-01', {bytes},
   'likes tea'),
  (2, 'M-0043', 'bram@example.com', 'Bram', 'Quill', '+44 7700 900123', '1979-05-06', NULL, NULL),
  (3, 'M-0044', 'AMARA@Example.com', 'A.', 'Quill', NULL, NULL, NULL, NULL),
  (4, 'M-0045', 'amara+news@example.com', 'Amara', 'Quill', NULL, NULL, NULL, NULL),
  (5, 'm0046', 'gita@example.org', 'Amarra', 'Quill', NULL, '1980-02-01', NULL, NULL),
  (6, 'M-0047', 'hugo@example.org', 'Amara', 'Quill', NULL, '1950-01-01', NULL, NULL),
  (7, 'M-0048', 'ines@example.org', 'Ines', 'Silva', '(0113) 496-0777', '1980-02-01', NULL, NULL),
  (8, 'M-0049', 'amara@example.com.au', 'Chloe', 'Martin', NULL, NULL, NULL, NULL);
INSERT INTO addresses VALUES (1, 1, '1 High Street', 'LS1 4AP'), (2, 2, '1 High Street', 'ls14ap'),
  (3, 6, '9 Mill Lane', 'LS14AP'), (4, 7, '2 Mill Lane', 'LS1 4AP'), (5, 8, NULL, 'LS2 9JT');
INSERT INTO bookings VALUES (10, 1, 'Dance', 'Bram Quill'), (11, 1, 'Ball', NULL),
  (12, 2, 'Dance', 'Amara Quill'), (13, NULL, 'Fair', NULL);
INSERT INTO items VALUES (100, 10, 'ticket'), (101, 12, 'ticket'), (102, 11, 'meal');
INSERT INTO seats VALUES ('A', 1, 10), ('A', 2, 12), ('B', 1, 11);
INSERT INTO seat_notes VALUES (1, 'A', 1, 'aisle'), (2, 'A', 2, 'front'), (3, 'B', 1, 'step'),
  (4, 'B', 2, 'none');
INSERT INTO messages VALUES (1, 1, 2, 'hello'), (2, 2, 1, 'hello back'), (3, 2, 7, 'other'),
  (4, 1, 1, 'note to self');
INSERT INTO remarks VALUES (1, 'kind'), (2, 'loud');
INSERT INTO threads VALUES (1, 1, 2), (2, 7, NULL);
INSERT INTO posts VALUES (1, 1, 'first'), (2, 1, 'last'), (3, 2, 'other');
INSERT INTO colours VALUES (1, 'red');
