//! TLS towards other servers: whom it trusts.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_rustls::TlsConnector;

/// Whose certificates are believed.
#[derive(Clone, Debug)]
pub struct Trust {
    roots: Arc<RootCertStore>,
    anyone: bool,
}

impl Default for Trust {
    /// The authorities that Mozilla trusts, which come along: an image from scratch has no others.
    fn default() -> Self {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned();
        Self {
            roots: Arc::new(roots.collect()),
            anyone: false,
        }
    }
}

impl Trust {
    /// Also trusts the authorities whose certificates are in a PEM file.
    ///
    /// # Errors
    /// When the file cannot be read, or holds something else.
    pub fn and(mut self, file: &Path) -> io::Result<Self> {
        let wrong = |error: String| {
            let message = format!("{} holds no certificates: {error}", file.display());
            io::Error::new(io::ErrorKind::InvalidData, message)
        };
        let pem = std::fs::read(file).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", file.display()))
        })?;
        let roots = Arc::make_mut(&mut self.roots);
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| wrong(error.to_string()))?;
        }
        match roots.len() > before {
            true => Ok(self),
            false => Err(wrong("there is none in it".into())),
        }
    }

    /// Trusts whoever answers, as WireMock does where it proxies.
    #[must_use]
    pub fn anyone(mut self) -> Self {
        self.anyone = true;
        self
    }

    /// What makes connections secure.
    pub(super) fn connector(&self) -> TlsConnector {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .expect("ring has the ciphers of TLS 1.2 and 1.3");
        let config = match self.anyone {
            false => builder.with_root_certificates(self.roots.clone()),
            true => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Anyone(provider))),
        };
        TlsConnector::from(Arc::new(config.with_no_client_auth()))
    }
}

/// Believes every certificate, but not a signature that its key did not make.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
