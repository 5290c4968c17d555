//! What a server's failure means for people, and what to do about it.

use object_store::Error;
use std::error::Error as _;

/// Most characters of the system's or the server's own words that are passed on.
const DETAIL: usize = 160;

/// What the words of a failure (left) mean, the more special first.
const MEANINGS: [(&[&str], &str); 11] = [
    (&["NoSuchBucket"], "there is no such bucket; make it, or correct YOMITORI_PAGES"),
    (&["InvalidAccessKeyId"], "it does not know the access key; check AWS_ACCESS_KEY_ID"),
    (&["SignatureDoesNotMatch"], "the secret of the access key is not right; check AWS_SECRET_ACCESS_KEY"),
    (&["RequestTimeTooSkewed", "ExpiredToken"], "the clock of this machine is wrong, or the key has run out"),
    (
        &["AccessDenied", "403 Forbidden", "401 Unauthorized"],
        "the access key may not do this; it must get, put, delete and list objects of this bucket",
    ),
    (
        &["invalid peer certificate", "UnknownIssuer", "certificate"],
        "its certificate is not trusted; name the CA that signed it in YOMITORI_S3_CA",
    ),
    (&["dns error", "failed to lookup"], "its name is not known; check YOMITORI_S3_ENDPOINT and the network"),
    (&["timed out", "TimedOut"], "it does not answer in time; check the server and the network"),
    (
        &[
            "tcp connect",
            "Connection refused",
            "client error (Connect)",
            "connection closed",
            "Connection reset",
        ],
        "it cannot be reached; check that it runs, the network, and YOMITORI_S3_ENDPOINT",
    ),
    (&["LOCATION"], "the bucket is in another region; set AWS_REGION"),
    (&["status code: 5", "SlowDown", "InternalError"], "it is in trouble; look at its own log"),
];

/// What happened and what to do; never the whole answer of a server.
pub(super) fn problem(error: &Error) -> String {
    let text = chain(error);
    let means = |(words, _): &&(&[&str], &str)| words.iter().any(|word| text.contains(word));
    let meaning =
        MEANINGS.iter().find(means).map_or("it answered in an unexpected way", |(_, meaning)| *meaning);
    format!("{meaning} ({})", detail(error, &text))
}

/// Whether this says that the bucket itself is missing.
pub(super) fn is_missing_bucket(error: &Error) -> bool {
    chain(error).contains("NoSuchBucket")
}

/// Whether the server does not know "only if there is none yet".
pub(super) fn is_unknown_condition(error: &Error) -> bool {
    let text = chain(error);
    matches!(error, Error::NotImplemented { .. })
        || text.contains("501 ")
        || text.contains("<Code>NotImplemented")
}

/// The error and everything behind it.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// The server's code, else the deepest cause.
fn detail(error: &Error, text: &str) -> String {
    let code =
        text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
    let mut deepest = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        deepest = cause.to_string();
        source = cause.source();
    }
    code.map_or(deepest, str::to_owned).chars().take(DETAIL).collect()
}
