//! A naive ledger to compare with: minor units in integers, and every answer
//! found by reading all that ever happened. It shares no code with the real
//! one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The accounts of a random run: name, minor units, whether it is a wallet.
pub(super) const ACCOUNTS: [(&str, u32, bool); 5] = [
    ("A", 2, true),
    ("B", 2, true),
    ("World", 2, false),
    ("A:JPY", 0, true),
    ("World:JPY", 0, false),
];

/// Caps in minor units: per transaction, daily, monthly.
pub(super) type Caps = [Option<i64>; 3];

/// One thing that a caller may ask for. Accounts and holds are indices, amounts
/// are minor units of the account that pays.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Open(usize),
    Limits(usize, Caps),
    Transfer(usize, usize, i64, bool),
    Hold(usize, usize, usize, i64, bool),
    Post(usize, Option<i64>),
    Void(usize, bool),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Pending,
    Posted(i64),
    Voided,
    Expired,
}

/// A transfer, or a hold and what became of it.
#[derive(Clone, Debug)]
struct Deed {
    debit: usize,
    credit: usize,
    amount: i64,
    day: Date,
    spends: bool,
    fate: Fate,
}

impl Deed {
    /// What counts as spent: all while pending, then what was posted.
    fn counted(&self) -> i64 {
        match self.fate {
            Fate::Pending => self.amount,
            Fate::Posted(amount) => amount,
            Fate::Voided | Fate::Expired => 0,
        }
    }
}

/// Everything that happened.
#[derive(Debug, Default)]
pub(super) struct Model {
    caps: BTreeMap<usize, Caps>,
    deeds: Vec<Deed>,
    holds: BTreeMap<usize, usize>,
}

impl Model {
    /// Does what is asked, or says the word of the refusal.
    pub(super) fn perform(&mut self, op: &Op, at: Timestamp) -> Result<(), &'static str> {
        match *op {
            Op::Open(account) => {
                if self.caps.contains_key(&account) {
                    return Err("account_exists");
                }
                self.caps.insert(account, [None; 3]);
            }
            Op::Limits(account, caps) => {
                let kept = self.caps.get_mut(&account).ok_or("unknown_account")?;
                if caps.iter().flatten().any(|cap| *cap < 0) {
                    return Err("negative_limit");
                }
                *kept = caps;
            }
            Op::Transfer(debit, credit, amount, spends) => {
                let deed = self.deed(debit, credit, amount, at, spends)?;
                let fate = Fate::Posted(amount);
                self.deeds.push(Deed { fate, ..deed });
            }
            Op::Hold(hold, debit, credit, amount, spends) => {
                if self.holds.contains_key(&hold) {
                    return Err("hold_exists");
                }
                let deed = self.deed(debit, credit, amount, at, spends)?;
                self.holds.insert(hold, self.deeds.len());
                self.deeds.push(deed);
            }
            Op::Post(hold, amount) => {
                let deed = self.pending(hold)?;
                let amount = amount.unwrap_or(deed.amount);
                if amount <= 0 {
                    return Err("not_positive");
                }
                if amount > deed.amount {
                    return Err("exceeds_hold");
                }
                deed.fate = Fate::Posted(amount);
            }
            Op::Void(hold, expired) => {
                let fate = if expired { Fate::Expired } else { Fate::Voided };
                self.pending(hold)?.fate = fate;
            }
        }
        Ok(())
    }

    fn pending(&mut self, hold: usize) -> Result<&mut Deed, &'static str> {
        let index = *self.holds.get(&hold).ok_or("hold_not_found")?;
        let deed = &mut self.deeds[index];
        match deed.fate {
            Fate::Pending => Ok(deed),
            Fate::Posted(_) => Err("hold_already_posted"),
            Fate::Voided => Err("hold_already_voided"),
            Fate::Expired => Err("hold_expired"),
        }
    }

    fn deed(
        &self,
        debit: usize,
        credit: usize,
        amount: i64,
        at: Timestamp,
        spends: bool,
    ) -> Result<Deed, &'static str> {
        if debit == credit {
            return Err("same_account");
        }
        let caps = self.caps.get(&debit).ok_or("unknown_account")?;
        self.caps.get(&credit).ok_or("unknown_account")?;
        if ACCOUNTS[debit].1 != ACCOUNTS[credit].1 {
            return Err("currency_mismatch");
        }
        if amount <= 0 {
            return Err("not_positive");
        }
        let day = TimeZone::UTC.to_datetime(at).date();
        if spends {
            let over = |cap: Option<i64>, spent: i64| cap.is_some_and(|cap| spent + amount > cap);
            if over(caps[0], 0) {
                return Err("over_transaction_limit");
            }
            if over(caps[1], self.spent(debit, |d| d == day)) {
                return Err("over_daily_limit");
            }
            if over(
                caps[2],
                self.spent(debit, |d| d.first_of_month() == day.first_of_month()),
            ) {
                return Err("over_monthly_limit");
            }
        }
        if ACCOUNTS[debit].2 && amount > self.available(debit) {
            return Err("insufficient_funds");
        }
        Ok(Deed {
            debit,
            credit,
            amount,
            day,
            spends,
            fate: Fate::Pending,
        })
    }

    /// What an account has spent in the days that `within` accepts.
    pub(super) fn spent(&self, account: usize, within: impl Fn(Date) -> bool) -> i64 {
        let spending = self.deeds.iter().filter(|deed| deed.spends);
        let within = spending.filter(|deed| deed.debit == account && within(deed.day));
        within.map(Deed::counted).sum()
    }

    /// What has reached an account less what has left it.
    pub(super) fn balance(&self, account: usize) -> i64 {
        let posted = |deed: &Deed| match deed.fate {
            Fate::Posted(amount) => amount,
            _ => 0,
        };
        let sign =
            |deed: &Deed| i64::from(deed.credit == account) - i64::from(deed.debit == account);
        self.deeds.iter().map(|d| sign(d) * posted(d)).sum()
    }

    /// The balance less what is reserved.
    pub(super) fn available(&self, account: usize) -> i64 {
        let reserved = self.deeds.iter();
        let reserved = reserved.filter(|d| d.debit == account && d.fate == Fate::Pending);
        self.balance(account) - reserved.map(|d| d.amount).sum::<i64>()
    }

    /// The accounts that are open.
    pub(super) fn open(&self) -> impl Iterator<Item = usize> {
        self.caps.keys().copied()
    }
}
