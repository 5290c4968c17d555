//! Why a page is not read, in words for the people at the counter: what happened, what to do.

use super::pose::Misfit;
use domain::form::Form;

pub(super) fn blank() -> String {
    "白紙です。裏面や仕切り紙でなければ、原稿の表裏を確かめて再スキャンしてください。".into()
}

pub(super) fn foreign() -> String {
    "登録された帳票ではありません（四隅のマークと帳票コードが見つかりません）。帳票を確かめ、担当へ回してください。".into()
}

pub(super) fn tiny() -> String {
    "画像が小さすぎて帳票を探せません。原稿を 200 dpi 以上で再スキャンしてください。".into()
}

pub(super) fn unknown_form(number: u8) -> String {
    format!("帳票番号 {number} は登録されていません。帳票を登録してから読み直してください。")
}

pub(super) fn unknown_version(number: u8, version: u32) -> String {
    format!(
        "帳票番号 {number} の第 {version} 版は登録されていません。その版の帳票を登録してから読み直してください。"
    )
}

pub(super) fn unknown_side(number: u8, side: u8) -> String {
    format!("帳票番号 {number} に {side} 面はありません。帳票の登録を確かめてください。")
}

pub(super) fn other_form(assigned: &Form, number: u8) -> String {
    format!(
        "用紙には帳票番号 {number} と印刷されていますが、指定された帳票は番号 {} です。指定を確かめてください。",
        assigned.number
    )
}

pub(super) fn assigned_unknown() -> String {
    "指定された帳票は登録されていません。帳票の指定を確かめてください。".into()
}

pub(super) fn assigned_not_there() -> String {
    "指定された帳票の印刷がこの画像に見つからないか、一部しか合いません。帳票の指定を確かめ、用紙全体が入るように再スキャンしてください。".into()
}

pub(super) fn look_alike<'a>(titles: impl Iterator<Item = &'a str>) -> String {
    let titles: Vec<String> = titles.map(|title| format!("「{title}」")).collect();
    format!(
        "印刷がよく似た帳票のどれか決められません（{}）。帳票を指定して読み直してください。",
        titles.join("、")
    )
}

pub(super) fn misfit(misfit: Misfit) -> String {
    match misfit {
        Misfit::FewMarks => "四隅のマークが 3 個以上見つかりません。角の折れや切れを直し、用紙全体が入るように再スキャンしてください。".into(),
        Misfit::Shape => "四隅のマークの並びが歪んでいて位置を合わせられません。紙を平らにして再スキャンしてください。".into(),
    }
}

pub(super) fn coarse(dpi: f64) -> String {
    format!("解像度が低すぎます（約 {dpi:.0} dpi）。200 dpi 以上で再スキャンしてください。")
}

pub(super) fn code_unreadable() -> String {
    "帳票コードも管理番号のバーも読めず、どの帳票か決められません。帳票を指定して読み直してください。".into()
}

pub(super) fn structure() -> String {
    "四隅のマークから求めた位置に、帳票の印刷がありません。折れ、隠れ、拡大縮小を確かめて再スキャンしてください。".into()
}
