//! TLS with the screens' own certificate.

use anyhow::{Context, Result};
use axum::serve::Listener;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

/// A browser that has not shaken hands by then is let go.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Handshakes at the same time; more wait in the system's queue.
const HANDSHAKES: usize = 128;

/// A certificate with its key.
#[derive(Clone)]
pub struct Certificate(Arc<ServerConfig>);

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Certificate")
    }
}

impl Certificate {
    /// Reads a certificate (with those between it and its authority) and its key, both PEM.
    ///
    /// # Errors
    /// A file cannot be read, or the two do not belong together.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self> {
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
            .with_context(|| format!("cannot read the certificate {}", certificate.display()))?;
        let secret = PrivateKeyDer::from_pem_file(key)
            .with_context(|| format!("cannot read the key {}", key.display()))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, secret)
            .with_context(|| {
                format!("{} and {} do not belong together", certificate.display(), key.display())
            })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }
}

/// A listener whose connections have shaken hands; a slow one keeps nobody waiting.
pub struct Secured {
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

impl Secured {
    /// Takes connections of `listener` with `certificate`.
    ///
    /// # Errors
    /// The listener has no address.
    pub fn new(listener: TcpListener, certificate: &Certificate) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (hand_over, ready) = mpsc::channel(HANDSHAKES);
        let acceptor = TlsAcceptor::from(certificate.0.clone());
        tokio::spawn(take_in(listener, acceptor, hand_over));
        Ok(Self { ready, address })
    }
}

async fn take_in(
    mut listener: TcpListener,
    acceptor: TlsAcceptor,
    hand_over: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let turns = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        let accept = Listener::accept(&mut listener);
        let (stream, address) = tokio::select! {
            accepted = accept => accepted,
            () = hand_over.closed() => return,
        };
        let Ok(turn) = turns.clone().acquire_owned().await else { return };
        let (acceptor, hand_over) = (acceptor.clone(), hand_over.clone());
        tokio::spawn(async move {
            let _turn = turn;
            match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                // A closed channel: the program ends.
                Ok(Ok(stream)) => drop(hand_over.send((stream, address)).await),
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            }
        });
    }
}

impl Listener for Secured {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            // The task that takes connections in has ended: nobody comes any more.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
