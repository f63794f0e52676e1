//! The same of keys, users, organisations, plans and usage.

pub(crate) const KEY: &str = "\
A key opens the HTTP API; the command line needs none. Keys are made in the back-office, too. Next: `auther serve`.

Example:
  auther key create --name shop";

pub(crate) const KEY_CREATE: &str = "\
Needs nothing first. The key goes into the header Api-Key of every request; it is kept only as a hash. Without \
    --organisation it opens the operator's own gallery, without limits of a plan.
Exit status: 0 when it is made, 2 when there is no such organisation, 1 on an error.

Examples:
  auther key create --name me
  auther key create --name door --permissions identify,verify --expires 2030-01-31T00:00:00Z
  auther key create --name shop --organisation 2 --networks 192.0.2.0/24";

pub(crate) const KEY_LIST: &str = "\
Shows the numbers that `auther key rotate` and `auther key disable` take.

Examples:
  auther key list --json
  auther key list --organisation 2";

pub(crate) const KEY_ROTATE: &str = "\
The new key has the same name, permissions and networks. Until the old one ends, both are accepted: put the new one in \
    place meanwhile.
Exit status: 0 when it is made, 2 when there is no such key, 1 on an error.

Example:
  auther key rotate 2 --overlap 24h";

pub(crate) const KEY_DISABLE: &str = "\
`auther key list` shows the numbers. Whoever used the key needs another one: `auther key create`.
Exit status: 0 when it is disabled, 2 when there is no such key, 1 on an error.

Example:
  auther key disable 2";

pub(crate) const USER: &str = "\
Users sign in to the back-office, at /console of the running server. The command line itself needs none.

Examples:
  auther user operator-link
  auther user invite --organisation 2 --role owner";

pub(crate) const USER_LIST: &str = "\
`auther organisation list` shows the organisations' numbers.
Exit status: 0 when listed, 2 when there is no such organisation, 1 on an error.

Example:
  auther user list --organisation 2 --json";

pub(crate) const USER_INVITE: &str = "\
Whoever opens the link chooses a name and a password; it works once, for seven days. Set `public_url` (`auther settings`) \
    to where browsers reach the server: the link begins with it.
Exit status: 0 when it is made, 2 when there is no such organisation, 1 on an error.

Examples:
  auther user invite --organisation 2 --role owner
  auther user invite --organisation 2 --email jane@example.org --mail";

pub(crate) const USER_RESET_PASSWORD: &str = "\
The link works once, for an hour. The old password works until the new one is set; then every session ends. The second \
    factor stays.
Exit status: 0 when it is made, 2 when nobody has this address, 1 on an error.

Example:
  auther user reset-password jane@example.org";

pub(crate) const USER_OPERATOR_LINK: &str = "\
The server writes such a link to its log when it starts without an operator. It works once, for 24 hours; whoever has it \
    gets hold of the installation.

Example:
  auther user operator-link";

pub(crate) const ORGANISATION: &str = "\
Number 1 is the operator's own. With `sign_up` open (`auther settings`), others are made by whoever signs up.

Examples:
  auther organisation list
  auther organisation create --name Shop";

pub(crate) const ORGANISATION_LIST: &str = "\
Shows the numbers that the other commands take.

Example:
  auther organisation list --json";

pub(crate) const ORGANISATION_CREATE: &str = "\
Next: `auther user invite --organisation ID --role owner`, or `auther key create --organisation ID`.
Exit status: 0 when it is made, 2 when there is no such plan, 1 on an error.

Examples:
  auther organisation create --name Shop
  auther organisation create --name Bank --plan 3";

pub(crate) const ORGANISATION_PLAN: &str = "\
It counts from the next request on; what was used this month stays used.
Exit status: 0 when it is given, 2 when there is no such organisation or plan, 1 on an error.

Example:
  auther organisation plan 2 3";

pub(crate) const ORGANISATION_SUSPEND: &str = "\
Its keys are answered 403 (A_003, organisation_suspended) within a second. Next: `auther organisation resume`.
Exit status: 0 when it is suspended, 2 when there is no such organisation, 1 on an error.

Example:
  auther organisation suspend 2";

pub(crate) const ORGANISATION_RESUME: &str = "\
Exit status: 0 when it is answered again, 2 when there is no such organisation, 1 on an error.

Example:
  auther organisation resume 2";

pub(crate) const ORGANISATION_ERASE: &str = "\
It cannot be undone. Keys and sessions end at once; persons, users and history follow. When it is interrupted, the server \
    goes on with it at its next start, and so does this command.
Exit status: 0 when it is erased, 2 when there is no such organisation, 1 on an error, also without --yes.

Example:
  auther organisation erase 2 --yes";

pub(crate) const PLAN: &str = "\
Plan 1 is the operator's own, without limits; plan 2 is free, with those of the settings.

Examples:
  auther plan list
  auther plan create --name Team --requests-month-max 50000 --persons-max 5000 --requests-per-second 10";

pub(crate) const PLAN_LIST: &str = "\
Shows the numbers that `auther organisation plan` takes.

Example:
  auther plan list --json";

pub(crate) const PLAN_CREATE: &str = "\
Next: `auther organisation plan ORGANISATION PLAN`.

Examples:
  auther plan create --name Team --requests-month-max 50000 --persons-max 5000
  auther plan create --name Fast --requests-per-second 20 --burst-requests 100";

pub(crate) const PLAN_EDIT: &str = "\
It counts from the next request on, for every organisation of the plan. Plan 1 cannot be edited; the limits of plan 2 are \
    settings (free_...).
Exit status: 0 when it is changed, 2 when there is no such plan, 1 on an error.

Examples:
  auther plan edit 3 --requests-month-max 100000
  auther plan edit 3 --persons-max unlimited";

pub(crate) const USAGE: &str = "\
Counts of the HTTP API and of \"try it\"; what the command line itself does is not counted.
Exit status: 0 when shown, 2 when there is no such organisation, 1 on an error.

Examples:
  auther usage
  auther usage --organisation 2 --days 90 --json";
