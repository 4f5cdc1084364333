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
-- * A receipt is found by its message, by the host's own name for it and, to be forgotten, by its recipient. A page of a list is a range of one index.
-- * Of who was erased only hashes stay, so that what was observed before does not bring them back. They are looked up only while there are any.
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

-- version 3
alter table unionpush_event add column if not exists progress text not null default ''; -- which handlers are done, in the library's own writing
alter table unionpush_event add column if not exists buried_at bigint; -- null: it was not set aside
update unionpush_event set buried_at = settled_at where settled_at is not null and buried_at is null and body <> '';

create index if not exists unionpush_event_buried on unionpush_event (app_id, buried_at, deduplication_key) where buried_at is not null;
create index if not exists unionpush_receipt_listed on unionpush_receipt (app_id, coalesce(sent_at, finished_at, 0), message_id);

update unionpush_schema set version = 3 where version < 3;

-- version 4
alter table unionpush_identity add column if not exists follow_changed_at bigint; -- by the platform's clock; null: not told

create table if not exists unionpush_erasure
(
    key               bytea   not null primary key, -- hash of an openid with its app id, or of a UnionID
    number            bigint  not null,             -- of the erasure, one more than of the one before; one erasure has several keys
    erased_at         bigint  not null,
    follow_changed_at bigint,                       -- the latest one of what was erased
    is_over           boolean not null              -- the person came back
);

create index if not exists unionpush_erasure_number on unionpush_erasure (number);

alter table unionpush_follower_sync add column if not exists doubted_at bigint;                 -- start of the last walk whose end was doubted
alter table unionpush_follower_sync add column if not exists doubted bigint not null default 0;  -- how many it would have marked
alter table unionpush_follower_sync add column if not exists unlinked bigint not null default 0; -- followers without a UnionID at the end of the last walk

update unionpush_schema set version = 4 where version < 4;

-- version 5
create table if not exists unionpush_broadcast
(
    app_id      text collate "C" not null,
    name        text collate "C" not null,
    id          text collate "C" not null,    -- names its batches; another one at each attempt to plan it
    state       smallint not null,    -- 0 planning, 1 running, 2 paused, 3 stopped, 4 cancelled, 5 finished
    reason      text,
    recipients  bigint not null,
    content     text    not null,    -- what is sent and how, in the library's own writing
    created_at  bigint not null,
    started_at  bigint,
    ended_at    bigint,
    waits_until bigint,
    report      text,                -- once its batches were deleted
    revision    bigint not null,
    primary key (app_id, name)
);

create table if not exists unionpush_broadcast_batch
(
    broadcast_id  text collate "C" not null,
    number        integer not null,
    claim_id      text collate "C",
    available_at  bigint not null,  -- from when it may be claimed: the end of a claim; 253402300799999 when all have an outcome
    saved_at      bigint not null,
    size          integer not null,
    sent          integer not null,
    not_signed_in integer not null,
    not_linked    integer not null,
    not_following integer not null,
    refused       integer not null,
    too_frequent  integer not null,
    duplicate     integer not null,
    unknown_outcome integer not null,
    failed        integer not null,
    outcomes      text    not null,  -- of each recipient, in the library's own writing
    recipients    text    not null,  -- a line for each
    primary key (broadcast_id, number)
) with (fillfactor = 50);

create index if not exists unionpush_broadcast_batch_available on unionpush_broadcast_batch (broadcast_id, available_at);

create table if not exists unionpush_pace
(
    app_id  text collate "C" not null primary key,
    next_at bigint not null, -- the next slot, in microseconds since 1970
    day     integer not null, -- days since 0001-01-01, by China time
    used    bigint not null  -- calls of that day
);

update unionpush_schema set version = 5 where version < 5;

-- version 6
create table if not exists unionpush_consent
(
    app_id      text collate "C" not null,
    open_id     text collate "C" not null,
    template_id text collate "C" not null,
    tapped      bigint not null,           -- taps that events told of
    reported    bigint not null,           -- taps that the host told of
    taken       bigint not null,           -- messages sent from here
    delivered   bigint not null,           -- messages that events told of
    lost        bigint not null,           -- credits that ended without a message
    emptied_at  bigint,
    tapped_at   bigint,
    habit       smallint not null,         -- 0 asked, 1 always accepts, 2 always refuses
    events      text not null,             -- the last events that were counted
    credits     bigint not null,           -- what is left of it all, for counts
    revision    bigint not null,
    primary key (app_id, open_id, template_id)
) with (fillfactor = 70);

create index if not exists unionpush_consent_credits on unionpush_consent (app_id, template_id, credits);

create table if not exists unionpush_reach
(
    app_id     text collate "C" not null,
    note_key   text collate "C" not null,
    note       text   not null, -- in the library's own writing
    expires_at bigint not null,
    revision   bigint not null,
    primary key (app_id, note_key)
);

create index if not exists unionpush_reach_expires_at on unionpush_reach (expires_at);

update unionpush_schema set version = 6 where version < 6;

-- version 7
-- of those sent to, who was on another channel than the template message
alter table unionpush_broadcast_batch add column if not exists sent_by_subscribe integer not null default 0;
alter table unionpush_broadcast_batch add column if not exists sent_by_notice integer not null default 0;
alter table unionpush_broadcast_batch add column if not exists sent_by_service integer not null default 0;
alter table unionpush_broadcast_batch add column if not exists sent_by_fallback integer not null default 0;

update unionpush_schema set version = 7 where version < 7;
