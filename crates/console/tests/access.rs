//! docs/back-office.md says who may see what; here it is held to the table of routes. `AUTHER_BLESS=1` writes it anew.

use accounts::Role;
use console::{Access, routes};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/back-office.md");
const BEGIN: &str = "<!-- made by crates/console/tests/access.rs -->\n";
const END: &str = "<!-- end -->";

fn table() -> String {
    let word = |access| match access {
        Access::Public => "everybody",
        Access::Pending => "pending",
        Access::AtLeast(Role::Viewer) => "viewer",
        Access::AtLeast(Role::Developer) => "developer",
        Access::AtLeast(Role::Owner) => "owner",
        Access::AtLeast(Role::Operator) => "operator",
    };
    let row = |route: &console::Route| format!("| {} | `{}` | {} |\n", route.method, route.path, word(route.access));
    let rows: String = routes().iter().map(row).collect();
    format!("\n| method | path | from this role on |\n| --- | --- | --- |\n{rows}\n")
}

#[test]
fn the_page_says_who_may_see_what() {
    let page = std::fs::read_to_string(PAGE).expect("the page");
    let (before, rest) = page.split_once(BEGIN).expect("where the table begins");
    let (written, after) = rest.split_once(END).expect("where it ends");
    if std::env::var_os("AUTHER_BLESS").is_some() {
        std::fs::write(PAGE, format!("{before}{BEGIN}{}{END}{after}", table())).expect("written");
        return;
    }
    assert!(
        written == table(),
        "docs/back-office.md is out of date: AUTHER_BLESS=1 cargo test -p console --test access"
    );
}
