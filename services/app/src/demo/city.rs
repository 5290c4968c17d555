//! よみとり市: a city that does not exist. Residents and clinics drawn from a seed, as the files that offices hand in.

use domain::check_digit::CheckDigit;
use domain::month::Month;
use jiff::civil::{Date, date};
use rand::RngExt;
use simulator::Rng;
use std::fmt::Write;

/// Surnames with their kana; some in variant characters, as registers have them.
const SURNAMES: [(&str, &str); 32] = [
    ("佐藤", "サトウ"),
    ("鈴木", "スズキ"),
    ("髙橋", "タカハシ"),
    ("高橋", "タカハシ"),
    ("田中", "タナカ"),
    ("伊藤", "イトウ"),
    ("渡邉", "ワタナベ"),
    ("渡辺", "ワタナベ"),
    ("山本", "ヤマモト"),
    ("中村", "ナカムラ"),
    ("小林", "コバヤシ"),
    ("加藤", "カトウ"),
    ("𠮷田", "ヨシダ"),
    ("吉田", "ヨシダ"),
    ("山田", "ヤマダ"),
    ("佐々木", "ササキ"),
    ("山﨑", "ヤマザキ"),
    ("松本", "マツモト"),
    ("井上", "イノウエ"),
    ("木村", "キムラ"),
    ("林", "ハヤシ"),
    ("清水", "シミズ"),
    ("齋藤", "サイトウ"),
    ("斉藤", "サイトウ"),
    ("阿部", "アベ"),
    ("森", "モリ"),
    ("池田", "イケダ"),
    ("橋本", "ハシモト"),
    ("石川", "イシカワ"),
    ("濵田", "ハマダ"),
    ("長谷川", "ハセガワ"),
    ("五十嵐", "イガラシ"),
];
/// Given names with kana and sex.
const GIVEN: [(&str, &str, char); 28] = [
    ("正一", "ショウイチ", 'M'),
    ("清", "キヨシ", 'M'),
    ("勇", "イサム", 'M'),
    ("茂", "シゲル", 'M'),
    ("博", "ヒロシ", 'M'),
    ("和夫", "カズオ", 'M'),
    ("昭二", "ショウジ", 'M'),
    ("健一", "ケンイチ", 'M'),
    ("誠", "マコト", 'M'),
    ("隆", "タカシ", 'M'),
    ("修", "オサム", 'M'),
    ("勝", "マサル", 'M'),
    ("進", "ススム", 'M'),
    ("三郎", "サブロウ", 'M'),
    ("和子", "カズコ", 'F'),
    ("幸子", "サチコ", 'F'),
    ("節子", "セツコ", 'F'),
    ("洋子", "ヨウコ", 'F'),
    ("久美子", "クミコ", 'F'),
    ("文子", "フミコ", 'F'),
    ("キヨ", "キヨ", 'F'),
    ("ハナ", "ハナ", 'F'),
    ("千代", "チヨ", 'F'),
    ("静江", "シズエ", 'F'),
    ("恵子", "ケイコ", 'F'),
    ("眞理子", "マリコ", 'F'),
    ("京子", "キョウコ", 'F'),
    ("トシ", "トシ", 'F'),
];
/// Towns of the city, with postal codes that the postal service does not use.
const TOWNS: [(&str, &str); 8] = [
    ("000-0101", "読取市本町"),
    ("000-0102", "読取市紙屋町"),
    ("000-0103", "読取市筆ヶ丘"),
    ("000-0104", "読取市墨染"),
    ("000-0105", "読取市大字帳場"),
    ("000-0106", "読取市桝目台"),
    ("000-0107", "読取市硯町"),
    ("000-0108", "読取市判子通り"),
];

/// Index of the first child among the residents.
const FIRST_CHILD: usize = 500_000;

/// One made-up resident.
#[derive(Clone, Debug)]
pub struct Citizen {
    /// Key in the register.
    pub resident_id: String,
    /// Day of birth, as the person knows it.
    pub birth_date: Date,
    /// `F` or `M`.
    pub sex: char,
    /// The line in the resident file.
    line: String,
}

/// One made-up clinic.
#[derive(Clone, Debug)]
pub struct Clinic {
    /// Ten digits with a Luhn check digit.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// How its bank writes it.
    kana: String,
}

impl Citizen {
    /// What is printed on a slip: name, kana, postal code, address.
    pub fn printed(&self) -> [&str; 4] {
        let columns: Vec<&str> = self.line.split(',').collect();
        [1, 2, 5, 6].map(|at| columns[at])
    }

    /// Somebody of the same name, birthday and address under another number, in a household of his own.
    pub fn double(&self, index: usize) -> Self {
        let resident_id = format!("{:010}", 1_000_000 + index * 7 + 3);
        let mut columns: Vec<&str> = self.line.split(',').collect();
        let household = format!("H{index:07}");
        (columns[0], columns[9]) = (&resident_id, &household);
        let line = columns.join(",");
        Self { resident_id, line, ..self.clone() }
    }
}

/// Header of a resident file.
pub const RESIDENT_HEADER: &str = "resident_id,name,kana,sex,birth_date,postal_code,address,resident_since,resident_until,household_id,tax_exempt,protected\n";

/// `count` residents born between 1925 and 1961.
pub fn citizens(count: usize, rng: &mut Rng) -> Vec<Citizen> {
    (0..count).map(|index| citizen(index, (date(1925, 1, 2), 13_300), rng)).collect()
}

/// `count` children: half of them one year old in `month`, half in their year before school.
pub fn children(month: Month, count: usize, rng: &mut Rng) -> Vec<Citizen> {
    let (infants, pupils) = (month.plus(-22).first(), date(month.fiscal_year() - 6, 4, 2));
    let born = |index| if index % 2 == 0 { (infants, 270) } else { (pupils, 365) };
    // Numbers of residents that no grown-up has.
    (0..count).map(|index| citizen(FIRST_CHILD + index, born(index), rng)).collect()
}

/// `first` is the first day of birth and `days` how many follow.
fn citizen(index: usize, (first, days): (Date, i64), rng: &mut Rng) -> Citizen {
    let (surname, surname_kana) = SURNAMES[rng.random_range(0..SURNAMES.len())];
    let (given, given_kana, sex) = GIVEN[rng.random_range(0..GIVEN.len())];
    let (postal_code, town) = TOWNS[rng.random_range(0..TOWNS.len())];
    let birth_date = first.saturating_add(jiff::Span::new().days(rng.random_range(0..days)));
    let resident_id = format!("{:010}", 1_000_000 + index * 7 + 3);
    let (block, lot, house) = (rng.random_range(1..6), rng.random_range(1..30), rng.random_range(1..20));
    let exempt = u8::from(rng.random_bool(0.15));
    let protected = u8::from(rng.random_bool(0.01));
    let since = birth_date.max(date(1990, 4, 1));
    let line = format!(
        "{resident_id},{surname}　{given},{surname_kana} {given_kana},{sex},{birth_date},{postal_code},{town}{block}丁目{lot}番{house}号,{since},,H{:07},{exempt},{protected}\n",
        index / 2
    );
    Citizen { resident_id, birth_date, sex, line }
}

/// The residents as a CSV file.
pub fn resident_file(citizens: &[Citizen]) -> String {
    let mut text = RESIDENT_HEADER.to_owned();
    citizens.iter().for_each(|citizen| text.push_str(&citizen.line));
    text
}

/// `count` clinics of prefecture 99, which does not exist.
pub fn clinics(count: usize, rng: &mut Rng) -> Vec<Clinic> {
    const NAMES: [(&str, &str); 8] = [
        ("紙屋町医院", "カミヤチョウイイン"),
        ("ふで内科クリニック", "フデナイカクリニツク"),
        ("墨染診療所", "スミゾメシンリヨウジヨ"),
        ("読取中央病院", "ヨミトリチユウオウビヨウイン"),
        ("すずり医院", "スズリイイン"),
        ("桝目台クリニック", "マスメダイクリニツク"),
        ("帳場内科", "チヨウバナイカ"),
        ("本町ファミリークリニック", "ホンチヨウフアミリ-クリニツク"),
    ];
    (0..count)
        .map(|index| {
            let body = format!("991{:06}", rng.random_range(0..900_000) + index);
            let check = CheckDigit::Luhn.of(&body).expect("nine digits have a Luhn check digit");
            let round = index / NAMES.len();
            let (name, kana) = NAMES[index % NAMES.len()];
            let (mut name, mut kana) = (name.to_owned(), kana.to_owned());
            if round > 0 {
                let _ = write!(name, "第{round}分院");
                let _ = write!(kana, " {round}");
            }
            Clinic { code: format!("{body}{check}"), name, kana }
        })
        .collect()
}

/// The clinics as a CSV file.
pub fn clinic_file(clinics: &[Clinic]) -> String {
    let mut text =
        "clinic_code,name,bank_code,bank_name,branch_code,branch_name,account_kind,account_number,\
                    account_holder\n"
            .to_owned();
    for (index, clinic) in clinics.iter().enumerate() {
        let Clinic { code, name, kana } = clinic;
        let _ = writeln!(
            text,
            "{code},{name},9990,ヨミトリギンコウ,{:03},ホンテン,普通,{:07},{kana}",
            1 + index % 9,
            1_000_003 + index * 7
        );
    }
    text
}
