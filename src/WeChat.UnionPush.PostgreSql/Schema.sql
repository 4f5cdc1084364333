-- WeChat.UnionPush on PostgreSQL 12 or later
--
-- Run by EnsureSchemaAsync, or by the host's own migrations (the file is in the package as schema/postgresql.sql and may be run again). The tables
-- go to the first schema of the search path, where the library's connections must find them. The database is encoded in UTF8.
--
-- What the schema is made for:
-- * One look-up of one person is one seek: the primary key is (app_id, open_id), which a push brings, and one index leads from a UnionID to its
--   holder in an app. There is no other index: a walk writes observed_at of every follower, in place (HOT) while no index holds it and a page has
--   room, and a report may read everything.
-- * Texts are compared by their bytes (collation "C"), as the platform compares them, whatever the database's locale.
-- * What waits in the inbox is found by the moment from which it may be taken, in an index of what waits alone; two small ones say who is out and
--   what is old. The key that tells a repetition is unique. Bodies are bytes: what users write may hold U+0000, which no text of the server may.
-- * A receipt is found by its message, by the host's own name for it and, to be forgotten, by its recipient.
-- * Times are whole milliseconds since 1970 in UTC.
-- * unionpush_access_token holds secrets: who can read it can send as the account.
--
-- Each section takes the schema from the version before it to its own and ends by noting it. A section that was released is never changed.

-- version 1
create table if not exists unionpush_schema
(
    version integer not null
);

create table if not exists unionpush_identity
(
    app_id       text collate "C" not null,
    open_id      text collate "C" not null,
    union_id     text collate "C",
    follow_state smallint         not null, -- 0 unknown, 1 following, 2 not following, 3 refusing
    observed_at  bigint           not null,
    details_at   bigint,                    -- null: never asked the platform about this person
    primary key (app_id, open_id)
) with (fillfactor = 90);

create index if not exists unionpush_identity_union_id on unionpush_identity (union_id, app_id) where union_id is not null;

create table if not exists unionpush_access_token
(
    key          text collate "C" not null primary key,
    token        text,
    expires_at   bigint,
    fetched_at   bigint           not null,
    forced_at    bigint,
    forced_count integer          not null
);

create table if not exists unionpush_follower_sync
(
    app_id          text collate "C" not null primary key,
    walk_started_at bigint           not null,
    next_open_id    text             not null,
    in_progress     boolean          not null,
    is_full         boolean          not null,
    listed          bigint           not null,
    detailed        bigint           not null,
    calls           integer          not null,
    calls_on        date             not null, -- by China time
    completed_at    bigint
);

create table if not exists unionpush_lease
(
    key        text collate "C" not null primary key,
    owner      text             not null,
    expires_at bigint           not null
);

insert into unionpush_schema (version) select 1 where not exists (select 1 from unionpush_schema);

-- version 2
create table if not exists unionpush_event
(
    id                bigint           generated always as identity primary key, -- in the order of arrival
    app_id            text collate "C" not null,
    deduplication_key text collate "C" not null,
    open_id           text collate "C" not null, -- the sender's
    body              bytea            not null, -- UTF-8; empty once completed
    available_at      bigint           not null, -- from when it may be taken; while it is out, the end of its lease
    attempt           integer          not null,
    lease_id          text collate "C",
    settled_at        bigint                     -- null: it waits or is out
) with (fillfactor = 70);

create unique index if not exists unionpush_event_key on unionpush_event (app_id, deduplication_key);
create index if not exists unionpush_event_waiting on unionpush_event (available_at, id) where settled_at is null;
create index if not exists unionpush_event_out on unionpush_event (app_id, open_id) where lease_id is not null;
create index if not exists unionpush_event_settled on unionpush_event (settled_at) where settled_at is not null;

create table if not exists unionpush_receipt
(
    app_id         text collate "C" not null,
    message_id     bigint           not null,
    open_id        text collate "C", -- the recipient's; empty once forgotten
    template_id    text,
    correlation_id text collate "C",
    sent_at        bigint,
    status         smallint,         -- 0 other, 1 delivered, 2 refused by the recipient, 3 failed, 4 too many; null: not known yet
    status_text    text,
    finished_at    bigint,
    saved_at       bigint           not null,
    primary key (app_id, message_id)
);

create index if not exists unionpush_receipt_correlation_id on unionpush_receipt (app_id, correlation_id) where correlation_id is not null;
create index if not exists unionpush_receipt_open_id on unionpush_receipt (app_id, open_id) where open_id is not null;
create index if not exists unionpush_receipt_saved_at on unionpush_receipt (saved_at);

update unionpush_schema set version = 2 where version < 2;
