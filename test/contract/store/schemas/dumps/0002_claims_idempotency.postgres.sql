CREATE TABLE commands (
    ordinal bigint NOT NULL,
    id text NOT NULL,
    sandbox_id text NOT NULL,
    argv text NOT NULL,
    cwd text NOT NULL,
    state text NOT NULL,
    exit_code bigint,
    signal bigint,
    end_reason text,
    message text,
    incarnation text NOT NULL,
    pid bigint,
    started_at bigint NOT NULL,
    finished_at bigint,
    output_length bigint NOT NULL,
    usage text
);
ALTER TABLE commands ALTER COLUMN ordinal ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME commands_ordinal_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE idempotency (
    owner text NOT NULL,
    key text NOT NULL,
    body_hash text NOT NULL,
    created_at bigint NOT NULL,
    answer text
);
CREATE TABLE kysely_migration (
    name character varying(255) NOT NULL,
    "timestamp" character varying(255) NOT NULL
);
CREATE TABLE kysely_migration_lock (
    id character varying(255) NOT NULL,
    is_locked integer DEFAULT 0 NOT NULL
);
CREATE TABLE meta (
    key text NOT NULL,
    value text NOT NULL
);
CREATE TABLE sandboxes (
    ordinal bigint NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    owner text NOT NULL,
    image text NOT NULL,
    image_id text NOT NULL,
    status text NOT NULL,
    ports text NOT NULL,
    port_map text NOT NULL,
    memory_mb bigint NOT NULL,
    cpus double precision NOT NULL,
    timeout_s bigint NOT NULL,
    expires_at bigint,
    created_at bigint NOT NULL,
    started_at bigint,
    finished_at bigint,
    end_reason text,
    exit_code bigint,
    guest text NOT NULL,
    secret text NOT NULL,
    transport text NOT NULL,
    incarnation text,
    labels text NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    claim text,
    claim_until bigint
);
ALTER TABLE sandboxes ALTER COLUMN ordinal ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME sandboxes_ordinal_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
INSERT INTO commands OVERRIDING SYSTEM VALUE VALUES (1, 'cmd_11111111111111111111', 'sb_11111111111111111111', '["sh","-c","''; drop table sandboxes; --","\"`$(id)` ${x} %s \\ \\u0041","żółć 漢字 🏝️👩‍👩‍👧‍👦 ‮ ﻿ ́","line\nfeed\ttab\r\u0001",""]', '/srv', 'exited', 0, NULL, 'exited', NULL, 'ffffffffffffffff', 12, 1790000001000, 1790000002000, 5000000000, '{"cpuMs":3,"maxRssBytes":1048576}');
INSERT INTO commands OVERRIDING SYSTEM VALUE VALUES (2, 'cmd_22222222222222222222', 'sb_11111111111111111111', '["sh","-c","''; drop table sandboxes; --","\"`$(id)` ${x} %s \\ \\u0041","żółć 漢字 🏝️👩‍👩‍👧‍👦 ‮ ﻿ ́","line\nfeed\ttab\r\u0001",""]', '/srv', 'running', NULL, NULL, NULL, NULL, 'ffffffffffffffff', 12, 1790000001000, NULL, 0, NULL);
INSERT INTO commands OVERRIDING SYSTEM VALUE VALUES (3, 'cmd_33333333333333333333', 'sb_11111111111111111111', '["sh","-c","''; drop table sandboxes; --","\"`$(id)` ${x} %s \\ \\u0041","żółć 漢字 🏝️👩‍👩‍👧‍👦 ‮ ﻿ ́","line\nfeed\ttab\r\u0001",""]', '/srv', 'failed', 127, NULL, 'not_found', '''; drop table sandboxes; --', 'ffffffffffffffff', NULL, 1790000001000, 1790000002000, 5000000000, '{"cpuMs":3,"maxRssBytes":1048576}');
INSERT INTO commands OVERRIDING SYSTEM VALUE VALUES (4, 'cmd_44444444444444444444', 'sb_22222222222222222222', '["sh","-c","''; drop table sandboxes; --","\"`$(id)` ${x} %s \\ \\u0041","żółć 漢字 🏝️👩‍👩‍👧‍👦 ‮ ﻿ ́","line\nfeed\ttab\r\u0001",""]', '/srv', 'killed', 137, 9, 'exited', NULL, 'ffffffffffffffff', 12, 1790000001000, 1790000002000, 5000000000, '{"cpuMs":3,"maxRssBytes":1048576}');
INSERT INTO idempotency VALUES ('default', 'answered', 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', 1790000000000, '{"id":"sb_1"}');
INSERT INTO idempotency VALUES ('default', 'not-answered', 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', 1790000000000, NULL);
INSERT INTO kysely_migration VALUES ('0001_sandboxes_commands_meta', '2026-11-27T19:30:14.804Z');
INSERT INTO kysely_migration VALUES ('0002_claims_idempotency', '2026-11-27T19:30:14.812Z');
INSERT INTO kysely_migration_lock VALUES ('migration_lock', 0);
INSERT INTO meta VALUES ('instance_id', 'an-instance');
INSERT INTO meta VALUES ('odd', '''; drop table sandboxes; --|"`$(id)` ${x} %s \ \u0041|żółć 漢字 🏝️👩‍👩‍👧‍👦 ‮ ﻿ ́|line
feed	tab|');
INSERT INTO sandboxes OVERRIDING SYSTEM VALUE VALUES (1, 'sb_11111111111111111111', 'calm-otter-1', 'default', 'registry.example:5000/team/app@sha256:0123', 'sha256:abababababababababababababababababababababababababababababababab', 'running', '["3000/tcp","53/udp"]', '{"3000/tcp":"32768"}', 1024, 0.25, 900, 1790000900000, 1790000000000, 1790000000500, NULL, NULL, NULL, '{"env":["A=b=c","EMPTY="],"workingDir":"/srv","user":"1000:1000"}', '1111111111111111111111111111111111111111111111111111111111111111', 'socket', 'ffffffffffffffff', '{"odd":"''; drop table sandboxes; --|\"`$(id)` ${x} %s \\ \\u0041|żółć 漢字 🏝️👩‍👩‍👧‍👦 ‮ ﻿ ́|line\nfeed\ttab\r\u0001|"}', 7, 'a-claim', 1790000060000);
INSERT INTO sandboxes OVERRIDING SYSTEM VALUE VALUES (2, 'sb_22222222222222222222', 'calm-otter-2', 'default', 'registry.example:5000/team/app@sha256:0123', 'sha256:abababababababababababababababababababababababababababababababab', 'stopped', '["3000/tcp","53/udp"]', '{"3000/tcp":"32768"}', 1024, 0.25, 900, NULL, 1790000000000, 1790000000500, 1790000100000, 'oom', 137, '{"env":["A=b=c","EMPTY="],"workingDir":"/srv","user":"1000:1000"}', '2222222222222222222222222222222222222222222222222222222222222222', 'socket', 'ffffffffffffffff', '{"odd":"''; drop table sandboxes; --|\"`$(id)` ${x} %s \\ \\u0041|żółć 漢字 🏝️👩‍👩‍👧‍👦 ‮ ﻿ ́|line\nfeed\ttab\r\u0001|"}', 7, NULL, NULL);
INSERT INTO sandboxes OVERRIDING SYSTEM VALUE VALUES (3, 'sb_33333333333333333333', 'calm-otter-3', 'default', 'registry.example:5000/team/app@sha256:0123', 'sha256:abababababababababababababababababababababababababababababababab', 'creating', '[]', '{}', 1024, 0.25, 900, 1790000900000, 1790000000000, NULL, NULL, NULL, NULL, '{"env":["A=b=c","EMPTY="],"workingDir":"/srv","user":"1000:1000"}', '3333333333333333333333333333333333333333333333333333333333333333', 'exec', NULL, '{"odd":"''; drop table sandboxes; --|\"`$(id)` ${x} %s \\ \\u0041|żółć 漢字 🏝️👩‍👩‍👧‍👦 ‮ ﻿ ́|line\nfeed\ttab\r\u0001|"}', 7, NULL, NULL);
SELECT pg_catalog.setval('commands_ordinal_seq', 4, true);
SELECT pg_catalog.setval('sandboxes_ordinal_seq', 3, true);
ALTER TABLE ONLY commands
    ADD CONSTRAINT commands_id_key UNIQUE (id);
ALTER TABLE ONLY commands
    ADD CONSTRAINT commands_pkey PRIMARY KEY (ordinal);
ALTER TABLE ONLY idempotency
    ADD CONSTRAINT idempotency_key PRIMARY KEY (owner, key);
ALTER TABLE ONLY kysely_migration_lock
    ADD CONSTRAINT kysely_migration_lock_pkey PRIMARY KEY (id);
ALTER TABLE ONLY kysely_migration
    ADD CONSTRAINT kysely_migration_pkey PRIMARY KEY (name);
ALTER TABLE ONLY meta
    ADD CONSTRAINT meta_pkey PRIMARY KEY (key);
ALTER TABLE ONLY sandboxes
    ADD CONSTRAINT sandboxes_id_key UNIQUE (id);
ALTER TABLE ONLY sandboxes
    ADD CONSTRAINT sandboxes_name_key UNIQUE (name);
ALTER TABLE ONLY sandboxes
    ADD CONSTRAINT sandboxes_pkey PRIMARY KEY (ordinal);
CREATE INDEX commands_by_end ON commands USING btree (sandbox_id, finished_at, ordinal);
CREATE INDEX commands_in_order ON commands USING btree (sandbox_id, ordinal);
CREATE INDEX idempotency_age ON idempotency USING btree (created_at);
CREATE INDEX sandboxes_due ON sandboxes USING btree (status, expires_at);
CREATE INDEX sandboxes_ended ON sandboxes USING btree (status, finished_at);
ALTER TABLE ONLY commands
    ADD CONSTRAINT commands_sandbox_id_fkey FOREIGN KEY (sandbox_id) REFERENCES sandboxes(id) ON DELETE CASCADE;
