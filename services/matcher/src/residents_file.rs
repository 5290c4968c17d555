//! 住民データファイル: bytes -> residents and a report of the refused lines.

use domain::resident::Resident;
use domain::resident_file::{REQUIRED_COLUMNS, resident};
use domain::table::{self, NotATable, Taken};
use std::collections::HashMap;

/// Reads a resident file (columns per [`domain::resident_file`]). A line whose 宛名番号 stands further up is refused.
///
/// # Errors
/// No header line, or one that lacks a required column.
pub fn parse(bytes: &[u8]) -> Result<Taken<Resident>, NotATable> {
    let mut seen = HashMap::new();
    table::read(bytes, &REQUIRED_COLUMNS, |line| {
        let resident = resident(|name| line.column(name)).map_err(|refused| refused.to_string())?;
        match seen.insert(resident.id.clone(), line.number) {
            Some(first) => Err(format!("同じ resident_id が {first} 行目にあります")),
            None => Ok(resident),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::ResidentId;
    use domain::table::Refused;

    const HEADER: &str = "resident_id,name,kana,sex,birth_date,postal_code,address,resident_since\n";

    fn line(id: u32, name: &str, birth: &str) -> String {
        format!("{id},{name},ミホン ハナコ,F,{birth},999-0001,架空市見本町1-2-3,2020-01-01\n")
    }

    #[test]
    fn the_same_file_reads_alike_in_every_encoding() {
        let text =
            HEADER.to_owned() + &line(1, "髙橋　﨑", "1950-03-04") + &line(2, "見本　太郎", "1951-01-01");
        let cp932 = encoding_rs::SHIFT_JIS.encode(&text).0.into_owned();
        let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
        let plain = parse(text.as_bytes()).unwrap();
        assert_eq!((plain.good.len(), plain.refused.len()), (2, 0));
        assert_eq!(plain.good[0].name.reveal(), "髙橋　﨑");
        assert_eq!(parse(&cp932).unwrap(), plain);
        assert_eq!(parse(&marked).unwrap(), plain);
    }

    #[test]
    fn bad_lines_are_listed_and_the_others_taken() {
        let text = HEADER.to_owned()
            + &line(1, "見本　一", "1950-03-04")
            + &line(2, "見本　二", "1950-13-04")
            + "3,見本　三,too,few\n"
            + &line(1, "見本　一", "1950-03-04")
            + &line(5, "見本　五", "1950-03-05");
        let mut cp932 = encoding_rs::SHIFT_JIS.encode(&text).0.into_owned();
        cp932.extend(b"6,\x81\xFF,\x83~,F,1950-03-04,999-0001,\x89\xCB,2020-01-01\n");
        let taken = parse(&cp932).unwrap();
        let ids: Vec<&str> = taken.good.iter().map(|resident| resident.id.0.as_str()).collect();
        assert_eq!(ids, ["1", "5"]);
        let refused: Vec<(u64, &str)> =
            taken.refused.iter().map(|Refused { line, reason }| (*line, reason.as_str())).collect();
        assert_eq!(refused[0], (3, "birth_date が日付（2026-10-03 の形）ではありません"));
        assert_eq!(refused[1], (4, "列の数が見出し行と違います"));
        assert_eq!(refused[2], (5, "同じ resident_id が 2 行目にあります"));
        assert!(refused[3].0 == 7 && refused[3].1.contains("文字コード"), "{refused:?}");
        assert_eq!(refused.len(), 4);
    }

    #[test]
    fn a_file_without_its_columns_is_refused_as_a_whole() {
        for text in ["", "resident_id,name\n1,見本\n"] {
            let error = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("kana"), "{error}");
        }
        assert_eq!(parse(HEADER.as_bytes()).unwrap().good, vec![]);
        let quoted = HEADER.to_owned() + "7,\"見本, 花子\",ミホン,F,1950-03-04,,架空市,2020-01-01\r\n";
        assert_eq!(parse(quoted.as_bytes()).unwrap().good[0].id, ResidentId("7".into()));
    }
}
