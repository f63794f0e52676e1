//! The words for keys, users, organisations, plans and usage.

use std::time::Duration;

use accounts::{Email, Networks, Role};
use biometric::TenantId;
use clap::{Args, Subcommand, value_parser};

use super::value::{self, Count};
use crate::help;

/// The longest history that is shown: longer than any is kept.
const DAYS_MAX: i64 = 3_650;

#[derive(Subcommand)]
pub(crate) enum Key {
    /// Make a key and print it; it cannot be shown again
    #[command(after_help = help::KEY_CREATE)]
    Create {
        /// What to call it, in lists and logs
        #[arg(long)]
        name: String,
        /// What it may do, separated by commas: enrol, read, delete, identify, verify, compare [default: all]
        #[arg(long, value_name = "LIST")]
        permissions: Option<accounts::Permissions>,
        /// When it ends, as 2030-01-31T00:00:00Z [default: never]
        #[arg(long, value_name = "TIME")]
        expires: Option<jiff::Timestamp>,
        /// Whose gallery it opens, by number [default: the operator's own]
        #[arg(long, value_name = "ID", value_parser = value::organisation)]
        organisation: Option<TenantId>,
        /// From where it may be used, as `192.0.2.0/24,2001:db8::1` [default: everywhere]
        #[arg(long, value_name = "LIST")]
        networks: Option<Networks>,
    },
    /// List the keys, without their secrets
    #[command(after_help = help::KEY_LIST)]
    List {
        /// Of this organisation alone, by number [default: all]
        #[arg(long, value_name = "ID", value_parser = value::organisation)]
        organisation: Option<TenantId>,
    },
    /// Make a key in another's place and print it; the old one goes on for a while
    #[command(after_help = help::KEY_ROTATE)]
    Rotate {
        /// The old key's number, as `auther key list` shows it
        id: i64,
        /// How long the old one goes on, as 24h, 30m or 7d; 0s for not at all
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = value::duration)]
        overlap: Duration,
    },
    /// Disable a key for good; the server refuses it within a second
    #[command(after_help = help::KEY_DISABLE)]
    Disable {
        /// The key's number, as `auther key list` shows it
        id: i64,
    },
}

#[derive(Subcommand)]
pub(crate) enum User {
    /// List the users of an organisation
    #[command(after_help = help::USER_LIST)]
    List {
        /// Of this organisation, by number [default: the operator's own]
        #[arg(long, value_name = "ID", value_parser = value::organisation)]
        organisation: Option<TenantId>,
    },
    /// Make a link by which somebody joins an organisation, and print it or send it
    #[command(after_help = help::USER_INVITE)]
    Invite {
        /// Which one, by number, as `auther organisation list` shows it
        #[arg(long, value_name = "ID", value_parser = value::organisation)]
        organisation: TenantId,
        /// What they may do: viewer, developer or owner; operator in the operator's own
        #[arg(long, default_value = "developer", value_parser = value::role)]
        role: Role,
        /// For this address alone [default: whoever has the link]
        #[arg(long, value_name = "ADDRESS", value_parser = value::email)]
        email: Option<Email>,
        /// Send the link to the address instead of printing it; needs the setting `smtp_url`
        #[arg(long, requires = "email")]
        mail: bool,
    },
    /// Make a link by which somebody sets a new password, and print it or send it
    #[command(after_help = help::USER_RESET_PASSWORD)]
    ResetPassword {
        /// The address they sign in with
        #[arg(value_parser = value::email)]
        email: Email,
        /// Which account, where the address has several
        #[arg(long, value_name = "ID", value_parser = value::organisation)]
        organisation: Option<TenantId>,
        /// Send the link to the address instead of printing it; needs the setting `smtp_url`
        #[arg(long)]
        mail: bool,
    },
    /// Make the link by which whoever runs the installation becomes its operator; an earlier one is void
    #[command(after_help = help::USER_OPERATOR_LINK)]
    OperatorLink,
}

#[derive(Subcommand)]
pub(crate) enum Organisation {
    /// List the organisations with their plans
    #[command(after_help = help::ORGANISATION_LIST)]
    List,
    /// Make an organisation; somebody has to be invited into it next
    #[command(after_help = help::ORGANISATION_CREATE)]
    Create {
        /// What it is called
        #[arg(long)]
        name: String,
        /// Its plan's number, as `auther plan list` shows it [default: the free plan]
        #[arg(long, value_name = "ID")]
        plan: Option<i64>,
    },
    /// Give an organisation another plan
    #[command(after_help = help::ORGANISATION_PLAN)]
    Plan {
        /// Its number
        #[arg(value_parser = value::organisation)]
        id: TenantId,
        /// The plan's number, as `auther plan list` shows it
        plan: i64,
    },
    /// Refuse an organisation's requests until it is resumed; its data stays
    #[command(after_help = help::ORGANISATION_SUSPEND)]
    Suspend {
        /// Its number
        #[arg(value_parser = value::organisation)]
        id: TenantId,
    },
    /// Answer a suspended organisation again
    #[command(after_help = help::ORGANISATION_RESUME)]
    Resume {
        /// Its number
        #[arg(value_parser = value::organisation)]
        id: TenantId,
    },
    /// Erase an organisation for good: persons, users, keys, history
    #[command(after_help = help::ORGANISATION_ERASE)]
    Erase {
        /// Its number
        #[arg(value_parser = value::organisation)]
        id: TenantId,
        /// Yes, erase it
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum Plan {
    /// List the plans
    #[command(after_help = help::PLAN_LIST)]
    List,
    /// Make a plan; a limit that is not given does not exist
    #[command(after_help = help::PLAN_CREATE)]
    Create {
        /// What it is called
        #[arg(long)]
        name: String,
        #[command(flatten)]
        limits: PlanLimits,
    },
    /// Change a plan; what is not given stays
    #[command(after_help = help::PLAN_EDIT)]
    Edit {
        /// Its number
        id: i64,
        /// What it is called from now on
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        limits: PlanLimits,
    },
}

/// The limits of a plan, as far as they are given.
#[derive(Args)]
pub(crate) struct PlanLimits {
    /// Requests in a calendar month: a number, or unlimited
    #[arg(long, value_name = "COUNT")]
    pub(crate) requests_month_max: Option<Count>,
    /// Persons enrolled at once: a number, or unlimited
    #[arg(long, value_name = "COUNT")]
    pub(crate) persons_max: Option<Count>,
    /// Requests a second in the long run, as 2.5; 0 for unlimited
    #[arg(long, value_name = "RATE", value_parser = value::rate)]
    pub(crate) requests_per_second: Option<f64>,
    /// Requests at once after a pause [default: five times those of a second]
    #[arg(long, value_name = "COUNT", value_parser = value_parser!(u32).range(1..))]
    pub(crate) burst_requests: Option<u32>,
}

#[derive(Args)]
pub(crate) struct Usage {
    /// Whose, by number [default: the operator's own]
    #[arg(long, value_name = "ID", value_parser = value::organisation)]
    pub(crate) organisation: Option<TenantId>,
    /// How many days, today the last
    #[arg(long, default_value_t = 30, value_parser = value_parser!(i64).range(1..=DAYS_MAX))]
    pub(crate) days: i64,
}
