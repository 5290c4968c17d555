//! What is wrong with a form or a sheet, for a planner.

use vision::propose::SheetError;

/// Pieces of the checker's sentences, and what a planner is told; the first that fits.
const MISTAKES: [(&str, &str); 46] = [
    ("lie over each other", "ほかの項目の枠と重なっています。どちらかを動かしてください。"),
    ("two fields have this id", "同じ項目IDがほかにもあります。別のIDにしてください。"),
    ("an id is made of", "項目IDは半角の英小文字・数字・下線（_）だけで付けてください。"),
    ("the form has no", "項目がまだありません。枠を採用するか、紙の上でドラッグして描いてください。"),
    ("paper edge", "枠が紙の端から5mm以内にあります。内側へ動かすか、小さくしてください。"),
    ("a box has no size", "大きさのない枠があります。消すか、広げてください。"),
    ("two options have the value", "同じ値の選択肢が2つあります。値を変えてください。"),
    ("`max_wrong`", "誤りの許容は0より大きく0.01以下にしてください。"),
    ("a barcode needs exactly one box", "バーコードの枠は1つだけにしてください。"),
    ("a barcode needs `symbology`", "バーコードの種類を選んでください。"),
    ("too narrow for bars", "バーコードの枠が狭すぎます。広げてください。"),
    ("one cell a digit of `length`", "バーコードの下の数字の枠の数が、桁数と違います。"),
    ("a management number needs", "管理番号には検査数字か桁数を決めてください。"),
    ("or repeats it, not both", "管理番号と「管理番号の繰り返し」は、どちらか一方にしてください。"),
    ("is the number it repeats", "繰り返す元の管理番号の項目がありません。"),
    ("a digits field needs", "数字の枠がありません。枠を描いてください。"),
    ("more `decimals` than boxes", "小数の桁数が枠の数以上です。"),
    ("`range` runs backwards", "範囲の最小と最大が逆です。"),
    ("a check digit needs two boxes", "検査数字には2つ以上の枠が必要です。"),
    ("a date needs 6 boxes", "日付の枠は、元号なら6つ、西暦なら8つにしてください。"),
    ("`first` is after `last`", "日付の最初と最後が逆です。"),
    ("a date needs `first", "日付の範囲の最初の日を入れてください。"),
    ("a date needs `last", "日付の範囲の最後の日を入れてください。"),
    ("`first` is no date", "日付の範囲の最初の日が、暦にない日です。"),
    ("`last` is no date", "日付の範囲の最後の日が、暦にない日です。"),
    ("is no era", "元号ではない選択肢があります。日付の選択肢は元号だけです。"),
    ("a choice needs two options", "選択肢を2つ以上にしてください。"),
    ("a mark needs exactly one box", "□は1つだけにしてください。いくつもあるときは「選択」にします。"),
    ("this kind needs exactly one box", "この種類の枠は1つだけにしてください。"),
    (
        "a calculation needs `digits`",
        "検算に使えるのは、小数のない数字の項目だけです。項目IDも確かめてください。",
    ),
    ("nothing to count with", "検算のもとになる項目がありません。"),
    ("leave `sides` away", "複写の枚数と面の数が合いません。"),
    ("2 to 4", "複写は2枚から4枚までで、記録する1枚を決めてください。"),
    ("does not exist", "この面はありません。"),
    ("`number` must be", "帳票の番号は1から99までにしてください。"),
    ("`sides`", "面は1か2にしてください。"),
    ("`paper_mm`", "紙の大きさは50mmから450mmまでにしてください。"),
    ("missing field `label`", "名前を付けてください。"),
    ("missing field `value`", "選択肢の値を入れてください。"),
    ("missing field `id`", "項目IDを付けてください。"),
    ("missing field `title`", "帳票の名前を付けてください。"),
    ("missing field `number`", "帳票の番号を入れてください。"),
    ("unknown field", "この種類では使えない設定があります。種類を選びなおしてください。"),
    ("unknown variant", "選べない値があります。選びなおしてください。"),
    ("either `boxes` or `comb`", "枠の書き方が二重になっています。"),
    ("invalid", "数字の欄に数字でないもの、または大きすぎる値があります。"),
];

/// A sentence of the checker, for a planner.
pub fn mistake(reason: &str) -> String {
    let known = MISTAKES.iter().find(|(piece, _)| reason.contains(piece));
    known.map_or_else(|| format!("この設定は使えません（{reason}）。"), |(_, words)| (*words).to_owned())
}

/// Why a file gives no empty sheet.
pub fn sheet(error: &SheetError) -> String {
    match error {
        SheetError::Decode(error) => format!("{error}。"),
        SheetError::Pages => {
            "3ページ以上あります。白紙の票だけ（表、または表と裏）のファイルにしてください。".into()
        }
        SheetError::NoSize => {
            "ファイルに解像度がなく、紙の大きさが分かりません。解像度（dpi）を入れてください。".into()
        }
        SheetError::Paper([w, h]) => format!(
            "紙の大きさが{w:.0}×{h:.0}mmになります。50〜450mmのはずなので、解像度（dpi）を確かめてください。"
        ),
        SheetError::Resolution(dpi) => {
            format!("{dpi:.0}dpiでは枠がよく見えません。300dpiでスキャンしてください。")
        }
        SheetError::SidesDiffer => "表と裏の大きさが違います。同じ1枚の紙の表と裏にしてください。".into(),
    }
}
