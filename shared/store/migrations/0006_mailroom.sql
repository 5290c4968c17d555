-- The mailroom: how a person sorts what the scanner brought, and whom the office asks.

-- Place in the pile of its file, thousandths of a page: page 3 is 3000, its parts 3100 and 3200.
alter table pages add column place integer not null default 0;
-- Degrees clockwise by which the picture is turned before anybody reads or sees it; its bytes stay as they are.
alter table pages add column turn integer not null default 0 check (turn in (0, 90, 180, 270));
-- What a person assigned; stays through every new reading.
alter table pages add column assigned_form text;
alter table pages add column assigned_number text;
-- Whether a person put it into its envelope; tickets read later then leave it there.
alter table pages add column placed integer not null default 0 check (placed in (0, 1));
-- The page it was cut from; into how many parts it was cut itself.
alter table pages add column parent text references pages (page);
alter table pages add column cut integer not null default 0 check (cut >= 0);
-- Whether it counts as a page: not when its parts do, nor when it is a part of a cut that was taken back.
alter table pages add column counted integer not null default 1 check (counted in (0, 1));
update pages set place = number * 1000;
drop index pages_place;
drop index pages_opens;
create index pages_place on pages (folder, file, place);
create index pages_opens on pages (folder, file, place) where opens is not null;
create index pages_parent on pages (parent) where parent is not null;
-- Counting must not walk through the readings that lie in the rows.
create index pages_counted on pages (state) where counted = 1;
create index pages_counted_envelope on pages (envelope, state, is_ticket) where counted = 1;
create index pages_counted_file on pages (file, state) where counted = 1;
create index pages_cut on pages (cut) where cut > 0;
create index pages_arrived on pages (arrived_at);
create index scan_files_arrived on scan_files (arrived_at);

-- Pages that a person moved into another envelope; one batch is taken back at once.
create table page_moves (
    batch        integer not null references events (id),
    page         text not null references pages (page),
    origin       text not null references envelopes (id),
    was_placed   integer not null check (was_placed in (0, 1)),
    target       text not null references envelopes (id),
    undone       integer references events (id),
    primary key (batch, page)
) strict, without rowid;
create index page_moves_page on page_moves (page, batch);

-- 不足のまま確定: a person closed the envelope although its slips are not as many as declared.
alter table envelopes add column settled_at integer;
alter table envelopes add column settled_by text;
alter table envelopes add column settled_reason text;
alter table envelopes add column settled_seen integer;

-- What people did with an envelope as a whole.
create table envelope_log (
    event     integer primary key references events (id),
    envelope  text not null references envelopes (id),
    declared  integer,
    seen      integer not null
) strict;
create index envelope_log_envelope on envelope_log (envelope);

-- 問合せ. What the office asks of others about a page.
create table enquiries (
    id         integer primary key autoincrement,
    page       text not null references pages (page),
    kind       text not null check (kind in ('clinic', 'rescan', 'wrong_form', 'resident')),
    field      text,                       -- the field it is about
    reason     text not null,
    words      text not null,              -- in addition, as typed
    state      text not null check (state in ('open', 'asked', 'answered', 'closed')),
    owner      text,                       -- staff who sees to it
    due        text not null,              -- local day
    opened_at  integer not null,
    opened_by  text not null,
    closed_at  integer
) strict;
create index enquiries_page on enquiries (page);
create index enquiries_live on enquiries (state, kind, due) where state <> 'closed';

-- Every step of an enquiry; rows are only added.
create table enquiry_steps (
    event    integer primary key references events (id),
    enquiry  integer not null references enquiries (id),
    what     text not null check (what in ('opened', 'given', 'asked', 'answered', 'closed', 'reopened')),
    how      text check (how in ('phone', 'fax', 'letter', 'counter', 'mail')),
    other    text,                         -- with whom
    words    text
) strict;
create index enquiry_steps_enquiry on enquiry_steps (enquiry);
create trigger enquiry_steps_never_change before update on enquiry_steps
begin select raise(abort, 'a step of an enquiry never changes'); end;
create trigger enquiry_steps_never_vanish before delete on enquiry_steps
begin select raise(abort, 'a step of an enquiry never vanishes'); end;

-- 保留: pages that wait for somebody's answer and not for a clerk.
create view parked_pages as
select distinct page from enquiries where state in ('open', 'asked');
