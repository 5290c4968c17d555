-- What people keyed, field by field, and the work that is left. Who may key what is domain::keying.

create table keyings (
    id            integer primary key autoincrement,
    save          integer not null references events (id),  -- one press of a button: taken back as a whole
    page          text not null references pages (page),
    round         integer not null,      -- the reading that the person saw
    form          text not null,         -- counts for a page of this very form only
    form_version  integer not null,
    request       integer not null default 0,  -- 0: the page's own keying; else the number of a correction
    field         text not null,         -- a field, @person, or @accept.<rule>
    pass          text not null check (pass in ('first', 'second', 'third', 'sample', 'correction')),
    value         text not null,         -- JSON of domain::keying::Keyed
    staff         text not null,
    terminal      text not null,
    at            integer not null
) strict;
create index keyings_page on keyings (page, request, field, pass);
create index keyings_staff on keyings (staff, id);
create index keyings_save on keyings (save);

-- Keyings that were taken back; they stay readable, and count no more.
create table keyings_undone (
    keying    integer primary key references keyings (id),
    staff     text not null,
    terminal  text not null,
    at        integer not null
) strict;

create view standing_keyings as
select * from keyings k where not exists (select 1 from keyings_undone u where u.keying = k.id);

create trigger keyings_never_change before update on keyings
begin select raise(abort, 'a keying never changes'); end;
create trigger keyings_never_vanish before delete on keyings
begin select raise(abort, 'a keying never vanishes'); end;
create trigger keyings_undone_never_change before update on keyings_undone
begin select raise(abort, 'what was taken back stays taken back'); end;
create trigger keyings_undone_never_vanish before delete on keyings_undone
begin select raise(abort, 'what was taken back stays taken back'); end;
-- The first writer wins, whatever way of working and whichever process it came by.
create trigger keyings_once before insert on keyings
when exists (select 1 from standing_keyings s
             where s.page = new.page and s.request = new.request and s.field = new.field and s.pass = new.pass
               and s.form = new.form and s.form_version = new.form_version)
begin select raise(abort, 'this field was keyed in this pass'); end;

-- Where an office departs from what the form says (critical or not).
create table second_keying (
    form    text not null,
    field   text not null,
    needed  integer not null check (needed in (0, 1)),
    staff   text not null,
    at      integer not null,
    primary key (form, field)
) strict, without rowid;

-- The pass that an open item waits for, so that each queue is an index.
alter table review_items add column stage text not null default 'first' check (stage in ('first', 'second', 'third'));
create index review_items_stage on review_items (stage, priority, created_at, page) where state = 'open';

-- Every field that somebody has still to key, written anew whenever a keying or a reading changes its page.
create table field_work (
    page         text not null references pages (page),
    request      integer not null default 0,
    field        text not null,
    pass         text not null check (pass in ('first', 'second', 'third', 'sample', 'correction')),
    form         text not null,
    not_by       text,                    -- who keyed it first: never the same person twice
    nor_by       text,                    -- ... and second
    priority     integer not null,        -- small first
    created_at   integer not null,        -- since when the page waits
    lease_owner  text,                    -- who has it on the screen
    lease_until  integer,
    primary key (page, request, field, pass)
) strict, without rowid;
create index field_work_queue on field_work (pass, form, field, priority, created_at, page);
create index field_work_order on field_work (pass, priority, created_at, page);
