-- 職員アカウント. Personal, never deleted: events name them. What proves a person is kept hashed.
create table accounts (
    id           text primary key,
    name         text not null,
    section      text not null,                      -- 所属
    duties       text not null,                      -- JSON list of domain::duty::Duty
    enabled      integer not null default 1 check (enabled in (0, 1)),
    password     text,                               -- argon2id; null until the person has chosen one
    password_at  integer,
    must_change  integer not null default 0 check (must_change in (0, 1)),
    totp         text,                               -- secret of the second factor, base32; null without
    totp_step    integer not null default 0,         -- the last step of time whose code was taken
    setup        text,                               -- hash of the one-time set-up code
    setup_until  integer,
    created_at   integer not null,
    last_login   integer,
    reviewed_at  integer                             -- monthly review: somebody confirmed that it is needed
) strict;
create trigger accounts_never_vanish before delete on accounts
begin select raise(abort, 'an account never vanishes'); end;

-- Earlier passwords, so that they do not come again.
create table old_passwords (
    id        integer primary key autoincrement,
    account   text not null references accounts (id),
    password  text not null
) strict;
create index old_passwords_account on old_passwords (account, id);

-- Codes that stand in for a lost second factor, each once.
create table recovery_codes (
    hash     text primary key,
    account  text not null references accounts (id),
    used_at  integer
) strict;
create index recovery_codes_account on recovery_codes (account);

-- Browsers in which somebody has logged in before: strangers who guess cannot make them wait.
create table known_terminals (
    hash     text not null,
    account  text not null references accounts (id),
    at       integer not null,
    primary key (hash, account)
) strict, without rowid;

create table sessions (
    id         integer primary key autoincrement,
    token      text not null unique,                 -- hash of what the browser holds
    account    text not null references accounts (id),
    proven     integer not null check (proven in (0, 1)),  -- 0: the second factor is still to come
    began_at   integer not null,
    active_at  integer not null,
    locked_at  integer,
    tries      integer not null default 0,           -- wrong passwords or codes in this session
    told_long  integer not null default 0 check (told_long in (0, 1)),
    terminal   text not null,
    browser    text not null,
    ended_at   integer,
    ended_why  text check (ended_why in ('logoff', 'idle', 'longest', 'revoked', 'tries'))
) strict;
create index sessions_account on sessions (account, began_at);
create index sessions_standing on sessions (began_at) where ended_at is null;
create index events_what on events (what, at);
