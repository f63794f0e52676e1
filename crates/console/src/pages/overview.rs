//! `/console`: how much was used, of what, and with which outcome; for a newcomer, what comes next.

use std::collections::BTreeMap;

use accounts::Operation;
use accounts::usage::{DayCount, Month};
use askama::Template;
use axum::response::Response;
use biometric::Timestamp;

use crate::chart::{Bar, Chart};
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
        self.max.is_some_and(|max| self.used >= max)
    }
}

struct OperationRow {
    word: &'static str,
    answered: u64,
    other: u64,
}

struct KeyRow {
    /// For the link to its requests; empty for the back-office, which has no key.
    id: String,
    name: String,
    answered: u64,
    other: u64,
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
    let answered: u64 = counts.iter().filter(|count| count.code.is_empty()).map(|count| count.count).sum();
    let total: u64 = counts.iter().map(|count| count.count).sum();
    page(&Page {
        frame: signed.frame("Overview", Section::Overview),
        has_key: keys.iter().any(is_valid),
        month,
        requests: Meter { used: month.used, max: limits.requests_month_max },
        persons: Meter { used: persons, max: limits.persons_max },
        answered_percent: (answered * 100).checked_div(total),
        total,
        chart: Chart::of(bars(&counts, today)),
        operations: operations(&counts),
        outcomes: outcomes(&counts, &signed.console.openapi),
        by_key: by_key(&counts, &keys),
        plan: signed.session().organisation.plan.name.clone(),
        rate: limits
            .rate
            .map_or("No limit".to_owned(), |rate| format!("{} a second, {} at once", rate.per_second, rate.burst)),
        base: signed.console.settings().public_url.clone(),
    })
}

fn bars(counts: &[DayCount], today: i64) -> Vec<Bar> {
    let sum = |day: i64, is_ok: bool| {
        let of_day = counts.iter().filter(|count| count.day == day && count.code.is_empty() == is_ok);
        of_day.map(|count| count.count).sum()
    };
    let label = |day: i64| text::short_day(&Timestamp::from_millis(day * DAY_MS));
    (today - DAYS + 1..=today)
        .map(|day| Bar { label: label(day), ok: sum(day, true), other: sum(day, false) })
        .collect()
}

fn operations(counts: &[DayCount]) -> Vec<OperationRow> {
    let sum = |operation, is_ok: bool| {
        let of = counts.iter().filter(|count| count.operation == operation && count.code.is_empty() == is_ok);
        of.map(|count| count.count).sum()
    };
    let row = |operation: Operation| OperationRow {
        word: operation.word(),
        answered: sum(operation, true),
        other: sum(operation, false),
    };
    Operation::ALL.into_iter().map(row).filter(|row| row.answered + row.other > 0).collect()
}

fn by_key(counts: &[DayCount], keys: &[accounts::Key]) -> Vec<KeyRow> {
    let mut sums: BTreeMap<Option<accounts::KeyId>, (u64, u64)> = BTreeMap::new();
    for count in counts {
        let (answered, other) = sums.entry(count.key).or_default();
        *if count.code.is_empty() { answered } else { other } += count.count;
    }
    let name = |id: Option<accounts::KeyId>| match id {
        None => "The back-office".to_owned(),
        Some(id) => keys.iter().find(|key| key.id == id).map_or_else(|| format!("key {id}"), |key| key.name.clone()),
    };
    let row = |(id, (answered, other)): (Option<accounts::KeyId>, (u64, u64))| KeyRow {
        id: id.map_or(String::new(), |id| id.to_string()),
        name: name(id),
        answered,
        other,
    };
    let mut rows: Vec<_> = sums.into_iter().map(row).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.answered + row.other));
    rows
}

fn outcomes(counts: &[DayCount], openapi: &serde_json::Value) -> Vec<OutcomeRow> {
    let mut by_code: BTreeMap<&str, u64> = BTreeMap::new();
    for count in counts.iter().filter(|count| !count.code.is_empty()) {
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
