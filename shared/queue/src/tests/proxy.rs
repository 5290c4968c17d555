//! A wire that can be cut, between the program and a real broker.

use std::net::SocketAddr;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Passes everything on until it is cut; then it hangs up, and hangs up on everybody who calls.
pub struct Proxy {
    here: SocketAddr,
    there: String,
    whole: watch::Sender<bool>,
}

impl Proxy {
    /// A wire to the broker at `address`.
    pub async fn before(address: &str) -> Self {
        let there = authority(address).rsplit('@').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap();
        let (whole, state) = watch::channel(true);
        tokio::spawn(serve(listener, there.clone(), state));
        Self { here, there, whole }
    }

    /// `address`, by way of this wire.
    pub fn instead_of(&self, address: &str) -> String {
        address.replacen(&self.there, &self.here.to_string(), 1)
    }

    pub fn cut(&self) {
        self.whole.send_replace(false);
    }

    pub fn mend(&self) {
        self.whole.send_replace(true);
    }
}

/// `user:password@host:port` of a URL.
fn authority(address: &str) -> &str {
    let (_, rest) = address.split_once("://").unwrap();
    rest.split(['/', '?']).next().unwrap()
}

async fn serve(listener: TcpListener, there: String, whole: watch::Receiver<bool>) {
    loop {
        let (mut near, _) = listener.accept().await.unwrap();
        let (there, mut whole) = (there.clone(), whole.clone());
        tokio::spawn(async move {
            if !*whole.borrow_and_update() {
                return;
            }
            let mut far = TcpStream::connect(&there).await.unwrap();
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                _ = whole.changed() => {}
            }
        });
    }
}
