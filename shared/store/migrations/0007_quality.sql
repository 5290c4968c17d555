-- The blind sample of accepted values, how much is drawn, and how sure a value must be.

-- What the drawing is keyed with; made once, and nobody outside of these rows knows it.
create table quality_secret (
    one     integer primary key check (one = 1),
    secret  blob not null check (length(secret) = 32)
) strict;
insert into quality_secret (one, secret) values (1, randomblob(32));

-- 抜取の割合, by kind of field; a kind without a row has the plan that the program comes with.
create table sample_plans (
    kind    text primary key,
    share   real not null check (share between 0 and 1),
    floor   integer not null check (floor >= 0)
) strict;

-- 抜取. Accepted values that were drawn, and what they turned out to be.
create table samples (
    id             integer primary key autoincrement,
    page           text not null references pages (page),
    round          integer not null,      -- the reading that accepted it
    field          text not null,
    form           text not null,
    kind           text not null,
    month          text not null,         -- month in which it was drawn, 2026-10
    chance         real not null check (chance > 0 and chance <= 1),  -- with which it was drawn
    machine_value  text not null,         -- JSON
    confidence     real not null,
    drawn_at       integer not null,
    keyed_value    text,                  -- JSON of domain::keying::Keyed
    keyed_by       text,
    keyed_at       integer,
    decided_value  text,                  -- the same, of a third person
    decided_by     text,
    decided_at     integer,
    verdict        text check (verdict in ('right', 'wrong', 'unclear')),
    unique (page, round, field),
    check ((keyed_at is null) = (keyed_by is null)),
    check ((decided_at is null) = (decided_by is null))
) strict;
create index samples_month on samples (month, kind);
create index samples_open on samples (form, field) where verdict is null;
create index samples_settled on samples (drawn_at) where verdict is not null;

-- しきい値. A single value of the field may be wrong with at most this probability; no row: the reader decides.
create table bars (
    form   text not null,
    field  text not null,
    wrong  real not null check (wrong > 0 and wrong <= 0.01),
    primary key (form, field)
) strict, without rowid;
-- The last readings of a form are what a bar is tried on before it is set.
create index pages_form on pages (form, updated_at) where form is not null;

-- Fields that lie on somebody's screen in a run or a group. The screen knows the token alone, so that nothing of it
-- says of which page it is or in which pass; a day later it is forgotten.
create table run_items (
    token    text primary key,
    staff    text not null,
    page     text not null references pages (page),
    request  integer not null,
    field    text not null,
    pass     text not null,
    form     text not null,
    shown    text,                        -- JSON of the value that it was shown with, if any
    control  integer not null default 0 check (control in (0, 1)),  -- planted: known to be another value
    save     integer,                     -- what became of it, for taking it back
    at       integer not null
) strict, without rowid;
create index run_items_at on run_items (at);
create index run_items_save on run_items (save) where save is not null;

-- Known odd crops that were mixed into a group, and whether the person saw them.
create table run_controls (
    id      integer primary key autoincrement,
    staff   text not null,
    form    text not null,
    field   text not null,
    caught  integer not null check (caught in (0, 1)),
    at      integer not null
) strict;
create index run_controls_at on run_controls (at);
