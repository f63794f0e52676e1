//! `/console`: how much was used, of what, and with which outcome; for a newcomer, what comes next.

use std::collections::BTreeMap;

use accounts::Operation;
use accounts::usage::{DayCount, Month};
use askama::Template;
use axum::response::Response;
use biometric::Timestamp;

use crate::chart::{Bar, Chart};
use crate::codes::{Outcome, Tally};
use crate::fault::Fault;
use crate::frame::{Frame, Section};
use crate::reply::page;
use crate::visit::Signed;
use crate::{codes, text};

/// How many days the chart shows.
const DAYS: i64 = 30;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    frame: Frame,
    /// Whether there is something to call the API with.
    has_key: bool,
    month: Month,
    requests: Meter,
    persons: Meter,
    /// In percent; `None` when there was no request.
    answered_percent: Option<u64>,
    total: u64,
    chart: Chart,
    operations: Vec<OperationRow>,
    outcomes: Vec<OutcomeRow>,
    by_key: Vec<KeyRow>,
    plan: String,
    rate: String,
    base: String,
}

/// How much of something is used.
struct Meter {
    used: u64,
    max: Option<u64>,
}

impl Meter {
    /// For the bar: which colour it has.
    fn class(&self) -> &'static str {
        match self.max.map(|max| self.used.saturating_mul(100) / max.max(1)) {
            Some(100..) => "full",
            Some(80..) => "near",
            Some(_) | None => "",
        }
    }

    fn is_full(&self) -> bool {
        self.class() == "full"
    }

    fn is_near(&self) -> bool {
        self.class() == "near"
    }
}

struct OperationRow {
    word: &'static str,
    tally: Tally,
}

struct KeyRow {
    /// For the link to its requests; empty for the back-office, which has no key.
    id: String,
    name: String,
    tally: Tally,
}

struct OutcomeRow {
    code: String,
    meaning: String,
    count: u64,
}

pub(crate) async fn show(signed: Signed) -> Result<Response, Fault> {
    let (organisation, now) = (signed.organisation(), signed.now);
    let today = accounts::usage::day(now);
    let found = signed.console.blocking(move |parts| {
        let counts = parts.usage.days(organisation, today - DAYS + 1, today)?;
        Ok::<_, Fault>((parts.accounts.keys_of(organisation)?, parts.usage.month(organisation, now)?, counts))
    });
    let (keys, month, counts) = found.await??;
    let persons = signed.console.operations.count(&signed.scope()).await?;
    let is_valid = |key: &accounts::Key| key.disabled.is_none() && key.expires.is_none_or(|expires| expires > now);
    let limits = signed.session().organisation.plan.limits;
    let openapi = &signed.console.openapi;
    let with_outcome = |count: DayCount| {
        let outcome = Outcome::of(openapi, &count.code);
        (count, outcome)
    };
    let counts: Vec<Counted> = counts.into_iter().map(with_outcome).collect();
    let whole = tally(&counts, |_| true);
    page(&Page {
        frame: signed.frame("Overview", Section::Overview),
        has_key: keys.iter().any(is_valid),
        month,
        requests: Meter { used: month.used, max: limits.requests_month_max },
        persons: Meter { used: persons, max: limits.persons_max },
        answered_percent: (whole.answers() * 100).checked_div(whole.total()),
        total: whole.total(),
        chart: Chart::of(bars(&counts, today)),
        operations: operations(&counts),
        outcomes: outcomes(&counts, openapi),
        by_key: by_key(&counts, &keys),
        plan: signed.session().organisation.plan.name.clone(),
        rate: limits
            .rate
            .map_or("No limit".to_owned(), |rate| format!("{} a second, {} at once", rate.per_second, rate.burst)),
        base: signed.console.settings().public_url.clone(),
    })
}

/// What was counted, and how it ended.
type Counted = (DayCount, Outcome);

fn tally(counts: &[Counted], is_meant: impl Fn(&DayCount) -> bool) -> Tally {
    let mut tally = Tally::default();
    for (count, outcome) in counts.iter().filter(|(count, _)| is_meant(count)) {
        tally.add(*outcome, count.count);
    }
    tally
}

fn bars(counts: &[Counted], today: i64) -> Vec<Bar> {
    let label = |day: i64| text::short_day(&Timestamp::from_millis(day * DAY_MS));
    let bar = |day| Bar { label: label(day), tally: tally(counts, |count| count.day == day) };
    (today - DAYS + 1..=today).map(bar).collect()
}

fn operations(counts: &[Counted]) -> Vec<OperationRow> {
    let row = |operation: Operation| OperationRow {
        word: operation.word(),
        tally: tally(counts, |count| count.operation == operation),
    };
    Operation::ALL.into_iter().map(row).filter(|row| row.tally.total() > 0).collect()
}

fn by_key(counts: &[Counted], keys: &[accounts::Key]) -> Vec<KeyRow> {
    let mut tallies: BTreeMap<Option<accounts::KeyId>, Tally> = BTreeMap::new();
    for (count, outcome) in counts {
        tallies.entry(count.key).or_default().add(*outcome, count.count);
    }
    let name = |id: Option<accounts::KeyId>| match id {
        None => "The back-office".to_owned(),
        Some(id) => keys.iter().find(|key| key.id == id).map_or_else(|| format!("key {id}"), |key| key.name.clone()),
    };
    let row = |(id, tally): (Option<accounts::KeyId>, Tally)| KeyRow {
        id: id.map_or(String::new(), |id| id.to_string()),
        name: name(id),
        tally,
    };
    let mut rows: Vec<_> = tallies.into_iter().map(row).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.tally.total()));
    rows
}

fn outcomes(counts: &[Counted], openapi: &serde_json::Value) -> Vec<OutcomeRow> {
    let mut by_code: BTreeMap<&str, u64> = BTreeMap::new();
    for (count, _) in counts.iter().filter(|(count, _)| !count.code.is_empty()) {
        *by_code.entry(&count.code).or_default() += count.count;
    }
    let row = |(code, count): (&str, u64)| OutcomeRow {
        code: code.to_owned(),
        meaning: codes::meaning(openapi, code).to_owned(),
        count,
    };
    let mut rows: Vec<_> = by_code.into_iter().map(row).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.count));
    rows
}
