//! Who works in the made-up office: one person for each duty, two where two must agree, and one for all but staff.

use crate::hub::Hub;
use anyhow::Result;
use domain::actor::Actor;
use domain::duty::Duty;
use jiff::Timestamp;
use store::AccountData;

/// Id, name, section, duties.
const STAFF: [(&str, &str, &str, &[Duty]); 10] = [
    ("uketsuke", "受付 ひかり", "健康推進課 受付係", &[Duty::Mailroom]),
    ("kakunin1", "青木 さくら", "健康推進課 予防係", &[Duty::Verifier]),
    ("kakunin2", "石川 健太", "健康推進課 予防係", &[Duty::Verifier]),
    ("saitei", "上田 恵子", "健康推進課 予防係長", &[Duty::Arbiter]),
    ("shiharai", "江口 大輔", "健康推進課 庶務係", &[Duty::Payment]),
    ("shiharai2", "遠藤 真由美", "健康推進課 庶務係長", &[Duty::Payment]),
    ("chohyo", "岡本 由美", "健康推進課 保健係", &[Duty::Planner]),
    ("kanri", "加藤 修", "情報政策課", &[Duty::Administrator]),
    ("kansa", "木村 誠", "監査事務局", &[Duty::Auditor]),
    (
        "yomitori",
        "工藤 万里",
        "健康推進課 予防係",
        &[Duty::Mailroom, Duty::Verifier, Duty::Arbiter, Duty::Payment, Duty::Planner],
    ),
];

/// Somebody who can log in.
pub struct Login {
    id: &'static str,
    name: &'static str,
    duties: String,
    password: String,
}

/// Makes the accounts, each with a password drawn for this demo.
///
/// # Errors
/// When the database fails.
pub fn hire(hub: &Hub) -> Result<Vec<Login>> {
    let (actor, now) = (Actor::new("demo", "demo"), Timestamp::now());
    let hire = |&(id, name, section, duties): &(&'static str, &'static str, &str, &[Duty])| {
        let data =
            AccountData { name: name.to_owned(), section: section.to_owned(), duties: duties.to_vec() };
        let password = web::accounts::make_up(&hub.store, id, &data, &actor, now)?;
        let labels: Vec<&str> = duties.iter().map(|duty| duty.label()).collect();
        Ok(Login { id, name, duties: labels.join("・"), password })
    };
    STAFF.iter().map(hire).collect()
}

/// Prints who can log in.
///
/// # Errors
/// When standard output is gone.
pub fn print(logins: &[Login]) -> Result<()> {
    crate::print_line(
        "accounts    (made up for this demo; the second factor is off here, in an office it is on)",
    )?;
    for Login { id, name, duties, password } in logins {
        crate::print_line(&format!("  {id:<10} {password}  {name}  {duties}"))?;
    }
    Ok(())
}
