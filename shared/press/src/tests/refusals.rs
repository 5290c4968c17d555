//! What can not be printed whole is not printed at all, and the error says which slip.

use super::*;
use crate::PressError;

fn numbered(form: &Form, number: &str) -> Slip {
    Slip { management_number: Some(ManagementNumber(number.into())), ..slip(form) }
}

#[test]
fn a_slip_that_can_not_be_printed_whole_is_refused_by_its_place() {
    let form = form("influenza-elderly");
    let refusal = |bad: Slip| printer().document(&form, [slip(&form), bad], &mut |_| ()).unwrap_err();

    assert!(matches!(refusal(Slip::default()), PressError::NumberMissing { slip: 2, .. }));
    for wrong in ["01000012350", "0100001235", "0100001235A", ""] {
        let error = refusal(numbered(&form, wrong));
        assert!(matches!(error, PressError::NumberWrong { slip: 2, .. }), "{wrong}: {error}");
    }
    let long = refusal(slip(&form).with(PrintSource::Kana, "ア".repeat(200)));
    assert!(matches!(&long, PressError::TooLong { slip: 2, field } if field == "kana"), "{long}");
    let odd = refusal(slip(&form).with(PrintSource::Name, "山田\u{10FFFD}"));
    assert!(matches!(&odd, PressError::NoGlyph { slip: 2, field } if field == "name"), "{odd}");
    assert!(!odd.to_string().contains("山田"), "no name in an error: {odd}");
    let nameless = refusal(Slip::numbered(number(&form, 1)));
    assert!(matches!(nameless, PressError::ValueMissing { slip: 2, .. }), "{nameless}");
    let ticket = refusal(Slip { ticket: Some(ticket(&form)), ..slip(&form) });
    assert!(matches!(ticket, PressError::TicketMismatch { slip: 2, .. }), "{ticket}");
}

#[test]
fn a_slip_that_prints_shows_no_person_in_its_debug_text() {
    let text = format!("{:?}", slip(&form("influenza-elderly")));
    assert!(text.contains("***") && !text.contains("花子") && !text.contains("01000"), "{text}");
}

#[test]
fn a_form_that_can_not_carry_the_slip_is_refused() {
    let trial = |field: &str| {
        let head = "version = 1\nnumber = 7\ntitle = \"試験\"\npaper_mm = [210, 297]\n[[field]]\n";
        Form::parse("trial", &format!("{head}{field}")).unwrap()
    };
    let bare = trial("id = \"seal\"\nkind = \"stamp\"\nlabel = \"印\"\nboxes = [[20, 20, 20, 20]]");
    let slip = Slip::numbered(ManagementNumber("07000000012".into()));
    let refused = printer().document(&bare, [slip], &mut |_| ()).unwrap_err();
    assert!(matches!(refused, PressError::NoPlaceForNumber { .. }), "{refused}");
    assert!(matches!(printer().blank(&bare, 2), Err(PressError::Form { .. })));

    let narrow = trial(
        "id = \"number\"\nkind = \"barcode\"\nlabel = \"番号\"\nsymbology = \"nw7\"\nlength = 11\n\
         check = \"mod11\"\nmanagement_number = true\nboxes = [[20, 20, 36, 9]]",
    );
    let slip = Slip::numbered(number(&narrow, 1));
    let refused = printer().document(&narrow, [slip], &mut |_| ()).unwrap_err().to_string();
    assert!(refused.contains("0.25 mm") && refused.contains("39.2 mm wide"), "{refused}");
}
