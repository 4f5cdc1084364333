-- WeChat.UnionPush on MySQL 8.0.17, MariaDB 10.6, and servers that speak their language
--
-- Run by EnsureSchemaAsync, or by the host's own migrations (the file is in the package as schema/mysql.sql and may be run again). The tables go to
-- the database of the connection; its own character set and collation do not matter, since each table names its own.
--
-- What the schema is made for:
-- * One look-up of one person is one seek: identities are clustered by (app_id, open_id), the key that a push brings, and one index leads from a
--   UnionID to its holder in an app. There is no other index: a walk writes observed_at of every follower, and a report may read everything.
-- * Texts are compared by their bytes, trailing spaces included, as the platform compares them. Which collation does that is named differently:
--   utf8mb4_0900_bin by MySQL, utf8mb4_nopad_bin by MariaDB, which the comments in the statements choose. On a server that knows neither, such as an
--   old TiDB, put utf8mb4_bin in their place, as EnsureSchemaAsync does: it takes two ids for the same that differ in spaces at their end only, and
--   the platform gives none such.
-- * Of who was erased only hashes stay, so that what was observed before does not bring them back.
-- * What waits in the inbox is found by the moment from which it may be taken. The key that tells a repetition is unique.
-- * A receipt is found by its message, by the host's own name for it and, to be forgotten, by its recipient. A page of a list is a range of one index.
-- * Times are whole milliseconds since 1970 in UTC.
-- * unionpush_access_token holds secrets: who can read it can send as the account.
--
-- Each section takes the schema from the version before it to its own and ends by noting it. A section that was released is never changed.

-- version 1
create table if not exists unionpush_schema
(
    id      tinyint not null primary key, -- 1: the version; 0 and 2: rows to lock where a take, and an erasure, must be alone
    version integer not null
) engine = InnoDB;

insert ignore into unionpush_schema (id, version) values (0, 0), (1, 0), (2, 0);

create table if not exists unionpush_identity
(
    app_id            varchar(128) not null,
    open_id           varchar(128) not null,
    union_id          varchar(128),
    follow_state      tinyint      not null, -- 0 unknown, 1 following, 2 not following, 3 refusing
    observed_at       bigint       not null,
    details_at        bigint,                -- null: never asked the platform about this person
    follow_changed_at bigint,                -- by the platform's clock; null: not told
    primary key (app_id, open_id),
    key unionpush_identity_union_id (union_id, app_id)
) engine = InnoDB character set utf8mb4 collate /*!80017 utf8mb4_0900_bin */ /*M!100202 utf8mb4_nopad_bin */;

create table if not exists unionpush_erasure
(
    `key`             char(64) not null primary key, -- hash of an openid with its app id, or of a UnionID
    number            bigint   not null,             -- of the erasure, one more than of the one before; one erasure has several keys
    erased_at         bigint   not null,
    follow_changed_at bigint,                        -- the latest one of what was erased
    is_over           tinyint  not null,             -- the person came back
    key unionpush_erasure_number (number)
) engine = InnoDB character set ascii collate ascii_bin;

create table if not exists unionpush_access_token
(
    `key`        varchar(255) not null primary key,
    token        text,
    expires_at   bigint,
    fetched_at   bigint       not null,
    forced_at    bigint,
    forced_count integer      not null
) engine = InnoDB character set utf8mb4 collate /*!80017 utf8mb4_0900_bin */ /*M!100202 utf8mb4_nopad_bin */;

create table if not exists unionpush_follower_sync
(
    app_id          varchar(128) not null primary key,
    walk_started_at bigint       not null,
    next_open_id    varchar(255) not null,
    in_progress     tinyint      not null,
    is_full         tinyint      not null,
    listed          bigint       not null,
    detailed        bigint       not null,
    calls           integer      not null,
    calls_on        date         not null, -- by China time
    completed_at    bigint,
    doubted_at      bigint,                -- start of the last walk whose end was doubted
    doubted         bigint       not null default 0, -- how many it would have marked
    unlinked        bigint       not null default 0  -- followers without a UnionID at the end of the last walk
) engine = InnoDB character set utf8mb4 collate /*!80017 utf8mb4_0900_bin */ /*M!100202 utf8mb4_nopad_bin */;

create table if not exists unionpush_lease
(
    `key`      varchar(255) not null primary key,
    owner      varchar(64)  not null,
    expires_at bigint       not null
) engine = InnoDB character set utf8mb4 collate /*!80017 utf8mb4_0900_bin */ /*M!100202 utf8mb4_nopad_bin */;

create table if not exists unionpush_event
(
    id                bigint       not null auto_increment primary key, -- in the order of arrival
    app_id            varchar(128) not null,
    deduplication_key varchar(420) not null,
    open_id           varchar(128) not null, -- the sender's
    body              mediumtext   not null, -- empty once completed
    available_at      bigint       not null, -- from when it may be taken; while it is out, the end of its lease
    attempt           integer      not null,
    lease_id          varchar(64),
    settled_at        bigint,                -- null: it waits or is out
    buried_at         bigint,                -- null: it was not set aside
    progress          text         not null, -- which handlers are done, in the library's own writing
    unique key unionpush_event_key (app_id, deduplication_key),
    key unionpush_event_waiting (settled_at, available_at, id),
    key unionpush_event_out (app_id, open_id, lease_id),
    key unionpush_event_buried (app_id, buried_at)
) engine = InnoDB character set utf8mb4 collate /*!80017 utf8mb4_0900_bin */ /*M!100202 utf8mb4_nopad_bin */;

create table if not exists unionpush_receipt
(
    app_id         varchar(128) not null,
    message_id     bigint       not null,
    open_id        varchar(128), -- the recipient's; empty once forgotten
    template_id    varchar(128),
    correlation_id varchar(128),
    sent_at        bigint,
    status         tinyint,      -- 0 other, 1 delivered, 2 refused by the recipient, 3 failed, 4 too many; null: not known yet
    status_text    varchar(200),
    finished_at    bigint,
    saved_at       bigint       not null,
    listed_at      bigint as (coalesce(sent_at, finished_at, 0)) virtual,
    primary key (app_id, message_id),
    key unionpush_receipt_correlation_id (app_id, correlation_id),
    key unionpush_receipt_open_id (app_id, open_id),
    key unionpush_receipt_saved_at (saved_at),
    key unionpush_receipt_listed (app_id, listed_at, message_id)
) engine = InnoDB character set utf8mb4 collate /*!80017 utf8mb4_0900_bin */ /*M!100202 utf8mb4_nopad_bin */;

update unionpush_schema set version = 1 where id = 1 and version < 1;

-- version 2
create table if not exists unionpush_broadcast
(
    app_id      varchar(128) not null,
    name        varchar(128) not null,
    id          varchar(32)  not null, -- names its batches; another one at each attempt to plan it
    state       tinyint      not null, -- 0 planning, 1 running, 2 paused, 3 stopped, 4 cancelled, 5 finished
    reason      text,
    recipients  bigint       not null,
    content     mediumtext   not null, -- what is sent and how, in the library's own writing
    created_at  bigint       not null,
    started_at  bigint,
    ended_at    bigint,
    waits_until bigint,
    report      mediumtext,            -- once its batches were deleted
    revision    bigint       not null,
    primary key (app_id, name),
    key unionpush_broadcast_id (id)
) engine = InnoDB character set utf8mb4 collate /*!80017 utf8mb4_0900_bin */ /*M!100202 utf8mb4_nopad_bin */;

create table if not exists unionpush_broadcast_batch
(
    broadcast_id  varchar(32) not null,
    number        integer     not null,
    claim_id      varchar(64),
    available_at  bigint      not null, -- from when it may be claimed: the end of a claim; 253402300799999 when all have an outcome
    saved_at      bigint      not null,
    size          integer     not null,
    sent          integer     not null,
    not_signed_in integer     not null,
    not_linked    integer     not null,
    not_following integer     not null,
    refused       integer     not null,
    too_frequent  integer     not null,
    duplicate     integer     not null,
    unknown_outcome integer   not null,
    failed        integer     not null,
    sent_by_subscribe integer not null default 0, -- of those sent to, who was on another channel than the template message
    sent_by_notice    integer not null default 0,
    sent_by_service   integer not null default 0,
    sent_by_fallback  integer not null default 0,
    outcomes      mediumtext  not null, -- of each recipient, in the library's own writing
    recipients    mediumtext  not null, -- a line for each
    primary key (broadcast_id, number),
    key unionpush_broadcast_batch_available (broadcast_id, available_at)
) engine = InnoDB character set utf8mb4 collate /*!80017 utf8mb4_0900_bin */ /*M!100202 utf8mb4_nopad_bin */;

create table if not exists unionpush_pace
(
    app_id  varchar(128) not null primary key,
    next_at bigint       not null, -- the next slot, in microseconds since 1970
    day     integer      not null, -- days since 0001-01-01, by China time
    used    bigint       not null  -- calls of that day
) engine = InnoDB character set utf8mb4 collate /*!80017 utf8mb4_0900_bin */ /*M!100202 utf8mb4_nopad_bin */;

update unionpush_schema set version = 2 where id = 1 and version < 2;

-- version 3
create table if not exists unionpush_consent
(
    app_id      varchar(128) not null,
    open_id     varchar(128) not null,
    template_id varchar(128) not null,
    tapped      bigint not null,       -- taps that events told of
    reported    bigint not null,       -- taps that the host told of
    taken       bigint not null,       -- messages sent from here
    delivered   bigint not null,       -- messages that events told of
    lost        bigint not null,       -- credits that ended without a message
    emptied_at  bigint,
    tapped_at   bigint,
    habit       tinyint not null,      -- 0 asked, 1 always accepts, 2 always refuses
    events      text not null,         -- the last events that were counted
    credits     bigint not null,       -- what is left of it all, for counts
    revision    bigint not null,
    primary key (app_id, open_id, template_id),
    key unionpush_consent_credits (app_id, template_id, credits)
) engine = InnoDB character set utf8mb4 collate /*!80017 utf8mb4_0900_bin */ /*M!100202 utf8mb4_nopad_bin */;

create table if not exists unionpush_reach
(
    app_id     varchar(128) not null,
    note_key   varchar(255) not null,
    note       mediumtext   not null, -- in the library's own writing
    expires_at bigint not null,
    revision   bigint not null,
    primary key (app_id, note_key),
    key unionpush_reach_expires_at (expires_at)
) engine = InnoDB character set utf8mb4 collate /*!80017 utf8mb4_0900_bin */ /*M!100202 utf8mb4_nopad_bin */;

update unionpush_schema set version = 3 where id = 1 and version < 3;
