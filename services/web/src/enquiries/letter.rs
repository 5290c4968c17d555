//! 照会文書. The sheet that is faxed or sent: the slip's number, the item and its picture, and no more of the person.

use super::one::{form_of, label_of, load};
use crate::error::ScreenError;
use crate::frame::Person;
use crate::trace::{self, Act};
use crate::{Screens, paper, people, pictures, words};
use axum::extract::{Path, State};
use axum::response::Response;
use domain::enquiry::EnquiryKind;
use domain::wareki;
use press::{Letter, Picture};

/// `GET /enquiries/{id}/letter.pdf`
pub async fn pdf(
    State(screens): State<Screens>,
    person: Person,
    Path(id): Path<i64>,
) -> Result<Response, ScreenError> {
    let (enquiry, _, view) = load(&screens, id).await?;
    if !matches!(enquiry.kind, EnquiryKind::Clinic | EnquiryKind::Resident) {
        return Err(ScreenError::NotFound);
    }
    let printer = paper::printer(&screens)?;
    trace::note(&screens, &person, Act::Print, "enquiry-letter", None, &[], Some(&enquiry.page)).await?;
    let label = enquiry.field.as_ref().map(|field| label_of(&screens, &view, field));
    let picture = match &enquiry.field {
        Some(field) => pictures::grey_snippet(&screens, &view.page, field).await?,
        None => None,
    };
    let to_clinic = enquiry.kind == EnquiryKind::Clinic;
    let title = form_of(&screens, &view).map(|(form, _)| form.title.clone());
    let number = view.page.management_number.as_ref().map(|number| number.0.clone());
    let mut facts = vec![("帳票".to_owned(), title.unwrap_or_else(|| "（判別できません）".to_owned()))];
    facts.extend(number.map(|number| ("管理番号".to_owned(), number)));
    facts.extend(label.clone().map(|label| ("項目".to_owned(), label)));
    facts.push(("お尋ねしたいこと".to_owned(), enquiry.reason.clone()));
    if !enquiry.words.is_empty() {
        facts.push(("補足".to_owned(), enquiry.words.replace('\n', "　")));
    }
    facts.push(("回答の期限".to_owned(), wareki::format(enquiry.due)));
    let letter = Letter {
        title: if to_clinic {
            "提出された票の記載について（照会）"
        } else {
            "提出された票についてのお尋ね"
        }
        .into(),
        to: match (&view.clinic, to_clinic) {
            (Some(clinic), true) => format!("{clinic}　御中"),
            _ => "　　　　　　　　　　　　　　様".into(),
        },
        reference: vec![format!("問合せ番号 {id}"), wareki::format(people::today())],
        paragraphs: vec![
            "提出された次の票について、記載の内容を確認したいため照会します。".into(),
            "下の欄に回答を記入し、このまま返送してください。氏名や個人番号は書かないでください。".into(),
        ],
        facts,
        picture: picture.map(|(width, pixels)| Picture {
            caption: format!("「{}」の記入（写し）", label.unwrap_or_default()),
            width,
            pixels,
        }),
        answer: vec!["回答した日".into(), "回答した方".into(), "電話番号".into()],
    };
    let pdf = tokio::task::spawn_blocking(move || printer.letter(&letter)).await??;
    tracing::info!(enquiry = id, at = %words::moment(jiff::Timestamp::now()), "an enquiry sheet was made");
    Ok(paper::document(pdf, &format!("enquiry-{id}.pdf")))
}
