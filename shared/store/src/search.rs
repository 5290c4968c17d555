//! Finding residents by what a person types: any part of a name or its reading, a birth date, the 宛名番号.

use crate::columns::{all, run};
use crate::residents::resident;
use crate::{Error, Rows, Writer};
use domain::fold::{fold_kana, fold_name};
use domain::personal::Personal;
use domain::resident::Resident;
use jiff::civil::Date;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, named_params, params};

/// Persons with the words in their name who are put in order; who searches for 佐藤 alone has to say more anyway.
const MOST_FOUND: u32 = 2000;

/// What a person types to find a resident; all that is given must fit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResidentSearch {
    /// Part of the name or its reading, in any spelling, or the whole 宛名番号; empty when only the birth date counts.
    pub words: Personal<String>,
    /// 生年月日.
    pub birth_date: Option<Personal<Date>>,
}

impl Rows<'_> {
    /// Residents that fit what was typed, by reading, at most `limit`.
    ///
    /// # Errors
    /// The database failed.
    pub fn search_residents(&self, search: &ResidentSearch, limit: u32) -> Result<Vec<Resident>, Error> {
        let words = search.words.reveal().trim();
        let (name, kana) = (fold_name(words), fold_kana(words));
        if let Some(born) = &search.birth_date {
            let born = born.reveal().to_string();
            let sql = "select * from residents
                       where birth_date = :born
                         and (resident_id = :words or instr(name_folded, :name) > 0 or instr(kana_folded, :kana) > 0)
                       order by kana_folded, resident_id limit :limit";
            let given = named_params! { ":born": born, ":words": words, ":name": name, ":kana": kana, ":limit": limit };
            return all(self.connection, sql, given, resident);
        }
        let phrases: Vec<String> = [("name", &name), ("kana", &kana)]
            .into_iter()
            .filter_map(|(column, text)| Some(format!("{column} : {}", phrase(text)?)))
            .collect();
        let sql = "select * from residents
                   where resident_id = :words
                      or id in (select rowid from resident_words where resident_words match :phrases limit :most)
                   order by kana_folded, resident_id limit :limit";
        let phrases = if phrases.is_empty() { NOTHING.to_owned() } else { phrases.join(" OR ") };
        let given =
            named_params! { ":words": words, ":phrases": phrases, ":most": MOST_FOUND, ":limit": limit };
        all(self.connection, sql, given, resident)
    }
}

impl Writer<'_> {
    /// Makes the person of a row findable by these folded names.
    pub(crate) fn put_words(&self, name: &str, kana: &str, resident_id: &str) -> Result<(), Error> {
        let sql = "insert or replace into resident_words (rowid, name, kana)
                   select id, ?2, ?3 from residents where resident_id = ?1";
        run(self.connection, sql, params![resident_id, pairs(name), pairs(kana)])?;
        Ok(())
    }
}

/// A phrase that no name has.
const NOTHING: &str = "\"-\"";

/// Tells the connection the function `pairs` that migrations use.
pub(crate) fn teach(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("pairs", 1, flags, |given| Ok(pairs(&given.get::<String>(0)?)))
}

/// `佐藤花` as `佐藤 藤花 花`: every pair of neighbours, and the last character so that a single one is found by its
/// beginning anywhere.
fn pairs(text: &str) -> String {
    let characters: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let starts = (0..characters.len()).map(|at| characters[at..].iter().take(2).collect::<String>());
    starts.collect::<Vec<_>>().join(" ")
}

/// What finds `text` anywhere in a name: its pairs in a row; one character by the beginning of a pair. `None` for
/// nothing to look for.
fn phrase(text: &str) -> Option<String> {
    let characters: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    match characters.as_slice() {
        [] => None,
        [one] => Some(format!("\"{one}\" *")),
        several => {
            let pairs: Vec<String> = several.windows(2).map(|pair| pair.iter().collect()).collect();
            Some(format!("\"{}\"", pairs.join(" ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_of_two_characters() {
        assert_eq!(pairs("佐藤花子"), "佐藤 藤花 花子 子");
        assert_eq!(pairs("森"), "森");
        assert_eq!(phrase("藤花").as_deref(), Some("\"藤花\""));
        assert_eq!(phrase("佐藤花").as_deref(), Some("\"佐藤 藤花\""));
        assert_eq!(phrase("森").as_deref(), Some("\"森\" *"));
        assert!(phrase("\"*-").is_none(), "nothing of the index's own language gets through");
    }
}
