//! Signatures of requests: with which key, and how they are written.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::definition::compiled::SignatureSpec;
use crate::definition::model::{SecretForm, SignatureEncoding};
use crate::domain::signature::{hex, hmac_sha256};

/// The signature of a text, as it is written. With `wrong`, one that does not fit.
///
/// # Errors
/// When the secret is not of the form that the scheme has.
pub(super) fn sign(
    spec: &SignatureSpec,
    secret: &str,
    signed: &[u8],
    wrong: bool,
) -> Result<String, String> {
    let key = key(spec, secret)?;
    let mut bytes = hmac_sha256(&key, &[signed]);
    if wrong {
        bytes[0] = !bytes[0];
    }
    Ok(match spec.encoding {
        SignatureEncoding::Base64 => STANDARD.encode(bytes),
        SignatureEncoding::Hex => hex(&bytes),
    })
}

fn key(spec: &SignatureSpec, secret: &str) -> Result<Vec<u8>, String> {
    let secret = secret.strip_prefix(&spec.secret_prefix).unwrap_or(secret);
    match spec.secret {
        SecretForm::Text => Ok(secret.as_bytes().to_vec()),
        SecretForm::Base64 => STANDARD
            .decode(secret)
            .map_err(|_| "the endpoint's secret is not base64, as its profile wants it".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;
    use crate::render::{Escape, Template};

    fn spec(encoding: SignatureEncoding, secret: SecretForm, prefix: &str) -> SignatureSpec {
        let nothing = || Template::compile("", Escape::None).expect("a template");
        SignatureSpec {
            header: HeaderName::from_static("x-signature"),
            signed: nothing(),
            value: nothing(),
            encoding,
            secret,
            secret_prefix: prefix.to_owned(),
        }
    }

    #[test]
    fn test_vectors_hold() {
        let (base64, hex) = (SignatureEncoding::Base64, SignatureEncoding::Hex);
        for (encoding, form, prefix, secret, signed, expected) in [
            // RFC 4231, test case 2.
            (
                hex,
                SecretForm::Text,
                "",
                "Jefe",
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            // GitHub's own, in «Validating webhook deliveries».
            (
                hex,
                SecretForm::Text,
                "",
                "It's a Secret to Everybody",
                "Hello, World!",
                "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
            ),
            // The vector of the Standard Webhooks libraries; OpenSSL gives the same.
            (
                base64,
                SecretForm::Base64,
                "whsec_",
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}",
                "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
        ] {
            let spec = spec(encoding, form, prefix);
            let signature = sign(&spec, secret, signed.as_bytes(), false);
            assert_eq!(signature.as_deref(), Ok(expected));
            assert_ne!(
                sign(&spec, secret, signed.as_bytes(), true).as_deref(),
                Ok(expected)
            );
        }
    }

    #[test]
    fn a_secret_of_another_form_is_said() {
        let spec = spec(SignatureEncoding::Hex, SecretForm::Base64, "whsec_");
        assert!(sign(&spec, "whsec_no base64!", b"", false).is_err());
        assert!(sign(&spec, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b"", false).is_ok());
    }
}
