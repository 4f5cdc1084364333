-- WeChat.UnionPush on SQLite
--
-- What the schema is made for:
-- * One look-up of one person is one seek: identities are clustered by (app_id, open_id), the key that a push brings, and one index leads from a
--   UnionID to its holder in an app. There is no other index: a walk writes observed_at of every follower, and a report may read everything.
-- * Texts are compared by their bytes (binary, SQLite's own default), as the platform compares them.
-- * What waits in the inbox is found by the moment from which it may be taken, in an index of what waits alone; two small ones say who is out and
--   what is old. The key that tells a repetition is unique.
-- * A receipt is found by its message, by the host's own name for it and, to be forgotten, by its recipient.
-- * Times are whole milliseconds since 1970 in UTC.
-- * unionpush_access_token holds secrets: who can read this file can send as the account.
--
-- Each section takes the schema from the version before it to its own and ends by noting it. A section that was released is never changed.

-- version 1
create table if not exists unionpush_schema
(
    version integer not null
) strict;

create table if not exists unionpush_identity
(
    app_id       text    not null,
    open_id      text    not null,
    union_id     text,
    follow_state integer not null, -- 0 unknown, 1 following, 2 not following, 3 refusing
    observed_at  integer not null,
    details_at   integer,          -- null: never asked the platform about this person
    primary key (app_id, open_id)
) strict, without rowid;

create index if not exists unionpush_identity_union_id on unionpush_identity (union_id, app_id) where union_id is not null;

create table if not exists unionpush_access_token
(
    key          text    not null primary key,
    token        text,
    expires_at   integer,
    fetched_at   integer not null,
    forced_at    integer,
    forced_count integer not null
) strict, without rowid;

create table if not exists unionpush_follower_sync
(
    app_id          text    not null primary key,
    walk_started_at integer not null,
    next_open_id    text    not null,
    in_progress     integer not null,
    is_full         integer not null,
    listed          integer not null,
    detailed        integer not null,
    calls           integer not null,
    calls_on        integer not null, -- days since 0001-01-01, by China time
    completed_at    integer
) strict, without rowid;

create table if not exists unionpush_lease
(
    key        text    not null primary key,
    owner      text    not null,
    expires_at integer not null
) strict, without rowid;

insert into unionpush_schema (version) select 1 where not exists (select 1 from unionpush_schema);

-- version 2
create table if not exists unionpush_event
(
    id                integer not null primary key, -- in the order of arrival
    app_id            text    not null,
    deduplication_key text    not null,
    open_id           text    not null,             -- the sender's
    body              text    not null,             -- empty once completed
    available_at      integer not null,             -- from when it may be taken; while it is out, the end of its lease
    attempt           integer not null,
    lease_id          text,
    settled_at        integer                       -- null: it waits or is out
) strict;

create unique index if not exists unionpush_event_key on unionpush_event (app_id, deduplication_key);
create index if not exists unionpush_event_waiting on unionpush_event (available_at) where settled_at is null;
create index if not exists unionpush_event_out on unionpush_event (app_id, open_id) where lease_id is not null;
create index if not exists unionpush_event_settled on unionpush_event (settled_at) where settled_at is not null;

create table if not exists unionpush_receipt
(
    app_id         text    not null,
    message_id     integer not null,
    open_id        text,             -- the recipient's; empty once forgotten
    template_id    text,
    correlation_id text,
    sent_at        integer,
    status         integer,          -- 0 other, 1 delivered, 2 refused by the recipient, 3 failed, 4 too many; null: not known yet
    status_text    text,
    finished_at    integer,
    saved_at       integer not null,
    primary key (app_id, message_id)
) strict, without rowid;

create index if not exists unionpush_receipt_correlation_id on unionpush_receipt (app_id, correlation_id) where correlation_id is not null;
create index if not exists unionpush_receipt_open_id on unionpush_receipt (app_id, open_id) where open_id is not null;
create index if not exists unionpush_receipt_saved_at on unionpush_receipt (saved_at);

update unionpush_schema set version = 2 where version < 2;
