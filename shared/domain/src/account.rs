//! アカウント. What makes a good id and password, when a session is covered or over, and how long a guesser waits.

use crate::duty::Duty;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Fewest characters of a password.
pub const PASSWORD_MIN: usize = 12;
/// Most characters of a password: longer ones only cost the hash time.
pub const PASSWORD_MAX: usize = 200;
/// Fewest different characters: refuses `aaaaaaaaaaaa` and `121212121212`.
const PASSWORD_DIFFERENT: usize = 5;
/// A set-up code is handed over by voice or paper on the same day.
pub const SETUP_LASTS: SignedDuration = SignedDuration::from_hours(24);
/// An account that nobody used for so long is marked at the monthly review.
pub const UNUSED_AFTER: SignedDuration = SignedDuration::from_hours(24 * 60);
/// Accounts are looked through every month.
pub const REVIEW_EVERY: SignedDuration = SignedDuration::from_hours(24 * 31);

/// 認証の方針. What an office decides about accounts and sessions.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Whether everybody needs a second factor; else each person may have one.
    pub second_factor_required: bool,
    /// Days after which a password has to be changed (1 to 3,650).
    pub password_days: u32,
    /// Earlier passwords that may not come again (0 to 24).
    pub password_history: u32,
    /// The screen is covered after so long without work.
    pub lock_after: SignedDuration,
    /// The session is over after so long without work.
    pub end_after: SignedDuration,
    /// The session is over so long after the log-in.
    pub longest: SignedDuration,
    /// A session as long as this is reported to the administrator.
    pub long: SignedDuration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            second_factor_required: true,
            password_days: 180,
            password_history: 5,
            lock_after: SignedDuration::from_mins(10),
            end_after: SignedDuration::from_mins(60),
            longest: SignedDuration::from_hours(12),
            long: SignedDuration::from_hours(10),
        }
    }
}

impl Policy {
    /// Whether a password chosen at `since` has to be changed.
    pub fn password_is_old(&self, since: Timestamp, now: Timestamp) -> bool {
        now.duration_since(since) >= SignedDuration::from_hours(24 * i64::from(self.password_days))
    }

    /// Where a session stands that began at `began` and was last worked in at `active`.
    pub fn standing(&self, began: Timestamp, active: Timestamp, locked: bool, now: Timestamp) -> Standing {
        let idle = now.duration_since(active);
        if idle >= self.end_after || now.duration_since(began) >= self.longest {
            Standing::Over
        } else if locked || idle >= self.lock_after {
            Standing::Locked
        } else {
            Standing::Open
        }
    }
}

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// 使用中.
    Open,
    /// 画面ロック. The password brings it back.
    Locked,
    /// ログオフ.
    Over,
}

/// Why an account id is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdRefused {
    /// Not 2 to 32 of `a-z 0-9 . _ -`, beginning with a letter.
    Letters,
    /// The program writes under this name.
    Reserved,
}

/// Whether `id` can name an account.
///
/// # Errors
/// Why not.
pub fn check_id(id: &str) -> Result<(), IdRefused> {
    let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    if !(2..=32).contains(&id.len())
        || !id.starts_with(|c: char| c.is_ascii_lowercase())
        || !id.chars().all(rest)
    {
        return Err(IdRefused::Letters);
    }
    if matches!(id, "system" | "operator") { Err(IdRefused::Reserved) } else { Ok(()) }
}

/// Why a password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordRefused {
    /// Under [`PASSWORD_MIN`] characters.
    Short,
    /// Over [`PASSWORD_MAX`] characters.
    Long,
    /// The id or the name stands in it.
    NamesPerson,
    /// Few different characters, or one run of the keyboard.
    Simple,
    /// One of the last passwords.
    Again,
    /// The second typing differs from the first.
    Differs,
}

impl PasswordRefused {
    /// What to do, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Short => "パスワードは12文字以上にしてください。",
            Self::Long => "パスワードは200文字までです。",
            Self::NamesPerson => "職員IDや名前を含むパスワードは使えません。",
            Self::Simple => "同じ文字の繰返しや並び順の文字だけのパスワードは使えません。",
            Self::Again => "最近使ったパスワードは使えません。別のパスワードにしてください。",
            Self::Differs => "2回入力したパスワードが一致しません。もう一度入力してください。",
        }
    }
}

/// Whether `password` may be one of the person `id`, `name`.
///
/// # Errors
/// Why not.
pub fn check_password(password: &str, id: &str, name: &str) -> Result<(), PasswordRefused> {
    let length = password.chars().count();
    if length < PASSWORD_MIN {
        return Err(PasswordRefused::Short);
    }
    if length > PASSWORD_MAX {
        return Err(PasswordRefused::Long);
    }
    let lower = password.to_lowercase();
    let names = name.split_whitespace().chain([id]).map(str::to_lowercase);
    // A name of one letter would refuse nearly every password.
    if names.filter(|name| name.chars().count() > 1).any(|name| lower.contains(&name)) {
        return Err(PasswordRefused::NamesPerson);
    }
    let mut different: Vec<char> = lower.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < PASSWORD_DIFFERENT || is_run(&lower) {
        return Err(PasswordRefused::Simple);
    }
    Ok(())
}

/// Whether every character follows the one before it, as in `abcdefghijkl` or `qwertyuiopas`.
fn is_run(text: &str) -> bool {
    const ROWS: [&str; 3] =
        ["abcdefghijklmnopqrstuvwxyz", "12345678901234567890", "qwertyuiopasdfghjklzxcvbnm"];
    ROWS.iter().any(|row| row.contains(text) || row.chars().rev().collect::<String>().contains(text))
}

/// How long the next try waits after `failures` wrong ones in a row from one place: nothing for five, then twice as
/// long each time, five minutes at most, so that nobody is locked out for long.
pub fn wait_after(failures: u32) -> SignedDuration {
    const FREE: u32 = 5;
    const LONGEST_SECONDS: i64 = 300;
    match failures.checked_sub(FREE) {
        None => SignedDuration::ZERO,
        Some(more) => SignedDuration::from_secs((2_i64 << more.min(20)).min(LONGEST_SECONDS)),
    }
}

/// Why a change of an account is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeRefused {
    /// Nobody changes the duties of his own account, or disables it.
    Own,
    /// Somebody has to be able to manage accounts.
    LastAdministrator,
    /// An account without a duty can do nothing.
    NoDuty,
}

impl ChangeRefused {
    /// What to do, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Own => "自分の職務・利用停止は変更できません。ほかの管理者に依頼してください。",
            Self::LastAdministrator => "最後の管理者です。先にほかの職員を管理者にしてください。",
            Self::NoDuty => "職務を1つ以上選んでください。",
        }
    }
}

/// Whether an account may get `duties` (`None`: be disabled). `own`: the person who asks is its owner;
/// `other_administrators`: enabled administrators beside this account.
///
/// # Errors
/// Why not.
pub fn check_change(
    before: &[Duty],
    duties: Option<&[Duty]>,
    own: bool,
    other_administrators: u32,
) -> Result<(), ChangeRefused> {
    if own {
        return Err(ChangeRefused::Own);
    }
    if duties.is_some_and(<[Duty]>::is_empty) {
        return Err(ChangeRefused::NoDuty);
    }
    let stays = duties.is_some_and(|duties| duties.contains(&Duty::Administrator));
    if before.contains(&Duty::Administrator) && !stays && other_administrators == 0 {
        return Err(ChangeRefused::LastAdministrator);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_are_short_simple_or_name_the_person_are_refused() {
        for (password, expected) in [
            ("short", Err(PasswordRefused::Short)),
            ("あさごはんはたまごやきです", Ok(())),
            ("correct horse 8", Ok(())),
            ("my-SATO-password", Err(PasswordRefused::NamesPerson)),
            ("わたしは佐藤といいますので", Err(PasswordRefused::NamesPerson)),
            ("aaaaaaaaaaaaaaaa", Err(PasswordRefused::Simple)),
            ("123456789012", Err(PasswordRefused::Simple)),
            ("lkjhgfdsapoi", Err(PasswordRefused::Simple)),
            (&"xyz19".repeat(50), Err(PasswordRefused::Long)),
        ] {
            assert_eq!(check_password(password, "sato", "佐藤 花子"), expected, "{password}");
        }
    }

    #[test]
    fn ids_are_plain_and_not_the_programs_own() {
        assert_eq!(check_id("sato.h"), Ok(()));
        for id in ["", "s", "Sato", "佐藤", "1sato", "sa to", "sato/..", "<b>", &"s".repeat(33)] {
            assert_eq!(check_id(id), Err(IdRefused::Letters), "{id}");
        }
        assert_eq!(check_id("system"), Err(IdRefused::Reserved));
    }

    #[test]
    fn a_guesser_waits_longer_and_longer_but_nobody_more_than_five_minutes() {
        let waits: Vec<i64> = (0..20).map(|failures| wait_after(failures).as_secs()).collect();
        assert_eq!(waits[..9], [0, 0, 0, 0, 0, 2, 4, 8, 16]);
        assert!(waits.iter().all(|&wait| wait <= 300) && waits[19] == 300, "{waits:?}");
    }

    #[test]
    fn a_session_is_covered_then_over() {
        let policy = Policy::default();
        let at = |minutes: i64| Timestamp::from_second(1_000_000 + minutes * 60).unwrap();
        for (active, now, locked, expected) in [
            (0, 9, false, Standing::Open),
            (0, 9, true, Standing::Locked),
            (0, 10, false, Standing::Locked),
            (0, 59, false, Standing::Locked),
            (0, 60, true, Standing::Over),
            (719, 720, false, Standing::Over),
        ] {
            assert_eq!(policy.standing(at(0), at(active), locked, at(now)), expected, "{active} {now}");
        }
        assert!(policy.password_is_old(at(0), at(180 * 24 * 60)) && !policy.password_is_old(at(0), at(5)));
    }

    #[test]
    fn nobody_changes_his_own_duties_and_an_administrator_remains() {
        use Duty::{Administrator, Verifier};
        let both: &[Duty] = &[Verifier, Administrator];
        for (before, after, own, others, expected) in [
            (&[Verifier][..], Some(both), true, 1, Err(ChangeRefused::Own)),
            (&[Verifier], Some(both), false, 1, Ok(())),
            (&[Verifier], Some(&[][..]), false, 1, Err(ChangeRefused::NoDuty)),
            (both, Some(&[Verifier]), false, 0, Err(ChangeRefused::LastAdministrator)),
            (both, None, false, 0, Err(ChangeRefused::LastAdministrator)),
            (both, None, false, 1, Ok(())),
            (&[Verifier], None, false, 0, Ok(())),
        ] {
            assert_eq!(check_change(before, after, own, others), expected, "{before:?} {after:?}");
        }
    }
}
