-- What many machines read with, and which of them are there.

-- 版. What intake asks readers to read with; a row whenever forms or the model of digits changed.
create table editions (
    number  integer primary key autoincrement,
    forms   text not null,               -- hash of the forms and their empty sheets
    model   text not null,               -- hash of the model of digits
    since   integer not null
) strict;

-- 読取機. What each said last.
create table readers (
    name            text primary key,
    program         text not null,
    forms           text not null,
    model           text not null,
    threads         integer not null,
    pages           integer not null,    -- read since it was started
    refusing_since  integer,             -- since when it gives pages back; null while it reads
    stopping        integer not null check (stopping in (0, 1)),
    at              integer not null     -- when it said so, by its own clock
) strict, without rowid;
