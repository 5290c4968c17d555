-- The rows of one municipality. Moments are milliseconds since 1970 UTC (sortable, no text formats);
-- calendar days are ISO text; lists and maps are JSON. Every table is strict: a wrong type is an error.

-- Who did what, when and from where. Every write that a person causes leaves one line here.
create table events (
    id        integer primary key autoincrement,
    at        integer not null,
    staff     text not null,
    terminal  text not null,
    what      text not null,             -- a word such as `page_discarded`
    page      text,                      -- the page it touched
    resident  text,                      -- the person it touched
    detail    text                       -- reason or counts; never a personal value
) strict;
create index events_page on events (page) where page is not null;
create index events_resident on events (resident) where resident is not null;

-- Arrivals: one line for every file that was claimed from the inbox, also duplicates and failures.
create table scan_files (
    seq           integer primary key autoincrement,  -- order of arrival
    scan          text,                                -- content hash; null when it could not even be read
    name          text not null,                       -- as the scanner named it
    folder        text not null,                       -- below the inbox; '' is the inbox itself
    bytes         integer not null,
    arrived_at    integer not null,
    state         text not null check (state in ('taken', 'duplicate', 'failed')),
    reason        text,
    duplicate_of  integer references scan_files (seq),
    pages         integer not null default 0           -- how many pages it brought in
) strict;
create unique index scan_files_taken_once on scan_files (scan) where state = 'taken';
create index scan_files_state on scan_files (state, seq);

-- One clinic's bundle, or the pages of a folder and day that came under no ticket (束票なし).
create table envelopes (
    id         text primary key,          -- the ticket's management number, or `none:<folder>:<day>`
    folder     text not null,
    day        text not null,             -- local day on which it was opened
    clinic     text,                      -- from here on null when there is no ticket
    month      text,                      -- month of the claim, 2026-10
    programme  text,
    declared   integer,                   -- slips that the ticket declares
    opened_at  integer not null,
    closed_at  integer                    -- when a later ticket of the folder was read
) strict;

-- Every page that ever arrived, in exactly one state.
create table pages (
    page               text primary key,  -- <scan>-<number>
    scan               text not null,
    number             integer not null check (number >= 1),
    file               integer not null references scan_files (seq),
    folder             text not null,     -- of its file: place in the folder is (file, number)
    image              text,              -- hash in the page store; null when it could not be stored
    media              text,              -- media type of the image, such as image/tiff
    state              text not null check (state in ('received', 'read', 'in_review', 'committed',
                           'returned', 'rescan', 'discarded', 'duplicate', 'failed')),
    reason             text,              -- why the machine could not take it, for people
    disposal_reason    text,              -- why a person returned, discarded or rescans it
    duplicate_of       text references pages (page),
    envelope           text not null references envelopes (id),
    is_ticket          integer not null default 0 check (is_ticket in (0, 1)),
    opens              text references envelopes (id),  -- the envelope that this ticket opens
    round              integer not null default 1,      -- reading asked for
    read_round         integer not null default 0,      -- reading that stands in `reading`
    form               text,
    form_version       integer,
    side               integer,
    reading            text,              -- JSON of domain::reading::PageReading
    milliseconds       text,              -- JSON of domain::message::Milliseconds
    management_number  text,
    resident           text references residents (resident_id),
    arrived_at         integer not null,
    updated_at         integer not null,
    unique (scan, number)
) strict;
create index pages_place on pages (folder, file, number);
create index pages_state on pages (state, file, number);
create index pages_envelope on pages (envelope, state);
create index pages_image on pages (image) where image is not null;
create index pages_number on pages (management_number) where management_number is not null;
create index pages_opens on pages (folder, file, number) where opens is not null;

-- Messages that are to be published: written with the rows they speak of, sent afterwards.
create table outbox (
    id          integer primary key autoincrement,
    topic       text not null,
    key         text not null,            -- page id and round, for logs and de-duplication
    body        text not null,            -- JSON
    created_at  integer not null,
    sent_at     integer
) strict;
create index outbox_unsent on outbox (id) where sent_at is null;

-- The resident register as imported. Never written from paper, never deleted.
create table residents (
    id              integer primary key,  -- for addresses of screens: says nothing about the person
    resident_id     text not null unique,
    name            text not null,
    kana            text not null,
    sex             text not null check (sex in ('F', 'M', 'X')),
    birth_date      text not null,
    postal_code     text not null,
    address         text not null,
    resident_since  text not null,
    resident_until  text,                 -- last day as a resident, when it has passed or is known
    household_id    text,
    tax_exempt      integer not null check (tax_exempt in (0, 1)),
    protected       integer not null check (protected in (0, 1)),
    name_folded     text not null,        -- domain::fold
    kana_folded     text not null,
    imported        integer not null references events (id)
) strict;
create index residents_birth_date on residents (birth_date);
create index residents_name on residents (name_folded);
create index residents_kana on residents (kana_folded);

create table clinics (
    code      text primary key,
    name      text not null,
    address   text not null,
    phone     text not null,
    imported  integer not null references events (id)
) strict;

-- The next serial of each form number. A serial is used once, even if its slip is never printed.
create table serials (
    form_number  integer primary key check (form_number between 1 and 99),
    next         integer not null check (next >= 1)
) strict;

create table slips (
    number        text primary key,
    form          text not null,
    form_version  integer not null,
    resident      text not null references residents (resident_id),
    issued_at     integer not null,
    batch         integer not null references events (id)   -- who printed it, when and where
) strict;
create index slips_resident on slips (resident);

-- Batch tickets (束票) as issued.
create table tickets (
    number     text primary key,
    clinic     text not null,
    month      text not null,
    programme  text not null,
    declared   integer not null check (declared >= 0),
    issued_at  integer not null,
    batch      integer not null references events (id)
) strict;

-- What people have to look at.
create table review_items (
    page         text primary key references pages (page),
    state        text not null check (state in ('open', 'done')),
    reasons      text not null,           -- JSON of Vec<domain::decision::ReviewReason>
    candidates   text not null,           -- JSON of domain::matching::MatchOutcome
    priority     integer not null,        -- small first
    lease_owner  text,                    -- staff who has it on the screen
    lease_until  integer,
    created_at   integer not null,
    done_at      integer
) strict;
create index review_items_open on review_items (priority, created_at) where state = 'open';

-- Every field of every page: what the machine saw, and what was decided.
create table field_values (
    page           text not null references pages (page),
    field          text not null,
    machine_value  text not null,         -- JSON
    confidence     real not null,
    decision       text not null check (decision in ('accept', 'review')),
    reason         text,
    final_value    text,                  -- JSON; null until committed
    staff          text,                  -- who decided the final value
    decided_at     integer,
    primary key (page, field)
) strict, without rowid;

-- Committed facts. Rows are only ever added: a correction is a reversal and a new entry.
create table records (
    id                 integer primary key autoincrement,
    kind               text not null check (kind in ('entry', 'reversal')),
    reverses           integer unique references records (id),
    page               text not null references pages (page),
    management_number  text,
    resident           text not null references residents (resident_id),
    programme          text not null,
    form               text not null,
    form_version       integer not null,
    service_date       text not null,     -- day of the vaccination or examination
    "values"           text not null,     -- JSON map of field id to value
    findings           text not null,     -- JSON list of rule findings that a person accepted
    reason             text,              -- why it was corrected or reversed
    committed_at       integer not null,
    staff              text not null,
    terminal           text not null,
    check ((kind = 'reversal') = (reverses is not null)),
    check (kind = 'entry' or reason is not null)
) strict;
create index records_page on records (page);
create index records_resident on records (resident, programme, service_date);
create index records_number on records (management_number) where management_number is not null;

create trigger records_never_change before update on records
begin select raise(abort, 'a committed record never changes'); end;
create trigger records_never_vanish before delete on records
begin select raise(abort, 'a committed record never vanishes'); end;
create trigger events_never_change before update on events
begin select raise(abort, 'an event never changes'); end;
create trigger events_never_vanish before delete on events
begin select raise(abort, 'an event never vanishes'); end;
create trigger pages_never_vanish before delete on pages
begin select raise(abort, 'a page is never lost'); end;

-- Entries that stand: not reversed.
create view standing_records as
select * from records entry
where kind = 'entry' and not exists (select 1 from records r where r.reverses = entry.id);
