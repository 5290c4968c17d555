//! What only a server can do: refuse, be in trouble, be away, be somebody else.

use super::server::{BUCKET, SECRET_KEY, Server};
use crate::s3::{Access, S3};
use crate::{LISTED, PageStore, PagesError, hash_of};
use hyper::StatusCode;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Everything that can be asked of a store fails; the words of each failure.
async fn refusals(store: &S3) -> Vec<String> {
    let hash = hash_of(b"picture");
    let errors = [
        store.put(b"picture".to_vec(), "tif").await.map(drop),
        store.get(&hash).await.map(drop),
        store.list(None).await.map(drop),
    ];
    let words = errors.into_iter().map(|result| {
        let error = result.expect_err("nothing of it is right");
        assert!(error.is_temporary(), "no page is at fault: {error}");
        error.to_string()
    });
    words.inspect(|words| assert!(!words.contains(SECRET_KEY) && words.len() < 400, "{words}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_keys_and_buckets_are_told_in_plain_words_and_are_no_missing_pictures() {
    let server = Server::start().await;
    let place = format!("{BUCKET}/a/b");
    let cases: [(Access, &str); 2] = [
        (Access { secret_key: "wrong".into(), ..server.access() }, "AWS_SECRET_ACCESS_KEY"),
        (Access { access_key: "nobody".into(), ..server.access() }, "access key"),
    ];
    for (access, expected) in cases {
        let store = S3::open(&place, &access).unwrap();
        for words in refusals(&store).await {
            assert!(words.contains(expected) && words.contains(&place), "{expected}: {words}");
        }
        let exists = store.exists(&hash_of(b"picture")).await;
        assert!(exists.is_err_and(|error| error.is_temporary()), "nothing can be said about the picture");
    }
    // This server makes a missing bucket when something is put there; others refuse that too.
    let store = S3::open("no-such-bucket/a", &server.access()).unwrap();
    let hash = hash_of(b"picture");
    for error in [store.list(None).await.map(drop), store.exists(&hash).await.map(drop)] {
        let error = error.unwrap_err();
        assert!(error.is_temporary() && error.to_string().contains("there is no such bucket"), "{error}");
    }
    for place in ["", "/a", "bucket/../a", "bucket/a b", "b ucket"] {
        assert!(matches!(S3::open(place, &server.access()), Err(PagesError::Settings(_))), "{place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_is_temporary() {
    let server = Server::start().await;
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let access = Access { endpoint: Some(format!("http://{gone}")), ..server.access() };
    for words in refusals(&S3::open(BUCKET, &access).unwrap()).await {
        assert!(words.contains("it cannot be reached") && words.contains("YOMITORI_S3_ENDPOINT"), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_third_answer_may_be_a_failure() {
    let count = AtomicU32::new(0);
    let trouble = move |_: &hyper::Request<_>| {
        let third = count.fetch_add(1, Ordering::SeqCst) % 3 == 2;
        third.then_some(StatusCode::SERVICE_UNAVAILABLE)
    };
    let server = Server::start_with(Arc::new(trouble), None).await;
    let store = server.store();
    for number in 0..10_u8 {
        let hash = store.put(vec![number; 1000], "tif").await.unwrap();
        assert_eq!(store.get(&hash).await.unwrap(), vec![number; 1000]);
    }
    assert_eq!(store.list(None).await.unwrap().len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_knows_no_conditions_is_asked_first() {
    let trouble = |request: &hyper::Request<_>| {
        request.headers().contains_key("if-none-match").then_some(StatusCode::NOT_IMPLEMENTED)
    };
    let server = Server::start_with(Arc::new(trouble), None).await;
    let store = server.store();
    let hash = store.put(b"picture".to_vec(), "tif").await.unwrap();
    let written = std::fs::metadata(&server.files()[0]).unwrap().modified().unwrap();
    for _ in 0..2 {
        store.put(b"picture".to_vec(), "tif").await.unwrap();
    }
    assert_eq!(std::fs::metadata(&server.files()[0]).unwrap().modified().unwrap(), written, "written once");
    assert_eq!(store.get(&hash).await.unwrap(), b"picture");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_goes_on_over_what_others_keep_in_the_bucket() {
    let server = Server::start().await;
    let folder = server.dir.path().join(BUCKET).join("a/b");
    std::fs::create_dir_all(&folder).unwrap();
    let mut names: Vec<_> = (0..LISTED + 20).map(|number| hash_of(&number.to_le_bytes())).collect();
    names.sort_unstable();
    for name in &names {
        std::fs::write(folder.join(name.as_str()), "x").unwrap();
    }
    // More than one whole answer of things that are no pictures, before the first one.
    for number in 0..LISTED + 5 {
        std::fs::write(folder.join(format!("0-note-{number}")), "x").unwrap();
    }
    let store = server.store();
    let mut listed = Vec::new();
    loop {
        let more = store.list(listed.last()).await.unwrap();
        if more.is_empty() {
            break;
        }
        listed.extend(more);
    }
    assert_eq!(listed, names);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_only_a_server_that_the_named_authority_signed_is_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let tls = authority_and_server(dir.path());
    let server = Server::start_with(Arc::new(|_| None), Some(tls)).await;
    for words in refusals(&S3::open(BUCKET, &server.access()).unwrap()).await {
        assert!(words.contains("YOMITORI_S3_CA"), "{words}");
    }
    let ca = Some(std::fs::read(dir.path().join("ca.pem")).unwrap());
    let store = S3::open(BUCKET, &Access { ca, ..server.access() }).unwrap();
    let hash = store.put(b"picture".to_vec(), "tif").await.unwrap();
    assert_eq!(store.get(&hash).await.unwrap(), b"picture");
    let ca = Some(b"no certificate".to_vec());
    assert!(matches!(S3::open(BUCKET, &Access { ca, ..server.access() }), Err(PagesError::Settings(_))));
}

/// Makes a CA and a certificate for `localhost` signed by it, in `dir`.
fn authority_and_server(dir: &Path) -> TlsAcceptor {
    let openssl = |args: &str| {
        let output = Command::new("openssl").current_dir(dir).args(args.split_whitespace()).output();
        let output = output.expect("openssl is there: scripts/needs installs it");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    openssl(&format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=made-up-authority"));
    openssl(&format!(
        "req -x509 {key} -CA ca.pem -CAkey ca.key -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost \
         -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE"
    ));
    let certificate = CertificateDer::from_pem_file(dir.join("cert.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(dir.join("key.pem")).unwrap();
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key);
    TlsAcceptor::from(Arc::new(config.unwrap()))
}
