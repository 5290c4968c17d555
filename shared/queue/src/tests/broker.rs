//! The broker that tests talk to: the one in `AMQP_URL`, else one that `scripts/broker` starts for this process. Never a
//! made-up one.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Where the broker answers.
pub struct Broker {
    /// In the clear.
    pub amqp: String,
    /// By TLS, and the file with the authority that signed its certificate; a broker of somebody else's may have none.
    pub tls: Option<(String, String)>,
    /// The folder of a broker that `scripts/broker` started: its file `environment` is what a shell needs to stop it
    /// and to start it again. A broker of somebody else's has none, and is left alone.
    #[allow(dead_code, reason = "asked by the fault tests, which share this file")]
    pub home: Option<String>,
    /// Ends the broker with this process: it runs until nobody holds the other end of its standard input.
    _running: Option<Child>,
}

/// The broker, started at the first call.
pub fn broker() -> &'static Broker {
    static BROKER: OnceLock<Broker> = OnceLock::new();
    BROKER.get_or_init(|| match std::env::var("AMQP_URL") {
        Ok(amqp) => {
            let tls = std::env::var("AMQPS_URL").ok().zip(std::env::var("AMQPS_CA").ok());
            Broker { amqp, tls, home: std::env::var("YOMITORI_BROKER_HOME").ok(), _running: None }
        }
        Err(_) => start(),
    })
}

fn start() -> Broker {
    let rooms = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let script = rooms.map(|folder| folder.join("scripts/broker")).find(|script| script.is_file());
    let script = script.expect("scripts/broker is there");
    let say = "for name in AMQP_URL AMQPS_URL AMQPS_CA YOMITORI_BROKER_HOME; do echo $name ${!name}; done; echo; exec cat";
    let mut running = Command::new(script)
        .args(["bash", "-c", say])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("scripts/broker can be started");
    let said: HashMap<String, String> = BufReader::new(running.stdout.take().unwrap())
        .lines()
        .map_while(|line| line.ok()?.split_once(' ').map(|(name, value)| (name.into(), value.into())))
        .collect();
    let find = |name: &str| said.get(name).unwrap_or_else(|| panic!("scripts/broker gave no {name}")).clone();
    Broker {
        amqp: find("AMQP_URL"),
        tls: Some((find("AMQPS_URL"), find("AMQPS_CA"))),
        home: Some(find("YOMITORI_BROKER_HOME")),
        _running: Some(running),
    }
}
