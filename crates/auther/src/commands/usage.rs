//! `auther usage`: what an organisation asked.

use std::process::ExitCode;

use accounts::usage::{self, DayCount};
use biometric::TenantId;
use serde::Serialize;

use super::missing::{Asked, found};
use crate::assembly::{Assembly, now};
use crate::cli::Usage;
use crate::failure::Outcome;
use crate::output::{print, time};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    organisation: i64,
    month: MonthShown,
    days: Vec<DayShown>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MonthShown {
    requests: u64,
    requests_max: Option<u64>,
    resets: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DayShown {
    day: String,
    operation: &'static str,
    /// The code of the error table; empty for success.
    code: String,
    /// The number of the key; `null` for "try it".
    key: Option<i64>,
    requests: u64,
}

impl DayShown {
    fn new(count: DayCount) -> Self {
        Self {
            day: date(count.day),
            operation: count.operation.word(),
            code: count.code,
            key: count.key.map(|key| key.0),
            requests: count.count,
        }
    }

    fn line(&self) -> String {
        let code = if self.code.is_empty() { "success" } else { &self.code };
        let key = self.key.map_or("try it".to_owned(), |key| format!("key {key}"));
        format!("{}  {:<8}  {code:<7}  {key:<9}  {:>9}", self.day, self.operation, self.requests)
    }
}

impl Shown {
    fn text(&self) -> String {
        let MonthShown { requests, requests_max, resets } = &self.month;
        let of = requests_max.map(|max| format!(" of {max}")).unwrap_or_default();
        let head = format!("This month: {requests}{of} requests; counted anew from {resets}.");
        std::iter::once(head).chain(self.days.iter().map(DayShown::line)).collect::<Vec<_>>().join("\n")
    }
}

pub(super) fn run(assembly: &Assembly, arguments: &Usage, json: bool) -> Outcome {
    let (accounts, usage) = (assembly.accounts()?, assembly.usage()?);
    let id = arguments.organisation.unwrap_or(TenantId::OPERATOR);
    let asked = Asked { organisation: Some(id.0), ..Asked::default() };
    let organisation = found(accounts.organisation(id), asked, json)?;
    let Some(organisation) = organisation else { return Ok(super::answer(false)) };
    let (month, today) = (usage.month(id, now())?, usage::day(now()));
    let days = usage.days(id, today - arguments.days + 1, today)?;
    let shown = Shown {
        organisation: id.0,
        month: MonthShown {
            requests: month.used,
            requests_max: organisation.plan.limits.requests_month_max,
            resets: time(month.resets),
        },
        days: days.into_iter().map(DayShown::new).collect(),
    };
    print(json, &shown, Shown::text)?;
    Ok(ExitCode::SUCCESS)
}

/// A day, counted from 1970-01-01, as people write it.
fn date(day: i64) -> String {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    match jiff::Timestamp::from_millisecond(day.saturating_mul(DAY_MS)) {
        Ok(at) => at.strftime("%Y-%m-%d").to_string(),
        Err(_) => day.to_string(),
    }
}
