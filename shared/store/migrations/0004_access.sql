-- Who saw, searched, changed, printed or took out data of a person, as a chain of hashes (domain::access).
-- A row holds no value: who, when, from where, whose, why.
create table access_log (
    seq       integer primary key,       -- 1, 2, 3, … without a gap: part of the chain
    at        integer not null,
    staff     text not null check (staff <> ''),  -- nobody looks without a name
    section   text not null,             -- 所属; '' when it is not known
    terminal  text not null,
    act       text not null check (act in ('view', 'search', 'change', 'print', 'export')),
    screen    text not null,
    reason    text,
    resident  text,
    page      text,
    link      blob not null check (length(link) = 32)
) strict;
create index access_log_resident on access_log (resident, seq) where resident is not null;
create index access_log_page on access_log (page, staff, seq) where page is not null;
create index access_log_staff on access_log (staff, seq);
create index access_log_at on access_log (at);

-- Where the chain ends: a tail that is cut off leaves a head that nothing fits.
create table access_head (
    one   integer primary key check (one = 1),
    seq   integer not null check (seq >= 0),
    link  blob not null check (length(link) = 32)
) strict;
insert into access_head values (1, 0, zeroblob(32));

-- Parts that were written to files and then taken off the table; the chain goes on from the last one's end.
create table access_archives (
    first_seq    integer primary key,
    last_seq     integer not null unique check (last_seq >= first_seq),
    before_link  blob not null check (length(before_link) = 32),
    last_link    blob not null check (length(last_link) = 32),
    last_at      integer not null,       -- of its last line: the time it is kept counts from here
    file         text not null,          -- name in access-archive/
    archived_at  integer not null
) strict;

create trigger access_log_only_grows before insert on access_log
when new.seq <> (select seq + 1 from access_head)
begin select raise(abort, 'a line of the access log follows the last one'); end;
create trigger access_log_never_changes before update on access_log
begin select raise(abort, 'a line of the access log never changes'); end;
create trigger access_log_never_vanishes before delete on access_log
when old.seq > (select coalesce(max(last_seq), 0) from access_archives)
begin select raise(abort, 'a line of the access log leaves only into the archive'); end;
create trigger access_head_only_moves_on before update on access_head
when new.seq <> old.seq + 1 or not exists (select 1 from access_log where seq = new.seq and link = new.link)
begin select raise(abort, 'the head of the access log follows its last line'); end;
create trigger access_head_never_vanishes before delete on access_head
begin select raise(abort, 'the head of the access log never vanishes'); end;
create trigger access_archives_never_change before update on access_archives
begin select raise(abort, 'an archived part never changes'); end;
create trigger access_archives_never_vanish before delete on access_archives
begin select raise(abort, 'an archived part never vanishes'); end;
