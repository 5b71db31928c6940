//! Accounts: what identifies one, what it holds, how much it may spend, and how
//! much it has spent in each window.

use std::fmt;
use std::sync::Arc;

use imbl::{OrdMap, Vector};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Which account: a name within a pack, in one currency. Ordered by pack, name
/// and currency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AccountId {
    /// The pack whose API the account belongs to.
    pub pack: Arc<str>,
    /// The owner's name within the pack.
    pub name: Arc<str>,
    /// The currency's code.
    pub currency: Arc<str>,
}

impl AccountId {
    /// The id of these three parts.
    pub fn new(
        pack: impl Into<Arc<str>>,
        name: impl Into<Arc<str>>,
        currency: impl Into<Arc<str>>,
    ) -> AccountId {
        AccountId {
            pack: pack.into(),
            name: name.into(),
            currency: currency.into(),
        }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.pack, self.name, self.currency)
    }
}

/// What an account stands for, which decides whether it may go below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AccountKind {
    /// Money that somebody owns: never below zero.
    Wallet,
    /// The world outside, where money comes from and goes to: may go negative.
    External,
}

/// One of the caps that an account can have on its spending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LimitKind {
    /// The most that one transfer or hold may take.
    PerTransaction,
    /// The most that may be spent in one UTC day.
    Daily,
    /// The most that may be spent in one UTC month.
    Monthly,
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LimitKind::PerTransaction => "per-transaction",
            LimitKind::Daily => "daily",
            LimitKind::Monthly => "monthly",
        })
    }
}

/// The caps on what an account may spend, in major units; `None` is no cap, and
/// zero allows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Limits {
    /// The most that one transfer or hold may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_transaction: Option<Decimal>,
    /// The most that may be spent in one UTC day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily: Option<Decimal>,
    /// The most that may be spent in one UTC month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly: Option<Decimal>,
}

impl Limits {
    /// The caps that are set, narrowest window first: the order in which they
    /// are checked.
    pub fn set(&self) -> impl Iterator<Item = (LimitKind, Decimal)> {
        [
            (LimitKind::PerTransaction, self.per_transaction),
            (LimitKind::Daily, self.daily),
            (LimitKind::Monthly, self.monthly),
        ]
        .into_iter()
        .filter_map(|(limit, cap)| cap.map(|cap| (limit, cap)))
    }
}

/// The UTC day and month in which something is spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendWindows {
    /// The day, such as `2026-01-31`.
    pub day: Arc<str>,
    /// The month, such as `2026-01`.
    pub month: Arc<str>,
}

impl SpendWindows {
    /// The windows that an instant falls into.
    pub fn at(instant: Timestamp) -> SpendWindows {
        let date = TimeZone::UTC.to_datetime(instant).date();
        let day = date.to_string();
        let month = day
            .rsplit_once('-')
            .map_or(day.as_str(), |(month, _)| month);
        SpendWindows {
            month: Arc::from(month),
            day: Arc::from(day),
        }
    }
}

/// An account's four totals, its limits and its history. Totals only ever sum
/// what journal entries say; all amounts are in major units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The currency's code.
    pub currency: Arc<str>,
    /// Decimals of the currency's smallest unit.
    pub minor_units: u32,
    /// Whether the account may go below zero.
    pub kind: AccountKind,
    /// What holds have reserved and not yet taken.
    pub debits_pending: Decimal,
    /// What has left the account, ever.
    pub debits_posted: Decimal,
    /// What holds have reserved for the account and not yet paid.
    pub credits_pending: Decimal,
    /// What has reached the account, ever.
    pub credits_posted: Decimal,
    /// The caps on spending.
    pub limits: Limits,
    /// What has been spent in each UTC day (`2026-01-31`) and month
    /// (`2026-01`). A window in which nothing remains spent is absent.
    pub spent: OrdMap<Arc<str>, Decimal>,
    /// The numbers of the journal entries that touch the account, oldest first. They
    /// may be many, so an image has them beside the account.
    #[serde(skip)]
    pub entries: Vector<u64>,
    /// When the account was opened.
    pub opened_at: Timestamp,
}

impl Account {
    /// What has reached the account less what has left it.
    pub fn balance(&self) -> Decimal {
        self.credits_posted.saturating_sub(self.debits_posted)
    }

    /// What may be taken now: the balance less what holds have reserved.
    pub fn available(&self) -> Decimal {
        self.balance().saturating_sub(self.debits_pending)
    }

    /// What has been spent on a UTC day such as `2026-01-31`.
    pub fn spent_on(&self, day: &str) -> Decimal {
        self.spent.get(day).copied().unwrap_or_default()
    }

    /// What has been spent in a UTC month such as `2026-01`.
    pub fn spent_in(&self, month: &str) -> Decimal {
        self.spent.get(month).copied().unwrap_or_default()
    }

    /// Counts `amount` as spent in these windows; a negative amount gives
    /// spending back.
    pub(super) fn count_spending(&mut self, windows: &SpendWindows, amount: Decimal) {
        for window in [&windows.day, &windows.month] {
            let spent = self.spent_on(window).saturating_add(amount);
            if spent.is_zero() {
                self.spent.remove(window);
            } else {
                self.spent.insert(Arc::clone(window), spent);
            }
        }
    }
}
