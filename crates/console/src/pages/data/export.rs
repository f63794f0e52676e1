//! The export: one JSON object, made piece by piece while it is sent.

use accounts::usage::{DayCount, RequestFilter, RequestLine};
use accounts::{AuditEntry, Key, Limits, Permission, User};
use axum::body::Bytes;
use biometric::{Person, PersonId, Timestamp};
use engine::Scope;
use futures_util::Stream;
use futures_util::stream::unfold;
use serde_json::{Value, json};

use crate::app::Console;
use crate::fault::Fault;
use crate::text::rfc3339;

/// How many rows a piece holds.
const PIECE: usize = 1_000;

/// How many days of usage a piece holds.
const PIECE_DAYS: i64 = 30;

/// The days that usage is kept for at most, and more.
const DAYS: i64 = 10_000;

/// What comes next.
enum Step {
    Head,
    Persons(Option<PersonId>),
    /// From this day on.
    Usage(i64),
    Requests(Option<i64>),
    Audit(Option<i64>),
    End,
}

struct Export {
    console: Console,
    scope: Scope,
    now: Timestamp,
    step: Step,
    /// Whether the array that is being written has a row already.
    has_row: bool,
}

/// The pieces. A failure breaks the file off, so that nobody takes a part for the whole.
pub(super) fn stream(
    console: Console,
    scope: Scope,
    now: Timestamp,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static {
    let export = Export { console, scope, now, step: Step::Head, has_row: false };
    unfold(Some(export), |export| async move {
        let mut export = export?;
        match export.next().await {
            Ok(Some(text)) => Some((Ok(Bytes::from(text)), Some(export))),
            Ok(None) => None,
            Err(fault) => {
                tracing::error!(fault = fault.inside(), "an export broke off");
                Some((Err(std::io::Error::other("the export broke off")), None))
            }
        }
    })
}

impl Export {
    async fn next(&mut self) -> Result<Option<String>, Fault> {
        let organisation = self.scope.tenant;
        match std::mem::replace(&mut self.step, Step::End) {
            Step::Head => {
                let head = self.head().await?;
                Ok(Some(self.open(&head, "persons", Step::Persons(None))))
            }
            Step::Persons(after) => {
                let persons = self.console.operations.list(&self.scope, after.as_ref(), PIECE).await?;
                match persons.last() {
                    Some(last) => {
                        self.step = Step::Persons(Some(last.id.clone()));
                        Ok(Some(self.rows(persons.iter().map(person))))
                    }
                    None => {
                        let first = accounts::usage::day(self.now) - DAYS;
                        Ok(Some(self.open("]", "usage", Step::Usage(first))))
                    }
                }
            }
            Step::Usage(first) => self.usage(first).await.map(Some),
            Step::Requests(before) => {
                let read = move |parts: &crate::Parts| {
                    parts.usage.requests(organisation, &RequestFilter::default(), before, PIECE)
                };
                let lines = self.console.blocking(read).await??;
                match lines.last() {
                    Some(last) => {
                        self.step = Step::Requests(Some(last.id));
                        Ok(Some(self.rows(lines.iter().map(request))))
                    }
                    None => Ok(Some(self.open("]", "audit", Step::Audit(None)))),
                }
            }
            Step::Audit(before) => {
                let read = move |parts: &crate::Parts| parts.accounts.audit(organisation, before, PIECE);
                let entries = self.console.blocking(read).await??;
                match entries.last() {
                    Some(last) => {
                        self.step = Step::Audit(Some(last.id));
                        Ok(Some(self.rows(entries.iter().map(entry))))
                    }
                    None => Ok(Some("]}\n".to_owned())),
                }
            }
            Step::End => Ok(None),
        }
    }

    /// The counts of the next days that have some; then, the end of their array.
    async fn usage(&mut self, mut first: i64) -> Result<String, Fault> {
        let (organisation, today) = (self.scope.tenant, accounts::usage::day(self.now));
        while first <= today {
            let last = today.min(first + PIECE_DAYS - 1);
            let read = move |parts: &crate::Parts| parts.usage.days(organisation, first, last);
            let days = self.console.blocking(read).await??;
            first = last + 1;
            if !days.is_empty() {
                self.step = Step::Usage(first);
                return Ok(self.rows(days.iter().map(day)));
            }
        }
        Ok(self.open("]", "requests", Step::Requests(None)))
    }

    /// Everything that is small, without the brace at its end.
    async fn head(&self) -> Result<String, Fault> {
        let organisation = self.scope.tenant;
        let found = self.console.blocking(move |parts| {
            let accounts = &parts.accounts;
            let (users, keys) = (accounts.users(organisation)?, accounts.keys_of(organisation)?);
            Ok::<_, accounts::Error>((accounts.organisation(organisation)?, users, keys, accounts.rules(organisation)?))
        });
        let (organisation, users, keys, rules) = found.await??;
        let rules: serde_json::Map<String, Value> =
            rules.into_iter().map(|(name, value)| (name, json!(value))).collect();
        let head = json!({
            "exported": rfc3339(&self.now),
            "organisation": {
                "name": organisation.name,
                "created": rfc3339(&organisation.created),
                "plan": {"name": organisation.plan.name, "limits": limits(&organisation.plan.limits)},
                "rules": rules,
            },
            "users": users.iter().map(user).collect::<Vec<_>>(),
            "keys": keys.iter().map(key).collect::<Vec<_>>(),
        });
        let mut text = head.to_string();
        text.pop();
        Ok(text)
    }

    /// Begins the next array behind what was written.
    fn open(&mut self, written: &str, name: &str, step: Step) -> String {
        (self.step, self.has_row) = (step, false);
        format!("{written},\n\"{name}\":[")
    }

    fn rows(&mut self, rows: impl Iterator<Item = Value>) -> String {
        let mut text = String::new();
        for row in rows {
            text.push_str(if self.has_row { ",\n" } else { "\n" });
            text.push_str(&row.to_string());
            self.has_row = true;
        }
        text
    }
}

fn limits(limits: &Limits) -> Value {
    json!({
        "requestsPerMonth": limits.requests_month_max,
        "persons": limits.persons_max,
        "requestsPerSecond": limits.rate.map(|rate| rate.per_second),
        "burst": limits.rate.map(|rate| rate.burst),
    })
}

fn user(user: &User) -> Value {
    json!({
        "email": user.email.as_str(),
        "name": user.name,
        "role": user.role.word(),
        "created": rfc3339(&user.created),
        "disabled": user.disabled.as_ref().map(rfc3339),
        "lastSignIn": user.last_sign_in.as_ref().map(rfc3339),
        "secondFactor": user.second_factor,
    })
}

fn key(key: &Key) -> Value {
    json!({
        "id": key.id.0,
        "name": key.name,
        "prefix": key.prefix,
        "permissions": key.permissions.iter().map(Permission::word).collect::<Vec<_>>(),
        "networks": key.networks.to_string(),
        "created": rfc3339(&key.created),
        "expires": key.expires.as_ref().map(rfc3339),
        "disabled": key.disabled.as_ref().map(rfc3339),
    })
}

fn person(person: &Person) -> Value {
    json!({"personId": person.id.as_str(), "created": rfc3339(&person.created), "updated": rfc3339(&person.updated)})
}

fn day(day: &DayCount) -> Value {
    json!({
        "day": crate::text::iso_day(&Timestamp::from_millis(day.day * 86_400_000)),
        "operation": day.operation.word(),
        "code": day.code,
        "key": day.key.map(|key| key.0),
        "count": day.count,
    })
}

fn request(line: &RequestLine) -> Value {
    json!({
        "time": rfc3339(&line.at),
        "operation": line.operation.word(),
        "status": line.status,
        "code": line.code,
        "latencyMs": line.latency_us as f64 / 1_000.0,
        "requestId": line.request_id,
        "key": line.key.map(|key| key.0),
    })
}

fn entry(entry: &AuditEntry) -> Value {
    json!({
        "time": rfc3339(&entry.at),
        "actor": entry.actor,
        "act": entry.act.word(),
        "subject": entry.subject,
        "detail": entry.detail,
        "address": entry.address,
    })
}
