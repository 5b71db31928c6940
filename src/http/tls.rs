//! TLS towards callers: a certificate and its key from two PEM files, which may be replaced while the
//! server runs.
//!
//! Whoever rotates certificates writes two files, one after the other. A pair that does not fit is
//! never shown: the one before stays until both have come.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, ServerConfig};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How often the files are looked at.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(1);

/// How long a handshake may take.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// Makes connections secure.
pub struct Tls {
    acceptor: TlsAcceptor,
    shown: Arc<Shown>,
}

/// The certificate that is shown, and where it comes from.
#[derive(Debug)]
struct Shown {
    files: Files,
    pair: ArcSwap<CertifiedKey>,
}

#[derive(Clone, Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What tells that a file was replaced or written: when, how long it is, and which one it is.
type Print = Option<(i64, i64, u64, u64)>;

impl Tls {
    /// TLS 1.2 and 1.3 with the certificate, and those that lead to its authority, in one PEM file and
    /// the key in another.
    ///
    /// # Errors
    /// When one of them cannot be read, or they do not fit: the message names the file.
    pub fn load(certificate: &Path, key: &Path) -> io::Result<Self> {
        let files = Files {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        };
        let pair = files
            .load()
            .map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))?;
        let shown = Arc::new(Shown {
            files,
            pair: ArcSwap::from_pointee(pair),
        });
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has the ciphers of TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_cert_resolver(shown.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            shown,
        })
    }

    /// Shakes hands.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        match timeout(HANDSHAKE_TIME, self.acceptor.accept(stream)).await {
            Ok(accepted) => accepted,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    /// Shows what is written into the files from now on, for as long as anybody has this.
    pub(super) fn keep_fresh(&self) {
        let seen = self.shown.files.print();
        tokio::spawn(keep_fresh(Arc::downgrade(&self.shown), seen));
    }
}

async fn keep_fresh(shown: Weak<Shown>, mut seen: (Print, Print)) {
    loop {
        sleep(LOOKED_AT_EVERY).await;
        let Some(shown) = shown.upgrade() else {
            return;
        };
        // A folder on another machine may let the answer wait.
        let looked = tokio::task::spawn_blocking(move || {
            let print = shown.files.print();
            if print != seen {
                shown.refresh();
            }
            print
        });
        match looked.await {
            Ok(print) => seen = print,
            Err(_) => return,
        }
    }
}

impl Shown {
    fn refresh(&self) {
        match self.files.load() {
            Ok(pair) => {
                self.pair.store(Arc::new(pair));
                let file = self.files.certificate.display();
                tracing::info!(%file, "shows the new certificate");
            }
            Err(why) => tracing::warn!(%why, "the certificate from before is still shown"),
        }
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.pair.load_full())
    }
}

impl Files {
    fn print(&self) -> (Print, Print) {
        let print = |path| fs::metadata(path).ok().as_ref().map(print_of);
        (print(&self.certificate), print(&self.key))
    }

    /// The pair that is in the files now.
    fn load(&self) -> Result<CertifiedKey, String> {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        let pem = read(&self.certificate)?;
        let chain = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| format!("{certificate} is no PEM file: {error}"))?;
        if chain.is_empty() {
            let hint = match holds(&pem, "PRIVATE KEY") {
                true => ", but a key: are the two files swapped?",
                false => "",
            };
            return Err(format!("{certificate} holds no certificate{hint}"));
        }
        let pem = read(&self.key)?;
        let private = PrivateKeyDer::from_pem_slice(&pem).map_err(|error| match error {
            pem::Error::NoItemsFound if holds(&pem, "ENCRYPTED PRIVATE KEY") => {
                format!("the key in {key} is encrypted: only one without a pass phrase can be used")
            }
            pem::Error::NoItemsFound => format!("{key} holds no private key"),
            error => format!("{key} is no PEM file: {error}"),
        })?;
        let signing = ring::default_provider()
            .key_provider
            .load_private_key(private)
            .map_err(|error| format!("the key in {key} cannot be used: {error}"))?;
        let pair = CertifiedKey::new(chain, signing);
        match pair.keys_match() {
            Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(pair),
            Err(rustls::Error::InconsistentKeys(_)) => Err(format!(
                "the key in {key} is not that of the first certificate in {certificate}"
            )),
            Err(error) => Err(format!(
                "the certificate in {certificate} cannot be used: {error}"
            )),
        }
    }
}

fn print_of(metadata: &Metadata) -> (i64, i64, u64, u64) {
    let (seconds, nanos) = (metadata.mtime(), metadata.mtime_nsec());
    (seconds, nanos, metadata.size(), metadata.ino())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

fn holds(pem: &[u8], label: &str) -> bool {
    String::from_utf8_lossy(pem).contains(&format!("{label}-----"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a pair");
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    /// What is said of a pair of files with these texts.
    fn said(certificate: Option<&str>, key: Option<&str>) -> String {
        let folder = std::env::temp_dir().join(format!("sparring-tls-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let file = |name: &str, text: Option<&str>| {
            let path = folder.join(name);
            let _ = fs::remove_file(&path);
            if let Some(text) = text {
                fs::write(&path, text).expect("a file");
            }
            path
        };
        let found = Tls::load(&file("c.pem", certificate), &file("k.pem", key));
        let folder = folder.display().to_string();
        found.map_or_else(
            |error| error.to_string().replace(&folder, ""),
            |_| "ok".into(),
        )
    }

    #[test]
    fn what_is_wrong_with_a_pair_is_said_of_the_file() {
        let (certificate, key) = pair();
        let (other, _) = pair();
        let check = |certificate: Option<&str>, key: Option<&str>, expected: &str| {
            let said = said(certificate, key);
            assert!(said.contains(expected), "{said}: expected {expected}");
        };
        check(Some(&certificate), Some(&key), "ok");
        // Some put both into one file.
        let both = format!("{key}{certificate}");
        check(Some(&both), Some(&both), "ok");
        check(None, Some(&key), "/c.pem cannot be read: No such file");
        check(
            Some(&certificate),
            None,
            "/k.pem cannot be read: No such file",
        );
        check(Some(""), Some(&key), "/c.pem holds no certificate");
        check(Some(&key), Some(&certificate), "are the two files swapped?");
        check(
            Some(&certificate),
            Some(&certificate),
            "/k.pem holds no private key",
        );
        let encrypted = key.replace("PRIVATE", "ENCRYPTED PRIVATE");
        check(Some(&certificate), Some(&encrypted), "is encrypted");
        check(
            Some(&other),
            Some(&key),
            "the key in /k.pem is not that of the first certificate in /c.pem",
        );
        let cut = &certificate[..certificate.len() / 2];
        check(Some(cut), Some(&key), "/c.pem");
        let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        check(Some(nonsense), Some(&key), "/c.pem cannot be used");
    }
}
