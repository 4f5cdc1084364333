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
