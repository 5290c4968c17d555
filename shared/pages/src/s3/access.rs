//! Server, keys and trust, from the environment.

use crate::PagesError;
use std::net::IpAddr;
use std::path::Path;

/// Where the server is and how it knows this program. Holds secrets: it has no `Debug`.
pub struct Access {
    /// Address of the server, `https://host:port`; without it, Amazon's in `region`.
    pub endpoint: Option<String>,
    /// Region; servers of one's own mostly take any.
    pub region: String,
    /// Id of the access key.
    pub access_key: String,
    /// Its secret.
    pub secret_key: String,
    /// Token of a key for a while.
    pub token: Option<String>,
    /// Certificates (PEM) of a CA of one's own, trusted beside those of the system.
    pub ca: Option<Vec<u8>>,
}

/// What is wrong with the file of the CA.
pub(super) const CA_NOT_RIGHT: &str =
    "the file in YOMITORI_S3_CA holds no certificate: it must be PEM (-----BEGIN CERTIFICATE-----)";

const NO_KEYS: &str = "the page store in S3 needs keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or \
                       YOMITORI_S3_SECRET_KEY_FILE, a file with the secret)";

impl Access {
    /// What the environment says:
    ///
    /// | variable | or | says |
    /// |---|---|---|
    /// | `YOMITORI_S3_ENDPOINT` | `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL` | address of the server |
    /// | `YOMITORI_S3_REGION` | `AWS_REGION`, `AWS_DEFAULT_REGION` | region, `us-east-1` by default |
    /// | `YOMITORI_S3_ACCESS_KEY` | `AWS_ACCESS_KEY_ID` | id of the key |
    /// | `YOMITORI_S3_SECRET_KEY`, `YOMITORI_S3_SECRET_KEY_FILE` | `AWS_SECRET_ACCESS_KEY` | its secret |
    /// | | `AWS_SESSION_TOKEN` | token of a key for a while |
    /// | `YOMITORI_S3_CA` | `AWS_CA_BUNDLE` | PEM file of a CA of one's own |
    /// | `YOMITORI_S3_PLAIN_HTTP` = 1 | | allows `http://` to other machines |
    ///
    /// # Errors
    /// Keys are missing, a file cannot be read, or pictures would go over a network in the clear.
    pub fn from_environment() -> Result<Self, PagesError> {
        Self::from(|name| std::env::var(name).ok())
    }

    /// As [`Access::from_environment`], of any environment.
    pub(crate) fn from(variable: impl Fn(&str) -> Option<String>) -> Result<Self, PagesError> {
        let first = |names: &[&str]| {
            let set = names.iter().find_map(|name| variable(name).filter(|value| !value.trim().is_empty()));
            set.map(|value| value.trim().to_owned())
        };
        let secret = match first(&["YOMITORI_S3_SECRET_KEY_FILE"]) {
            Some(path) => Some(String::from_utf8_lossy(&read(Path::new(&path))?).trim().to_owned()),
            None => first(&["YOMITORI_S3_SECRET_KEY", "AWS_SECRET_ACCESS_KEY"]),
        };
        let keys = first(&["YOMITORI_S3_ACCESS_KEY", "AWS_ACCESS_KEY_ID"]).zip(secret);
        let (access_key, secret_key) = keys.ok_or_else(|| PagesError::Settings(NO_KEYS.to_owned()))?;
        let ca = first(&["YOMITORI_S3_CA", "AWS_CA_BUNDLE"]);
        let access = Self {
            endpoint: first(&["YOMITORI_S3_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]),
            region: first(&["YOMITORI_S3_REGION", "AWS_REGION", "AWS_DEFAULT_REGION"])
                .unwrap_or_else(|| "us-east-1".to_owned()),
            access_key,
            secret_key,
            token: first(&["AWS_SESSION_TOKEN"]),
            ca: ca.map(|path| read(Path::new(&path))).transpose()?,
        };
        access.check(first(&["YOMITORI_S3_PLAIN_HTTP"]).is_some_and(|value| value == "1"))?;
        Ok(access)
    }

    /// Whether the way to the server is not encrypted.
    pub(super) fn plain_http(&self) -> bool {
        self.endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://"))
    }

    /// Pictures of slips do not go over a network in the clear, unless somebody knows why.
    fn check(&self, allowed: bool) -> Result<(), PagesError> {
        let Some(endpoint) = &self.endpoint else {
            return Ok(());
        };
        let wrong =
            |words: &str| Err(PagesError::Settings(format!("the page store's server {endpoint} {words}")));
        let Some((scheme, rest)) = endpoint.split_once("://") else {
            return wrong("is no address: use https://host or https://host:port");
        };
        let authority = rest.split('/').next().unwrap_or("");
        if authority.contains('@') {
            return Err(PagesError::Settings("keys do not belong into YOMITORI_S3_ENDPOINT".to_owned()));
        }
        let host = match authority.strip_prefix('[') {
            Some(six) => six.split(']').next().unwrap_or(""),
            None => authority.split(':').next().unwrap_or(""),
        };
        let here = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        match scheme {
            "https" => Ok(()),
            "http" if here || allowed => Ok(()),
            "http" => wrong(
                "would get pictures in the clear: use https:// (YOMITORI_S3_CA names a CA of your own), or allow it \
                 with YOMITORI_S3_PLAIN_HTTP=1",
            ),
            _ => wrong("is no address: use https://host or https://host:port"),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, PagesError> {
    std::fs::read(path).map_err(|source| PagesError::Io { doing: "read", path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(settings: &[(&str, &str)]) -> Result<Access, String> {
        let keys = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "open sesame")];
        let all: Vec<(&str, &str)> = settings.iter().chain(&keys).copied().collect();
        let variable =
            |name: &str| all.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Access::from(variable).map_err(|error| error.to_string())
    }

    #[test]
    fn the_environment_says_where_and_with_which_keys() {
        let plain = access(&[]).unwrap();
        assert_eq!((plain.endpoint, plain.region.as_str()), (None, "us-east-1"));
        let own = access(&[
            ("AWS_ENDPOINT_URL", "https://elsewhere.example"),
            ("YOMITORI_S3_ENDPOINT", "https://pages.city.example:9000"),
            ("YOMITORI_S3_ACCESS_KEY", "pages"),
            ("AWS_REGION", "ap-northeast-1"),
        ])
        .unwrap();
        assert_eq!(own.endpoint.as_deref(), Some("https://pages.city.example:9000"));
        assert_eq!((own.access_key.as_str(), own.region.as_str()), ("pages", "ap-northeast-1"));
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secret");
        std::fs::write(&file, "from a file\n").unwrap();
        let read = access(&[("YOMITORI_S3_SECRET_KEY_FILE", file.to_str().unwrap())]).unwrap();
        assert_eq!(read.secret_key, "from a file");
        let missing = Access::from(|_| None).err().unwrap().to_string();
        assert!(missing.contains("AWS_ACCESS_KEY_ID"), "{missing}");
    }

    #[test]
    fn pictures_do_not_leave_this_machine_in_the_clear() {
        for here in
            ["http://localhost:9000", "http://127.0.0.1:9000", "http://[::1]:9000", "https://any.example"]
        {
            access(&[("YOMITORI_S3_ENDPOINT", here)]).unwrap();
        }
        let open = ("YOMITORI_S3_ENDPOINT", "http://localhost.example:9000");
        let refused = access(&[open]).err().unwrap();
        assert!(refused.contains("in the clear") && !refused.contains("sesame"), "{refused}");
        access(&[open, ("YOMITORI_S3_PLAIN_HTTP", "1")]).unwrap();
        for wrong in ["pages.example", "ftp://pages.example", "https://id:open sesame@pages.example"] {
            let refused = access(&[("YOMITORI_S3_ENDPOINT", wrong)]).err().unwrap();
            assert!(!refused.contains("sesame"), "{refused}");
        }
    }
}
