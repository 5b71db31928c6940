//! Money as text and as exact decimals: currencies with their minor units, the
//! reading of amounts that a client sent, and their spelling in replies.
//!
//! Money is never a binary float and never compared as text. An amount is read
//! from its digits, refused when it cannot be held exactly, and written with
//! exactly the decimals of its currency.

use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The largest amount that one request may name, in major units: 10^15.
pub const AMOUNT_MAX: Decimal = Decimal::from_parts(0xA4C6_8000, 0x0003_8D7E, 0, false, 0);

/// The most decimals that a currency may have. With nine, a sum of totals of
/// 10^18 each still fits the 28 digits in which [`Decimal`] is exact.
pub const MINOR_UNITS_MAX: u32 = 9;

/// The digits before the point that [`AMOUNT_MAX`] has.
const INTEGER_DIGITS_MAX: usize = 16;

/// A currency: its code, and how many decimals its amounts have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Currency {
    /// The code, such as `USD`; packs may define codes of their own.
    pub code: Arc<str>,
    /// Decimals of the smallest unit: 2 for USD, 0 for JPY, 3 for KWD.
    pub minor_units: u32,
}

impl Currency {
    /// The currency of an ISO 4217 code in capitals, or `None` for a code that
    /// the standard does not list.
    pub fn iso(code: &str) -> Option<Currency> {
        let minor_units = ISO_4217
            .iter()
            .find(|(_, codes)| codes.contains(&code))
            .map(|(minor_units, _)| *minor_units)?;
        Some(Currency {
            code: Arc::from(code),
            minor_units,
        })
    }
}

/// The codes of ISO 4217 that money circulates in, by their minor units.
const ISO_4217: [(u32, &[&str]); 4] = [
    (
        2,
        &[
            "USD", "EUR", "GBP", "CHF", "CAD", "AUD", "NZD", "CNY", "HKD", "SGD", "INR", "BRL",
            "MXN", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "TRY", "ZAR", "ILS", "AED",
            "SAR", "THB", "IDR", "MYR", "PHP", "TWD", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS",
            "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BMD", "BND", "BOB", "BSD", "BTN", "BWP",
            "BYN", "BZD", "CDF", "COP", "CRC", "CUP", "CVE", "DOP", "DZD", "EGP", "ERN", "ETB",
            "FJD", "FKP", "GEL", "GHS", "GIP", "GMD", "GTQ", "GYD", "HNL", "HTG", "IRR", "JMD",
            "KES", "KGS", "KHR", "KPW", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "MAD",
            "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MZN", "NAD",
            "NGN", "NIO", "NPR", "PAB", "PEN", "PGK", "PKR", "QAR", "RSD", "RUB", "SBD", "SCR",
            "SDG", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "TJS", "TMT",
            "TOP", "TTD", "TZS", "UAH", "UYU", "UZS", "VED", "VES", "WST", "XCD", "XCG", "YER",
            "ZMW", "ZWG",
        ],
    ),
    (
        0,
        &[
            "JPY", "KRW", "VND", "CLP", "ISK", "BIF", "DJF", "GNF", "KMF", "PYG", "RWF", "UGX",
            "UYI", "VUV", "XAF", "XOF", "XPF",
        ],
    ),
    (3, &["KWD", "BHD", "TND", "OMR", "JOD", "IQD", "LYD"]),
    (4, &["CLF", "UYW"]),
];

/// Why a text is not an amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AmountError {
    /// The text is not plain digits with an optional fraction.
    NotANumber,
    /// The text is a number below zero.
    Negative,
    /// The amount is zero where only more than zero makes sense.
    Zero,
    /// The fraction is longer than the currency allows.
    TooPrecise {
        /// How many decimals the currency has.
        minor_units: u32,
    },
    /// The amount is above [`AMOUNT_MAX`].
    TooLarge {
        /// The largest amount that is accepted.
        max: Decimal,
    },
}

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AmountError::NotANumber => f.write_str(
                "the amount must be plain digits with an optional fraction, such as 10 or 10.50",
            ),
            AmountError::Negative => f.write_str("the amount must not be below zero"),
            AmountError::Zero => f.write_str("the amount must be more than zero"),
            AmountError::TooPrecise { minor_units: 0 } => {
                f.write_str("the amount must have no decimals in this currency")
            }
            AmountError::TooPrecise { minor_units } => write!(
                f,
                "the amount must have at most {minor_units} decimals in this currency"
            ),
            AmountError::TooLarge { max } => write!(f, "the amount must be at most {max}"),
        }
    }
}

impl std::error::Error for AmountError {}

/// Reads an amount of `currency`, in major units: more than zero and at most
/// [`AMOUNT_MAX`].
///
/// Accepted are ASCII digits with an optional fraction of at most the
/// currency's minor units (`10`, `10.5`, `10.50`). A sign, an exponent, spaces
/// and separators are refused, as are `.5` and `5.`: what a strict API refuses,
/// an agent should meet here first. The result has exactly the currency's
/// decimals, so that equal amounts are spelled equally.
pub fn parse_amount(text: &str, currency: &Currency) -> Result<Decimal, AmountError> {
    let amount = parse_balance(text, currency)?;
    if amount.is_zero() {
        return Err(AmountError::Zero);
    }
    Ok(amount)
}

/// Reads an amount as [`parse_amount`] does, but allows zero: what an account
/// may hold.
pub fn parse_balance(text: &str, currency: &Currency) -> Result<Decimal, AmountError> {
    let (integer, fraction) = match text.strip_prefix('-') {
        Some(rest) if split_number(rest).is_some() => return Err(AmountError::Negative),
        _ => split_number(text).ok_or(AmountError::NotANumber)?,
    };
    let minor_units = currency.minor_units.min(MINOR_UNITS_MAX);
    if fraction.len() > minor_units as usize {
        return Err(AmountError::TooPrecise { minor_units });
    }
    let too_large = AmountError::TooLarge { max: AMOUNT_MAX };
    if integer.trim_start_matches('0').len() > INTEGER_DIGITS_MAX {
        return Err(too_large);
    }
    let mantissa = integer
        .bytes()
        .chain(fraction.bytes())
        .chain(std::iter::repeat_n(
            b'0',
            minor_units as usize - fraction.len(),
        ))
        .fold(0i128, |sum, digit| sum * 10 + i128::from(digit - b'0'));
    match Decimal::try_from_i128_with_scale(mantissa, minor_units) {
        Ok(amount) if amount <= AMOUNT_MAX => Ok(amount),
        _ => Err(too_large),
    }
}

/// The digits before and after the point, or `None` unless the text is digits
/// with an optional fraction.
fn split_number(text: &str) -> Option<(&str, &str)> {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match text.split_once('.') {
        Some((integer, fraction)) => {
            (is_digits(integer) && is_digits(fraction)).then_some((integer, fraction))
        }
        None => is_digits(text).then_some((text, "")),
    }
}

/// Spells an amount with `minor_units` decimals: ten dollars are `10.00`.
///
/// The text is exact. Missing decimals are filled with zeros, and an amount
/// that is finer than its currency (which no ledger holds) keeps its digits
/// rather than being rounded.
pub fn format_amount(amount: Decimal, minor_units: u32) -> String {
    let amount = amount.normalize();
    let mut text = amount.to_string();
    let missing = minor_units
        .min(Decimal::MAX_SCALE)
        .saturating_sub(amount.scale());
    if missing > 0 {
        if amount.scale() == 0 {
            text.push('.');
        }
        text.extend(std::iter::repeat_n('0', missing as usize));
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::iso(code).expect("a code of the table")
    }

    #[track_caller]
    fn check(code: &str, text: &str, expected: Result<&str, AmountError>) {
        let currency = currency(code);
        let parsed =
            parse_amount(text, &currency).map(|amount| format_amount(amount, currency.minor_units));
        assert_eq!(parsed, expected.map(str::to_string), "{code} {text:?}");
    }

    #[test]
    fn reads_plain_amounts() {
        check("USD", "10", Ok("10.00"));
        check("USD", "10.5", Ok("10.50"));
        check("USD", "0.01", Ok("0.01"));
        check("USD", "007.10", Ok("7.10"));
        check("JPY", "1500", Ok("1500"));
        check("KWD", "1.125", Ok("1.125"));
        check("CLF", "1.1234", Ok("1.1234"));
        check("USD", "1000000000000000", Ok("1000000000000000.00"));
        check("USD", &format!("{}5", "0".repeat(100)), Ok("5.00"));
    }

    #[test]
    fn refuses_what_is_not_plain_digits() {
        for text in [
            "", ".", "5.", ".5", "+5", "1e3", "1E3", "NaN", "inf", " 5", "5 ", "1,000", "1_000",
            "1.2.3", "--5", "-", "-x", "0x10", "٣", "１０", "1.٣", "5\n", "$5", "5.-1",
        ] {
            check("USD", text, Err(AmountError::NotANumber));
        }
    }

    #[test]
    fn refuses_amounts_out_of_range() {
        let too_large = AmountError::TooLarge { max: AMOUNT_MAX };
        check("USD", "-5", Err(AmountError::Negative));
        check("USD", "-0.00", Err(AmountError::Negative));
        check("USD", "0", Err(AmountError::Zero));
        check("USD", "0.00", Err(AmountError::Zero));
        check("USD", "1000000000000000.01", Err(too_large.clone()));
        check("USD", "9999999999999999", Err(too_large.clone()));
        check("USD", &"9".repeat(500), Err(too_large));
    }

    #[test]
    fn refuses_more_decimals_than_the_currency_has() {
        let too_precise = |minor_units| Err(AmountError::TooPrecise { minor_units });
        check("USD", "10.000", too_precise(2));
        check("USD", "0.001", too_precise(2));
        check("JPY", "10.0", too_precise(0));
        check("KWD", "1.0001", too_precise(3));
        let fine = Currency {
            code: Arc::from("FINE"),
            minor_units: u32::MAX,
        };
        let refusal = AmountError::TooPrecise {
            minor_units: MINOR_UNITS_MAX,
        };
        assert_eq!(parse_amount("0.0000000001", &fine), Err(refusal));
    }

    #[test]
    fn a_balance_may_be_zero() {
        assert_eq!(parse_balance("0.00", &currency("USD")), Ok(Decimal::ZERO));
        assert_eq!(
            parse_balance("-1", &currency("USD")),
            Err(AmountError::Negative)
        );
    }

    #[test]
    fn minor_units_follow_iso_4217() {
        for (code, minor_units) in [("JPY", 0), ("KRW", 0), ("USD", 2), ("EUR", 2), ("KWD", 3)] {
            assert_eq!(currency(code).minor_units, minor_units, "{code}");
        }
        for unknown in ["usd", "US", "", "XXXX", "BTC"] {
            assert_eq!(Currency::iso(unknown), None, "{unknown:?}");
        }
        let mut codes: Vec<&str> = ISO_4217
            .iter()
            .flat_map(|(_, codes)| *codes)
            .copied()
            .collect();
        let listed = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), listed, "a code is listed twice");
    }

    #[test]
    fn formats_exactly() {
        let check = |amount: &str, minor_units, expected: &str| {
            let amount = Decimal::from_str_exact(amount).expect("a decimal");
            assert_eq!(format_amount(amount, minor_units), expected);
        };
        check("10", 2, "10.00");
        check("10.000", 2, "10.00");
        check("0", 2, "0.00");
        check("-0.50", 2, "-0.50");
        check("-7", 0, "-7");
        check("100", 0, "100");
        check("0.001", 2, "0.001");
        check("1", 3, "1.000");
        check(
            "79228162514264337593543950335",
            2,
            "79228162514264337593543950335.00",
        );
        assert_eq!(format_amount(Decimal::ONE, u32::MAX).len(), 30);
        assert_eq!(format_amount(-Decimal::ZERO, 2), "0.00");
    }

    #[test]
    fn the_bound_is_ten_to_the_fifteenth() {
        assert_eq!(AMOUNT_MAX.to_string(), "1000000000000000");
    }

    proptest! {
        #[test]
        fn reads_back_what_it_writes(units in 1i64..=100_000_000_000_000_000, minor_units in 0u32..=4) {
            let currency = Currency { code: Arc::from("ANY"), minor_units };
            let amount = Decimal::new(units, minor_units);
            let parsed = parse_amount(&format_amount(amount, minor_units), &currency);
            if amount > AMOUNT_MAX {
                prop_assert_eq!(parsed, Err(AmountError::TooLarge { max: AMOUNT_MAX }));
            } else {
                prop_assert_eq!(parsed, Ok(amount));
            }
        }

        #[test]
        fn never_panics(text in "[-+0-9.eE, x٣]{0,40}", minor_units in any::<u32>()) {
            let currency = Currency { code: Arc::from("ANY"), minor_units };
            let _ = parse_amount(&text, &currency);
        }
    }
}
