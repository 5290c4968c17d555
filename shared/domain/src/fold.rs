//! 名寄せの正規化. Names that look or sound the same fold to the same text.
//!
//! A folded text is only ever compared, never shown or kept as a person's name. Kanji variants are
//! equivalence classes, not one-way maps: each class folds to its first member, whichever was written.

use std::collections::HashMap;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// 異体字. Each word is a class of variants that stand for the same name (MJ縮退マップ, and the pairs of
/// 新字体 and 旧字体 met in names). NFKC folds none of them.
const KANJI_CLASSES: &str = "
    高髙 崎﨑嵜碕 辺邉邊 徳德 浜濱濵 柳栁桺 斎齋斉齊 沢澤 広廣 島嶋嶌 吉𠮷 曽曾 恵惠
    真眞 桜櫻 瀬瀨 檜桧 富冨 峰峯 国國圀 竜龍 滝瀧 関關 黒黑 条條 栄榮 豊豐 万萬
    与與 予豫 亀龜 会會 佐㔫 児兒 円圓 団團 図圖 壮壯 声聲 壱壹 宝寶寳 実實 寛寬
    寿壽 将將 巌巖 岳嶽 巻卷 帯帶 応應 恒恆 悦悅 戸戶 払拂 拝拜 旧舊 昇曻 暁曉
    来來 松枩 梅楳 検檢 楽樂 槙槇 横橫 歩步 歳歲 気氣 涌湧 渓溪 温溫 湾灣 為爲
    猪豬 県縣 瑶瑤 禄祿 秋穐 稲稻 穂穗 糸絲 経經 総總 緑綠 縄繩 群羣 聡聰 芦蘆
    茎莖 荘莊 蔵藏 薫薰 園薗 蛍螢 衛衞 覚覺 観觀 誉譽 賢贒 軽輕 達逹 遥遙 郎郞
    鉄鐵鉃 鋭銳 錬鍊 鎌鐮 闘鬪 雑雜 霊靈 静靜 頼賴 頬頰 館舘 駅驛 鶏鷄 麦麥 黄黃
    弥彌 礼禮 祢禰 研硏 青靑 清淸 郷鄕 凜凛 尭堯 淵渕渊 桑桒 船舩 鷗鴎 侠俠 倶俱
    剣劍劔 勲勳勛 単單 厳嚴 双雙 収收 学學斈 慎愼 摂攝 数數 晃晄 杉杦 沖冲 浅淺
    浄淨 涙淚 潜潛 灯燈 炉爐 点點 狭狹 献獻 画畫 当當 盗盜 禅禪 称稱 穏穩 窓窗
    粛肅 継繼 続續 辞辭 鴬鶯 薮藪 竈竃 鰺鯵 鹸鹼 鑑鑒 間閒 隠隱 陥陷 顕顯 髪髮
    毎每 即卽 既旣 教敎 戦戰 択擇 担擔 拠據 挙擧 晩晚 概槪 様樣 権權 欧歐 殴毆
    没沒 渇渴 犠犧 独獨 甁瓶 産產 疎疏 祷禱 秘祕 絵繪 翠翆 脳腦 艶艷 苺莓 虫蟲
    蝋蠟 触觸 証證 読讀 譲讓 転轉 遅遲 酔醉 釈釋 銭錢 録錄 随隨 隷隸 顔顏 餅餠
    駆驅 驒騨 鹿𢈘 麹麴 麺麵 黙默 齢齡
";

/// Every variant and the first of its class.
static REPRESENTATIVES: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let pairs = |class: &'static str| {
        let first = class.chars().next();
        class.chars().filter_map(move |variant| Some((variant, first?)))
    };
    KANJI_CLASSES.split_whitespace().flat_map(pairs).collect()
});

/// Folds a name as written: width, spaces and dots, variation selectors, kanji variants, hiragana, case.
pub fn fold_name(name: &str) -> String {
    name.nfkc()
        .filter(|c| !is_filler(*c))
        .flat_map(char::to_uppercase)
        .map(|c| katakana(representative(c)))
        .collect()
}

/// Folds a reading (振り仮名): as [`fold_name`], and small kana, long vowels (オウ, オー, オオ), ヂヅヴヰヱヲ.
pub fn fold_kana(kana: &str) -> String {
    let mut folded = String::new();
    for kana in fold_name(kana).chars() {
        let kana = large(kana);
        let previous = folded.chars().last();
        match (kana, previous) {
            // ヴァ, ヴィ, ヴェ, ヴォ were written ブ + vowel by `large`.
            ('ア' | 'イ' | 'エ' | 'オ', Some('ヴ')) => {
                folded.pop();
                folded.push(b_row(kana));
            }
            ('ー', Some(before)) => folded.extend(vowel(before)),
            ('ウ', Some(before)) if vowel(before) == Some('オ') => folded.push('オ'),
            ('イ', Some(before)) if vowel(before) == Some('エ') => folded.push('エ'),
            ('ー', None) => {}
            _ => folded.push(kana),
        }
    }
    folded.replace('ヴ', "ブ")
}

/// A folded reading with every 濁点 and 半濁点 taken off: トヨダ and トヨタ, ナカジマ and ナカシマ meet here.
/// Agreement at this level is weak.
pub fn without_dakuten(folded_kana: &str) -> String {
    folded_kana.nfd().filter(|c| !matches!(c, '\u{3099}' | '\u{309A}')).nfc().collect()
}

/// Folds an address for comparison: width, spaces, 丁目/番地/番/号/の between figures as `-`, kanji numerals
/// before 丁目, ヶ and ケ, all kinds of dashes.
pub fn fold_address(address: &str) -> String {
    let text = fold_name(address).replace(['ヶ', 'ヵ'], "ケ");
    let mut folded = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let c = if is_dash(c) { '-' } else { c };
        match c {
            '丁' if chars.peek() == Some(&'目') => {
                chars.next();
                let figure = folded.pop().and_then(figure_of);
                folded.extend(figure);
                folded.push('-');
            }
            '番' => {
                chars.next_if_eq(&'地');
                folded.push('-');
            }
            '号' => {}
            'ノ' if folded.ends_with(|c: char| c.is_ascii_digit()) => folded.push('-'),
            _ => folded.push(c),
        }
    }
    folded.trim_end_matches('-').to_owned()
}

fn figure_of(c: char) -> Option<char> {
    let figures = "〇一二三四五六七八九";
    match figures.chars().position(|kanji| kanji == c) {
        Some(digit) => char::from_digit(digit as u32, 10),
        None => Some(c),
    }
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | 'ー')
}

/// Spaces, middle dots and selectors that only choose a glyph.
fn is_filler(c: char) -> bool {
    c.is_whitespace() || matches!(c, '・' | '·' | '.' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

fn representative(c: char) -> char {
    REPRESENTATIVES.get(&c).copied().unwrap_or(c)
}

fn katakana(c: char) -> char {
    match c {
        // The hiragana block lies 0x60 below the katakana block, sign for sign.
        'ぁ'..='ゖ' => char::from_u32(c as u32 + 0x60).unwrap_or(c),
        _ => c,
    }
}

fn large(kana: char) -> char {
    match kana {
        'ァ' => 'ア',
        'ィ' => 'イ',
        'ゥ' => 'ウ',
        'ェ' => 'エ',
        'ォ' => 'オ',
        'ッ' => 'ツ',
        'ャ' => 'ヤ',
        'ュ' => 'ユ',
        'ョ' => 'ヨ',
        'ヮ' => 'ワ',
        'ヵ' => 'カ',
        'ヶ' => 'ケ',
        'ヂ' => 'ジ',
        'ヅ' => 'ズ',
        'ヰ' => 'イ',
        'ヱ' => 'エ',
        'ヲ' => 'オ',
        other => other,
    }
}

fn b_row(vowel: char) -> char {
    match vowel {
        'ア' => 'バ',
        'イ' => 'ビ',
        'エ' => 'ベ',
        _ => 'ボ',
    }
}

/// The vowel of a large katakana; `None` for ン, ツ as ッ is not told apart, and for anything else.
fn vowel(kana: char) -> Option<char> {
    const ROWS: [(char, &str); 5] = [
        ('ア', "アカサタナハマヤラワガザダバパ"),
        ('イ', "イキシチニヒミリギジビピ"),
        ('ウ', "ウクスツヌフムユルグズブプヴ"),
        ('エ', "エケセテネヘメレゲゼデベペ"),
        ('オ', "オコソトノホモヨロゴゾドボポ"),
    ];
    ROWS.iter().find(|(_, row)| row.contains(kana)).map(|(vowel, _)| *vowel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_of_a_name_fold_to_one() {
        let same = [
            ("髙橋 一郎", "高橋一郎"),
            ("山﨑　花子", "山崎花子"),
            ("渡邉", "渡邊"),
            ("渡辺", "渡邊"),
            ("齋藤", "斉藤"),
            ("齊藤", "斎藤"),
            ("𠮷田", "吉田"),
            ("濵田", "浜田"),
            ("栁沢", "柳澤"),
            ("廣瀨", "広瀬"),
            ("嶌", "島"),
            ("眞櫻", "真桜"),
            ("葛\u{E0100}城", "葛城"),
            ("ﾏﾘｱ･ｼﾙﾊﾞ", "マリア シルバ"),
            ("Silva Maria", "ＳＩＬＶＡ　ＭＡＲＩＡ"),
        ];
        for (one, other) in same {
            assert_eq!(fold_name(one), fold_name(other), "{one} {other}");
        }
        assert_ne!(fold_name("塚本"), fold_name("坂本"));
    }

    #[test]
    fn readings_that_sound_alike_fold_to_one() {
        let same = [
            ("ﾜﾀﾅﾍﾞ ﾊﾅｺ", "わたなべ　はなこ"),
            ("オオノ", "オーノ"),
            ("コウノ", "コオノ"),
            ("ケイコ", "ケーコ"),
            ("ヴァイオレット", "バイオレツト"),
            ("カヅコ", "カズコ"),
            ("ヂンナイ", "ジンナイ"),
            ("ヰノウヱ", "イノウエ"),
            ("シュン", "シユン"),
        ];
        for (one, other) in same {
            assert_eq!(fold_kana(one), fold_kana(other), "{one} {other}");
        }
        assert_ne!(fold_kana("トヨタ"), fold_kana("トヨダ"));
        assert_eq!(without_dakuten(&fold_kana("トヨタ")), without_dakuten(&fold_kana("トヨダ")));
    }

    #[test]
    fn addresses_written_two_ways_fold_to_one() {
        let same = [
            ("架空市見本町一丁目２番３号", "架空市見本町1-2-3"),
            ("架空市見本町１丁目２番地", "架空市見本町1−2"),
            ("架空市霞ヶ丘３の４", "架空市霞ケ丘3-4"),
        ];
        for (one, other) in same {
            assert_eq!(fold_address(one), fold_address(other), "{one} {other}");
        }
    }

    #[test]
    fn every_variant_stands_in_one_class_only() {
        let mut seen = std::collections::BTreeSet::new();
        for class in KANJI_CLASSES.split_whitespace() {
            assert!(class.chars().count() > 1, "{class}");
            for c in class.chars() {
                assert!(seen.insert(c), "{c} stands twice");
            }
        }
    }
}
