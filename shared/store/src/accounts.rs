//! Staff accounts: who may sit in front of the screens, and what proves that it is them.

use crate::columns::{Columns, all, first, json, ms, run};
use crate::events::About;
use crate::{Error, Rows, Writer};
use domain::actor::Actor;
use domain::duty::Duty;
use domain::ids::StaffId;
use domain::personal::Personal;
use jiff::Timestamp;
use rusqlite::{Row, named_params, params};

/// 職員アカウント. One member of staff.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Chosen by the administrator, never changed.
    pub id: StaffId,
    /// For people.
    pub name: String,
    /// 所属.
    pub section: String,
    /// What the person is there for.
    pub duties: Vec<Duty>,
    /// Whether the person may log in.
    pub enabled: bool,
    /// Argon2id hash; `None` until the person has chosen a password.
    pub password: Option<Personal<String>>,
    /// When it was chosen.
    pub password_at: Option<Timestamp>,
    /// It has to be changed before anything else.
    pub must_change: bool,
    /// Secret of the second factor, base32.
    pub totp: Option<Personal<String>>,
    /// The last step of time whose code was taken.
    pub totp_step: i64,
    /// Until when a set-up code is good.
    pub setup_until: Option<Timestamp>,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When the person last logged in.
    pub last_login: Option<Timestamp>,
    /// When an administrator last confirmed that the account is needed.
    pub reviewed_at: Option<Timestamp>,
}

impl Account {
    /// When the account was last used, confirmed or made: what the monthly review looks at.
    pub fn last_known(&self) -> Timestamp {
        let dates = [self.last_login, self.reviewed_at];
        dates.into_iter().flatten().fold(self.created_at, Timestamp::max)
    }
}

/// What an administrator says about a person.
#[derive(Clone, Debug)]
pub struct AccountData {
    /// For people.
    pub name: String,
    /// 所属.
    pub section: String,
    /// At least one.
    pub duties: Vec<Duty>,
}

/// A one-time code with which a person chooses a password.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Hash of the code.
    pub hash: String,
    /// Good until then.
    pub until: Timestamp,
}

impl Rows<'_> {
    /// One account.
    ///
    /// # Errors
    /// The database failed.
    pub fn account(&self, id: &StaffId) -> Result<Option<Account>, Error> {
        first(self.connection, "select * from accounts where id = ?1", [id.as_str()], account)
    }

    /// Every account, enabled ones first.
    ///
    /// # Errors
    /// The database failed.
    pub fn accounts(&self) -> Result<Vec<Account>, Error> {
        all(self.connection, "select * from accounts order by enabled desc, section, id", [], account)
    }

    /// Hash of the set-up code of an account.
    ///
    /// # Errors
    /// The database failed.
    pub fn setup_hash(&self, id: &StaffId) -> Result<Option<String>, Error> {
        let sql = "select setup from accounts where id = ?1 and enabled = 1";
        Ok(first(self.connection, sql, [id.as_str()], |row| row.col("setup"))?.flatten())
    }

    /// Hashes of the present password and the `count` before it.
    ///
    /// # Errors
    /// The database failed.
    pub fn past_passwords(&self, id: &StaffId, count: u32) -> Result<Vec<String>, Error> {
        let sql = "select password from accounts where id = ?1 and password is not null
                   union all
                   select password from (select password from old_passwords where account = ?1
                                         order by id desc limit ?2)";
        all(self.connection, sql, params![id.as_str(), count], |row| row.col("password"))
    }

    /// Recovery codes that are still good.
    ///
    /// # Errors
    /// The database failed.
    pub fn recovery_codes_left(&self, id: &StaffId) -> Result<u32, Error> {
        let sql = "select count(*) as n from recovery_codes where account = ?1 and used_at is null";
        Ok(first(self.connection, sql, [id.as_str()], |row| row.col("n"))?.unwrap_or(0))
    }

    /// Whether `id` has logged in from the browser with this hash since `since`.
    ///
    /// # Errors
    /// The database failed.
    pub fn is_known_terminal(&self, hash: &str, id: &StaffId, since: Timestamp) -> Result<bool, Error> {
        let sql = "select 1 as one from known_terminals where hash = ?1 and account = ?2 and at >= ?3";
        let known = first(self.connection, sql, params![hash, id.as_str(), ms(since)], |_| Ok(()))?;
        Ok(known.is_some())
    }

    /// Refused log-ins of every account since `since`: id and count.
    ///
    /// # Errors
    /// The database failed.
    pub fn refused_logins(&self, since: Timestamp) -> Result<Vec<(StaffId, u32)>, Error> {
        let sql = "select staff, count(*) as n from events where what = 'login_refused' and at >= ?1 group by staff";
        all(self.connection, sql, [ms(since)], |row| Ok((row.id("staff")?, row.col("n")?)))
    }
}

impl Writer<'_> {
    /// Makes an account that waits for its person; `false` when the id is taken.
    ///
    /// # Errors
    /// The database failed.
    pub fn add_account(
        &self,
        id: &StaffId,
        data: &AccountData,
        setup: &Setup,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let sql =
            "insert into accounts (id, name, section, duties, setup, setup_until, created_at, reviewed_at)
                   values (:id, :name, :section, :duties, :setup, :until, :now, :now)
                   on conflict (id) do nothing";
        let added = run(
            self.connection,
            sql,
            named_params! {
                ":id": id.as_str(), ":name": data.name, ":section": data.section,
                ":duties": json("duties", &data.duties)?, ":setup": setup.hash, ":until": ms(setup.until),
                ":now": ms(now),
            },
        )?;
        if added == 1 {
            self.note_account("account_added", id, Some(&words(&data.duties)), actor, now)?;
        }
        Ok(added == 1)
    }

    /// Changes name, section and duties. New duties cover the person's screens: the password then begins a session
    /// with a new token.
    ///
    /// # Errors
    /// The database failed, or there is no such account.
    pub fn change_account(
        &self,
        id: &StaffId,
        data: &AccountData,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        let before = self.account(id)?.ok_or(Error::Missing { what: "account" })?;
        let sql = "update accounts set name = ?2, section = ?3, duties = ?4 where id = ?1";
        let duties = json("duties", &data.duties)?;
        run(self.connection, sql, params![id.as_str(), data.name, data.section, duties])?;
        let detail = if before.duties == data.duties {
            None
        } else {
            let sql = "update sessions set locked_at = coalesce(locked_at, ?2) where account = ?1 and ended_at is null";
            run(self.connection, sql, params![id.as_str(), ms(now)])?;
            Some(format!("{} -> {}", words(&before.duties), words(&data.duties)))
        };
        self.note_account("account_changed", id, detail.as_deref(), actor, now)
    }

    /// Lets a person in again, or shuts a leaver out at once.
    ///
    /// # Errors
    /// The database failed.
    pub fn enable_account(
        &self,
        id: &StaffId,
        enabled: bool,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        let sql = "update accounts set enabled = ?2, setup = null, setup_until = null where id = ?1";
        run(self.connection, sql, params![id.as_str(), enabled])?;
        if !enabled {
            self.end_sessions(id, None, "revoked", now)?;
            run(self.connection, "delete from known_terminals where account = ?1", [id.as_str()])?;
        }
        let what = if enabled { "account_enabled" } else { "account_disabled" };
        self.note_account(what, id, None, actor, now)
    }

    /// Takes the password away and gives a set-up code instead; sessions end.
    ///
    /// # Errors
    /// The database failed.
    pub fn reset_password(
        &self,
        id: &StaffId,
        setup: &Setup,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.keep_old_password(id)?;
        let sql = "update accounts set password = null, password_at = null, must_change = 0,
                   setup = ?2, setup_until = ?3 where id = ?1";
        run(self.connection, sql, params![id.as_str(), setup.hash, ms(setup.until)])?;
        self.end_sessions(id, None, "revoked", now)?;
        self.note_account("password_reset", id, None, actor, now)
    }

    /// Sets a password; the set-up code is used up, and every session but `keep` ends.
    ///
    /// # Errors
    /// The database failed.
    pub fn set_password(
        &self,
        id: &StaffId,
        hash: &str,
        keep: Option<i64>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.keep_old_password(id)?;
        let sql = "update accounts set password = ?2, password_at = ?3, must_change = 0,
                   setup = null, setup_until = null where id = ?1";
        run(self.connection, sql, params![id.as_str(), hash, ms(now)])?;
        self.end_sessions(id, keep, "revoked", now)?;
        self.note_account("password_changed", id, None, actor, now)
    }

    fn keep_old_password(&self, id: &StaffId) -> Result<(), Error> {
        let sql = "insert into old_passwords (account, password)
                   select id, password from accounts where id = ?1 and password is not null";
        run(self.connection, sql, [id.as_str()])?;
        Ok(())
    }

    /// Takes the second factor `secret` into use, with recovery codes of these hashes.
    ///
    /// # Errors
    /// The database failed.
    pub fn set_second_factor(
        &self,
        id: &StaffId,
        secret: &str,
        step: i64,
        recovery: &[String],
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        let sql = "update accounts set totp = ?2, totp_step = ?3 where id = ?1";
        run(self.connection, sql, params![id.as_str(), secret, step])?;
        self.set_recovery_codes(id, recovery)?;
        self.note_account("second_factor_set", id, None, actor, now)
    }

    /// Takes the second factor away; with `end`, sessions end.
    ///
    /// # Errors
    /// The database failed.
    pub fn reset_second_factor(
        &self,
        id: &StaffId,
        end: bool,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        run(self.connection, "update accounts set totp = null where id = ?1", [id.as_str()])?;
        self.set_recovery_codes(id, &[])?;
        if end {
            self.end_sessions(id, None, "revoked", now)?;
        }
        self.note_account("second_factor_reset", id, None, actor, now)
    }

    /// Makes codes of these hashes the only good ones.
    ///
    /// # Errors
    /// The database failed.
    pub fn set_recovery_codes(&self, id: &StaffId, hashes: &[String]) -> Result<(), Error> {
        run(self.connection, "delete from recovery_codes where account = ?1", [id.as_str()])?;
        for hash in hashes {
            let sql = "insert into recovery_codes (hash, account) values (?1, ?2)";
            run(self.connection, sql, params![hash, id.as_str()])?;
        }
        Ok(())
    }

    /// Uses the code of step `step` up; `false` when it, or a later one, was taken before.
    ///
    /// # Errors
    /// The database failed.
    pub fn take_second_factor(&self, id: &StaffId, step: i64) -> Result<bool, Error> {
        let sql = "update accounts set totp_step = ?2 where id = ?1 and totp is not null and totp_step < ?2";
        Ok(run(self.connection, sql, params![id.as_str(), step])? == 1)
    }

    /// Uses a recovery code up; `false` when it is none, or was used before.
    ///
    /// # Errors
    /// The database failed.
    pub fn take_recovery_code(
        &self,
        id: &StaffId,
        hash: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let sql = "update recovery_codes set used_at = ?3
                   where hash = ?1 and account = ?2 and used_at is null";
        let taken = run(self.connection, sql, params![hash, id.as_str(), ms(now)])? == 1;
        if taken {
            self.note_account("recovery_code_used", id, None, actor, now)?;
        }
        Ok(taken)
    }

    /// Remembers the browser with this hash as one of `id`.
    ///
    /// # Errors
    /// The database failed.
    pub fn know_terminal(&self, hash: &str, id: &StaffId, now: Timestamp) -> Result<(), Error> {
        let sql = "insert into known_terminals (hash, account, at) values (?1, ?2, ?3)
                   on conflict (hash, account) do update set at = excluded.at";
        run(self.connection, sql, params![hash, id.as_str(), ms(now)])?;
        Ok(())
    }

    /// The monthly review: somebody confirms that these accounts are needed.
    ///
    /// # Errors
    /// The database failed.
    pub fn confirm_accounts(&self, ids: &[StaffId], actor: &Actor, now: Timestamp) -> Result<(), Error> {
        for id in ids {
            let sql = "update accounts set reviewed_at = ?2 where id = ?1";
            run(self.connection, sql, params![id.as_str(), ms(now)])?;
            self.note_account("account_reviewed", id, None, actor, now)?;
        }
        Ok(())
    }

    /// Marks a log-in.
    ///
    /// # Errors
    /// The database failed.
    pub fn note_login(&self, id: &StaffId, actor: &Actor, now: Timestamp) -> Result<(), Error> {
        let sql = "update accounts set last_login = ?2 where id = ?1";
        run(self.connection, sql, params![id.as_str(), ms(now)])?;
        self.note_account("logged_in", id, None, actor, now)
    }

    /// One line of the log about an account.
    ///
    /// # Errors
    /// The database failed.
    pub fn note_account(
        &self,
        what: &str,
        id: &StaffId,
        detail: Option<&str>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), Error> {
        let other = (*id != actor.staff).then_some(id.as_str());
        let detail: Vec<&str> = [other, detail].into_iter().flatten().collect();
        let detail = (!detail.is_empty()).then(|| detail.join(": "));
        self.note(what, About { detail: detail.as_deref(), ..About::default() }, actor, now)?;
        Ok(())
    }
}

fn words(duties: &[Duty]) -> String {
    duties.iter().map(|duty| duty.as_str()).collect::<Vec<_>>().join(",")
}

fn account(row: &Row) -> Result<Account, Error> {
    Ok(Account {
        id: row.id("id")?,
        name: row.col("name")?,
        section: row.col("section")?,
        duties: row.json("duties")?,
        enabled: row.col("enabled")?,
        password: row.col::<Option<String>>("password")?.map(Personal::new),
        password_at: row.moment_or_none("password_at")?,
        must_change: row.col("must_change")?,
        totp: row.col::<Option<String>>("totp")?.map(Personal::new),
        totp_step: row.col("totp_step")?,
        setup_until: row.moment_or_none("setup_until")?,
        created_at: row.moment("created_at")?,
        last_login: row.moment_or_none("last_login")?,
        reviewed_at: row.moment_or_none("reviewed_at")?,
    })
}
