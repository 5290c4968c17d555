//! Pictures in an S3-compatible bucket whose server fails every tenth reading.

use super::bureau::Bureau;
use super::post::Mail;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const BUCKET: &str = "city-pages";
const KEY: &str = "made-up-key";
const SECRET: &str = "made-up-secret";

/// A server with one bucket, in this process but over real sockets.
struct Server {
    endpoint: String,
    /// Readings that it was asked for, and how many of them failed.
    asked: Arc<AtomicU32>,
    failed: Arc<AtomicU32>,
    _runtime: Runtime,
    _folder: TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = builder.build();
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let endpoint = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let (asked, failed) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let counts = (asked.clone(), failed.clone());
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (service, counts) = (service.clone(), counts.clone());
                let answer = service_fn(move |request: Request<Incoming>| {
                    let service = service.clone();
                    let unlucky =
                        request.method() == Method::GET && counts.0.fetch_add(1, Ordering::SeqCst) % 10 == 9;
                    counts.1.fetch_add(u32::from(unlucky), Ordering::SeqCst);
                    async move {
                        if unlucky {
                            let mut response = Response::new(s3s::Body::empty());
                            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                            return Ok(response);
                        }
                        Service::call(&service, request).await
                    }
                });
                let serving =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
                tokio::spawn(async move {
                    // A client that is killed in the middle is what this is about.
                    let _ = serving.await;
                });
            }
        });
        Self { endpoint, asked, failed, _runtime: runtime, _folder: folder }
    }
}

#[test]
fn a_bucket_that_fails_every_tenth_read_costs_no_page() {
    let mail = Mail::kept();
    let mut bureau = Bureau::open(mail);
    let server = Server::start();
    bureau.set("YOMITORI_PAGES", &format!("s3://{BUCKET}/faults"));
    bureau.set("AWS_ENDPOINT_URL", &server.endpoint);
    bureau.set("AWS_ACCESS_KEY_ID", KEY);
    bureau.set("AWS_SECRET_ACCESS_KEY", SECRET);
    bureau.set("AWS_REGION", "us-east-1");
    bureau.hire_all();
    mail.names.iter().take(30).for_each(|name| bureau.drop_in(name));
    // A reader dies in the middle of it, too.
    bureau.hear(1, &["page taken"], 0);
    bureau.kill(1);
    bureau.start(1);
    bureau.settle();
    let (asked, failed) = (server.asked.load(Ordering::SeqCst), server.failed.load(Ordering::SeqCst));
    assert!(asked >= 30 && failed >= 3, "{failed} of {asked} readings failed");
    let said = format!("; {failed} of {asked} readings failed");
    let difference = bureau.audit("a bucket failing every tenth read", &mail.calm, &said);
    assert_eq!(difference.given_up, 0, "a second try helps");
}
