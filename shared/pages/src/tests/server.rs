//! A server that speaks S3 (`s3s-fs`), in this process but over real sockets: signatures, conditions and errors are
//! those of the protocol. Chosen because it comes with the build, starts in no time, and its files can be spoilt.

use crate::s3::{Access, S3};
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub const BUCKET: &str = "city-pages";
pub const ACCESS_KEY: &str = "made-up-key";
pub const SECRET_KEY: &str = "made-up-secret";

/// What goes wrong with a request, if anything.
pub type Trouble = Arc<dyn Fn(&Request<Incoming>) -> Option<StatusCode> + Send + Sync>;

/// A running server; its files lie in `dir`.
pub struct Server {
    pub dir: TempDir,
    pub endpoint: String,
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(Arc::new(|_| None), None).await
    }

    pub async fn start_with(trouble: Trouble, tls: Option<TlsAcceptor>) -> Self {
        // Clients make their TLS settings before they know that they need none.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join(BUCKET)).unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(dir.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let service = builder.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let endpoint = format!("{scheme}://localhost:{}", listener.local_addr().unwrap().port());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (service, trouble, tls) = (service.clone(), trouble.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, service, trouble).await,
                        // Who does not trust us breaks off here.
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, service, trouble).await;
                            }
                        }
                    }
                });
            }
        });
        Self { dir, endpoint }
    }

    pub fn access(&self) -> Access {
        Access {
            endpoint: Some(self.endpoint.clone()),
            region: "us-east-1".into(),
            access_key: ACCESS_KEY.into(),
            secret_key: SECRET_KEY.into(),
            token: None,
            ca: None,
        }
    }

    pub fn store(&self) -> S3 {
        S3::open(&format!("{BUCKET}/a/b"), &self.access()).unwrap()
    }

    /// The files of the bucket, as they lie on the server.
    pub fn files(&self) -> Vec<PathBuf> {
        let folder = self.dir.path().join(BUCKET).join("a/b");
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

async fn serve<C>(stream: C, service: S3Service, trouble: Trouble)
where
    C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let answer = service_fn(move |request: Request<Incoming>| {
        let (service, trouble) = (service.clone(), trouble(&request));
        async move {
            match trouble {
                Some(status) => {
                    let mut response = Response::new(s3s::Body::empty());
                    *response.status_mut() = status;
                    Ok(response)
                }
                None => Service::call(&service, request).await,
            }
        }
    });
    // A client that goes away in the middle is none of our business.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}
