-- WeChat.UnionPush on SQLite
--
-- What the schema is made for:
-- * One look-up of one person is one seek: identities are clustered by (app_id, open_id), the key that a push brings, and one index leads from a
--   UnionID to its holder in an app. There is no other index: a walk writes observed_at of every follower, and a report may read everything.
-- * Texts are compared by their bytes (binary, SQLite's own default), as the platform compares them.
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
