-- Claims: contracts, prices, what clinics claim, what people decide of it, what is paid. Steps and payments are only
-- ever added.

-- 契約・口座. Where a clinic's money goes; null until it is known.
alter table clinics add column holder_kana text;        -- 口座名義, half-width kana as the bank writes it
alter table clinics add column bank_code text;          -- 4 digits
alter table clinics add column bank_kana text;
alter table clinics add column branch_code text;        -- 3 digits
alter table clinics add column branch_kana text;
alter table clinics add column account_kind text check (account_kind in ('1', '2', '4', '9'));
alter table clinics add column account_number text;     -- 7 digits
alter table clinics add column invoice_number text;     -- 適格請求書発行事業者の登録番号, T and 13 digits

create table contracts (
    clinic      text not null references clinics (code),
    programme   text not null,             -- '*' is every programme
    from_day    text not null,
    until_day   text,                      -- last day; null: open
    imported    integer not null references events (id),
    primary key (clinic, programme, from_day)
) strict, without rowid;

-- 単価表. One row a price; a clinic's own row goes before the common one ('*').
create table prices (
    id          integer primary key,
    clinic      text not null default '*',
    programme   text not null,
    round       integer,                   -- null: every dose
    class       text not null check (class in ('general', 'tax_exempt', 'welfare', 'free_by_age', 'postponed')),
    age_from    integer,                   -- whole years on the service date; null: no bound
    age_until   integer,                   -- below this age
    from_day    text not null,
    until_day   text,                      -- last day; null: open
    unit        integer not null check (unit >= 0),       -- 委託料 a slip, yen, as the contract states it
    tax         text not null check (tax in ('included', 'excluded', 'exempt')),
    tax_rate    integer not null check (tax_rate between 0 and 100),  -- per cent
    self_pay    integer not null check (self_pay >= 0),   -- what the person pays at the clinic, tax included
    visit_fee   integer not null default 0 check (visit_fee >= 0),  -- once a visit, tax as above
    imported    integer not null references events (id)
) strict;
create unique index prices_key on prices (clinic, programme, coalesce(round, -1), class, coalesce(age_from, -1),
                                          coalesce(age_until, -1), from_day);

-- 接種・受診の履歴 from before: what the former system held. Proves that something was given, is never paid.
create table past_services (
    id            integer primary key,
    resident      text not null references residents (resident_id),
    programme     text not null,
    round         integer,
    vaccine       text,
    lot           text,
    service_date  text not null,
    imported      integer not null references events (id)
) strict;
-- Rounds that are not known are one and the same.
create unique index past_services_once
    on past_services (resident, programme, service_date, coalesce(round, 0));

-- ワクチンのロット: what makers published. Expiry of what the label on the slip does not say itself.
create table lots (
    vaccine   text not null,
    lot       text not null,
    expiry    text not null,
    imported  integer not null references events (id),
    primary key (vaccine, lot)
) strict, without rowid;
create index lots_lot on lots (lot);

-- 請求書. The newest row of a clinic and month is the claim; earlier ones stay readable.
create table claims (
    id            integer primary key autoincrement,
    clinic        text not null references clinics (code),
    month         text not null,
    received_on   text not null,
    source        text not null,           -- JSON of domain::claim::ClaimSource
    lines         text not null,           -- JSON of Vec<domain::claim::ClaimLine>
    total_count   integer,
    total_amount  integer,
    page          text references pages (page),
    staff         text not null,
    terminal      text not null,
    at            integer not null
) strict;
create index claims_month on claims (month, clinic, id);
create unique index claims_page on claims (page) where page is not null;

-- 審査の出来事. The state of a clinic-month is what these steps make of it.
create table claim_steps (
    id        integer primary key autoincrement,
    clinic    text not null references clinics (code),
    month     text not null,
    step      text not null,               -- JSON of domain::claim::ClaimStep
    slip      text,                        -- key of the slip, when the step is about one
    staff     text not null,
    terminal  text not null,
    at        integer not null
) strict;
create index claim_steps_month on claim_steps (month, clinic, id);
create index claim_steps_slip on claim_steps (slip) where slip is not null;

-- 照合の結果 as last reckoned, so that a month of three hundred clinics shows at once. Written anew at any time.
create table claim_reports (
    clinic      text not null references clinics (code),
    month       text not null,
    mark        text not null,             -- of what went in: another one, and it must be reckoned again
    summary     text not null,             -- JSON of domain::claim's summary
    reckoned_at integer not null,
    primary key (month, clinic)
) strict, without rowid;

-- 支払の明細, frozen when a clinic-month is locked. `cause` is the step that locked it; those of a lock that was
-- undone (claim_steps 'unlock') are taken back by rows of their own.
create table payments (
    id            integer primary key autoincrement,
    cause         integer not null references claim_steps (id),
    clinic        text not null references clinics (code),
    month         text not null,
    kind          text not null check (kind in ('slip', 'visit', 'adjust', 'carry', 'reversal')),
    slip          text,                    -- key of the slip
    record        integer references records (id),
    programme     text,
    round         integer,
    class         text,
    visit         text,                    -- resident/day, of the fee of a visit
    about         integer references payments (id),  -- what an adjustment, a reversal or a remainder taken over is about
    amount        integer not null,        -- yen, tax included, self-pay taken off
    tax           integer not null,        -- of which consumption tax
    tax_rate      integer not null default 0,  -- per cent within the amount
    words         text
) strict;
create index payments_month on payments (month, clinic, id);
create index payments_slip on payments (slip) where slip is not null;
create index payments_visit on payments (clinic, visit) where visit is not null;
create index payments_about on payments (about, kind) where about is not null;
create unique index payments_reversed_once on payments (about) where kind = 'reversal';

-- Rows that stand: no unlocking took them back.
create view live_payments as
select * from payments p
where p.kind <> 'reversal'
  and not exists (select 1 from payments r where r.about = p.id and r.kind = 'reversal');

-- What is paid for slips and visits, with what stands of it after adjustments.
create view paid as
select p.*, p.amount + (select coalesce(sum(a.amount), 0) from live_payments a
                        where a.about = p.id and a.kind = 'adjust') as stands
from live_payments p
where p.kind in ('slip', 'visit');

-- 出力. Every file that left the house: who, when, why, and what exactly.
create table exports (
    id        integer primary key autoincrement,
    kind      text not null check (kind in ('bank', 'ledger_csv', 'ledger_xlsx', 'notice', 'return_letter', 'recall')),
    month     text not null,
    clinic    text,
    digest    text not null,               -- BLAKE3 of the bytes
    rows      integer not null,
    total     integer not null,            -- yen
    reason    text not null,
    "order"   text,                        -- JSON: payer, day and line ends, of a bank file
    again     integer references exports (id),  -- the export whose bytes it repeats
    staff     text not null,
    terminal  text not null,
    at        integer not null
) strict;
create index exports_month on exports (month, id);

-- 振込. Which bank file pays a clinic-month: one, once. The account as it was then, so that the file can be made again.
create table bank_transfers (
    clinic   text not null references clinics (code),
    month    text not null,
    export   integer not null references exports (id),
    amount   integer not null check (amount > 0),
    account  text not null,                -- JSON of domain::clinic::BankAccount
    primary key (month, clinic)
) strict, without rowid;
create index bank_transfers_export on bank_transfers (export);
create trigger bank_transfers_never_change before update on bank_transfers
begin select raise(abort, 'a transfer never changes'); end;
create trigger bank_transfers_never_vanish before delete on bank_transfers
begin select raise(abort, 'a transfer never vanishes'); end;

create trigger claims_never_change before update on claims
begin select raise(abort, 'a claim never changes'); end;
create trigger claims_never_vanish before delete on claims
begin select raise(abort, 'a claim never vanishes'); end;
create trigger claim_steps_never_change before update on claim_steps
begin select raise(abort, 'a step never changes'); end;
create trigger claim_steps_never_vanish before delete on claim_steps
begin select raise(abort, 'a step never vanishes'); end;
create trigger payments_never_change before update on payments
begin select raise(abort, 'a payment never changes'); end;
create trigger payments_never_vanish before delete on payments
begin select raise(abort, 'a payment never vanishes'); end;
create trigger exports_never_change before update on exports
begin select raise(abort, 'an export never changes'); end;
create trigger exports_never_vanish before delete on exports
begin select raise(abort, 'an export never vanishes'); end;
-- Whatever the program thinks: what is paid for a slip, and the fee of a visit, stand once. A slip whose payment was
-- taken back in full may be paid again; one of nought yen is paid, too. Taking the taking back back counts as well.
create trigger payments_slip_once after insert on payments
when new.slip is not null and (
    select count(*) from paid where slip = new.slip and kind = 'slip' and (stands > 0 or amount = 0)
) > 1
begin select raise(abort, 'this slip is paid already'); end;
create trigger payments_visit_once after insert on payments
when new.visit is not null and (
    select count(*) from paid where clinic = new.clinic and visit = new.visit and kind = 'visit' and stands > 0
) > 1
begin select raise(abort, 'the fee of this visit is paid already'); end;
create trigger payments_never_below_nought after insert on payments
when new.kind = 'adjust' and (select stands < 0 from paid where id = new.about) is not 0
begin select raise(abort, 'more is taken back than was paid'); end;
create trigger payments_reversal_is_whole before insert on payments
when new.kind = 'reversal' and new.amount is not (select -amount from payments where id = new.about)
begin select raise(abort, 'a reversal takes back a whole row'); end;
-- A remainder is taken over once, and whole.
create trigger payments_carry_once after insert on payments
when new.kind = 'carry' and new.about is not null and (
    (select count(*) from live_payments where about = new.about and kind = 'carry') > 1
    or new.amount is not (select -amount from live_payments where id = new.about and kind = 'carry')
)
begin select raise(abort, 'this remainder is taken over already'); end;

-- The slips of a clinic and month are found through their envelopes.
create index envelopes_month on envelopes (month, clinic) where clinic is not null;
create index records_service on records (service_date);

-- Slips under no ticket belong to the clinic whose code they bear.
create index envelopes_loose on envelopes (id) where clinic is null or month is null;
create index records_clinic on records ("values" ->> '$.clinic_code', service_date) where kind = 'entry';
-- Who received a lot is asked in an emergency. Lots are compared in capitals, without spaces and hyphens; two labels on
-- one slip stand as `A / B`.
create index records_lot on records (upper(replace(replace("values" ->> '$.lot', '-', ''), ' ', '')))
    where kind = 'entry' and "values" ->> '$.lot' is not null;
create index past_services_lot on past_services (upper(replace(replace(lot, '-', ''), ' ', ''))) where lot is not null;
