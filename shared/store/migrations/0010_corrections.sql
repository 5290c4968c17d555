-- Corrections of committed records. What is keyed for one lies in `keyings` under its number (`request`); the record
-- itself changes only when two people agree or a third has decided.
create table corrections (
    id        integer primary key autoincrement,
    record    integer not null references records (id),  -- the standing entry that it is about
    page      text not null references pages (page),
    fields    text not null,             -- JSON list of the fields to be keyed; ["@record"] takes it back
    ground    text not null check (ground in ('office', 'clinic', 'person', 'keying', 'wrong_person')),
    words     text not null,             -- the asker's own, shown when nobody keys blind any more
    staff     text not null,
    terminal  text not null,
    asked_at  integer not null
) strict;
create index corrections_record on corrections (record);

-- How they ended: one row each, never changed.
create table correction_ends (
    correction  integer primary key references corrections (id),
    outcome     text not null check (outcome in ('corrected', 'taken_back', 'kept', 'withdrawn')),
    entry       integer references records (id),          -- the new entry, when there is one
    staff       text not null,
    terminal    text not null,
    at          integer not null
) strict;
create index correction_ends_entry on correction_ends (entry) where entry is not null;

create trigger corrections_never_change before update on corrections
begin select raise(abort, 'a correction never changes'); end;
create trigger corrections_never_vanish before delete on corrections
begin select raise(abort, 'a correction never vanishes'); end;
create trigger correction_ends_never_change before update on correction_ends
begin select raise(abort, 'the end of a correction never changes'); end;
create trigger correction_ends_never_vanish before delete on correction_ends
begin select raise(abort, 'the end of a correction never vanishes'); end;

-- Which program and which model read the page; null for readings from before.
alter table pages add column reader text;
-- Why somebody is no resident any more, where the register says it: moved or deceased.
alter table residents add column until_reason text check (until_reason in ('moved', 'deceased'));
