//! Why nothing was printed.

/// Why a document could not be printed. Slips are counted from 1 in the order given;
/// no personal value ever stands in the text.
#[derive(Debug, thiserror::Error)]
pub enum PressError {
    /// No Japanese font is installed, or the file given is no font.
    #[error("no Japanese font found (looked for {tried}): install it with `apt install fonts-ipaexfont`")]
    NoFont {
        /// Every path that was tried.
        tried: String,
    },
    /// The bytes given are no font that can be embedded.
    #[error("{0} is not a font that can be embedded: give a TrueType or OpenType file")]
    BadFont(String),
    /// A slip has a number, but the form has no place for one.
    #[error("form {form} has no management number: add a [[field]] with `management_number = true`")]
    NoPlaceForNumber {
        /// Form id.
        form: String,
    },
    /// The form carries a number, but the slip has none.
    #[error("slip {slip} has no management number, and form {form} needs one on every slip")]
    NumberMissing {
        /// Slip, from 1.
        slip: usize,
        /// Form id.
        form: String,
    },
    /// The number does not follow the rule of the form.
    #[error(
        "the management number of slip {slip} breaks the rule of field {field}: check its length and check digit"
    )]
    NumberWrong {
        /// Slip, from 1.
        slip: usize,
        /// Field id.
        field: String,
    },
    /// A slip has a batch ticket but the form has no code for it, or the reverse.
    #[error(
        "slip {slip}: a batch ticket and a form with a code for it go together; form {form} is the wrong one"
    )]
    TicketMismatch {
        /// Slip, from 1.
        slip: usize,
        /// Form id.
        form: String,
    },
    /// A prefilled field has no value.
    #[error("slip {slip} has no value for {field}: give one, empty if it is to stay blank")]
    ValueMissing {
        /// Slip, from 1.
        slip: usize,
        /// Field id.
        field: String,
    },
    /// A value does not fit its box, even in two lines of 6 points.
    #[error("slip {slip}: the value of {field} is too long for its box: shorten it or widen the box")]
    TooLong {
        /// Slip, from 1.
        slip: usize,
        /// Field id.
        field: String,
    },
    /// A value has a character that no installed font can draw.
    #[error(
        "slip {slip}: the value of {field} has a character that no font can draw: \
         run `apt install fonts-noto-cjk`, or correct the value"
    )]
    NoGlyph {
        /// Slip, from 1.
        slip: usize,
        /// Field id.
        field: String,
    },
    /// The form itself can not be printed.
    #[error("form {form} can not be printed: {reason}")]
    Form {
        /// Form id.
        form: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The PDF could not be built.
    #[error("the PDF could not be built: {0}")]
    Pdf(String),
    /// A workbook could not be made.
    #[error("the workbook could not be made: {0}")]
    Workbook(String),
}
