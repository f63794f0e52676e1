//! What all pages share: title, navigation, who is signed in, what has just been done.

use accounts::Role;

use crate::assets;
use crate::done::Done;
use crate::visit::Visit;

/// The place of a page in the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// In none: sign-in, errors.
    None,
    Overview,
    Keys,
    Persons,
    TryIt,
    Requests,
    Team,
    Settings,
    Audit,
    Data,
    Docs,
    Organisations,
    Plans,
    ServerKeys,
    Health,
    Models,
    Profile,
}

/// Every entry of the navigation: group, section, label, address, who sees it. Hiding an entry is a courtesy; the guard
/// decides.
const NAVIGATION: &[(&str, Section, &str, &str, Role)] = &[
    ("", Section::Overview, "Overview", "/console", Role::Viewer),
    ("", Section::TryIt, "Try it", "/console/try", Role::Developer),
    ("", Section::Persons, "Persons", "/console/persons", Role::Viewer),
    ("", Section::Keys, "API keys", "/console/keys", Role::Viewer),
    ("", Section::Requests, "Requests", "/console/requests", Role::Viewer),
    ("Organisation", Section::Team, "Team", "/console/team", Role::Owner),
    ("Organisation", Section::Settings, "Settings", "/console/settings", Role::Owner),
    ("Organisation", Section::Audit, "Audit log", "/console/audit", Role::Owner),
    ("Organisation", Section::Data, "Data", "/console/data", Role::Owner),
    ("Installation", Section::Organisations, "Organisations", "/console/operator/organisations", Role::Operator),
    ("Installation", Section::Plans, "Plans", "/console/operator/plans", Role::Operator),
    ("Installation", Section::ServerKeys, "Signing", "/console/operator/signing", Role::Operator),
    ("Installation", Section::Health, "Health", "/console/operator/health", Role::Operator),
    ("Installation", Section::Models, "Models", "/console/operator/models", Role::Operator),
    ("Help", Section::Docs, "Documentation", "/docs", Role::Viewer),
];

/// Entries under a common heading; the first group has none.
pub(crate) struct NavGroup {
    pub(crate) heading: &'static str,
    pub(crate) entries: Vec<NavEntry>,
}

/// One entry of the navigation.
pub(crate) struct NavEntry {
    pub(crate) label: &'static str,
    pub(crate) href: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) is_current: bool,
}

/// Who is signed in, as pages show it.
pub(crate) struct FrameUser {
    pub(crate) name: String,
    pub(crate) organisation: String,
    pub(crate) role: Role,
    pub(crate) is_suspended: bool,
}

/// What every page template holds as its field `frame`.
pub(crate) struct Frame {
    pub(crate) title: String,
    pub(crate) section: Section,
    pub(crate) user: Option<FrameUser>,
    pub(crate) done: Option<Done>,
    pub(crate) nav: Vec<NavGroup>,
    /// The token that every form of the page carries as the field `csrf`.
    pub(crate) csrf: String,
}

impl Frame {
    pub(crate) fn new(visit: &Visit, title: String, section: Section) -> Self {
        let user = visit.full_session().map(|session| FrameUser {
            name: session.user.name.clone(),
            organisation: session.organisation.name.clone(),
            role: session.user.role,
            is_suspended: session.organisation.suspended.is_some(),
        });
        let nav = user.as_ref().map(|user| navigation(user.role, section)).unwrap_or_default();
        let csrf = visit.session.as_ref().map(|session| session.csrf.clone()).unwrap_or_default();
        Self { title, section, user, done: Done::of(visit.query("done")), nav, csrf }
    }

    /// The frame of somebody of whom nothing is known.
    pub(crate) fn bare(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            section: Section::None,
            user: None,
            done: None,
            nav: Vec::new(),
            csrf: String::new(),
        }
    }

    /// The address of an asset; its content is part of the name.
    pub(crate) fn asset(&self, name: &str) -> &'static str {
        assets::url(name)
    }

    /// Whether the visitor's role goes so far: for buttons that others need not see.
    pub(crate) fn may(&self, role: Role) -> bool {
        self.user.as_ref().is_some_and(|user| user.role >= role)
    }

    /// The same for templates, which know no `Role`.
    pub(crate) fn may_develop(&self) -> bool {
        self.may(Role::Developer)
    }

    /// See [`may_develop`](Self::may_develop).
    pub(crate) fn may_own(&self) -> bool {
        self.may(Role::Owner)
    }
}

fn navigation(role: Role, current: Section) -> Vec<NavGroup> {
    let mut groups: Vec<NavGroup> = Vec::new();
    for &(heading, section, label, href, least) in NAVIGATION {
        if role < least {
            continue;
        }
        let entry = NavEntry { label, href, icon: icon(section), is_current: section == current };
        match groups.last_mut().filter(|group| group.heading == heading) {
            Some(group) => group.entries.push(entry),
            None => groups.push(NavGroup { heading, entries: vec![entry] }),
        }
    }
    groups
}

/// The lines of an icon on a field of 24 by 24, drawn with round ends.
const fn icon(section: Section) -> &'static str {
    match section {
        Section::None => "",
        Section::Overview => "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z",
        Section::TryIt => "M4 8V5h3M17 5h3v3M20 16v3h-3M7 19H4v-3M9 10v1M15 10v1M9 15a4 4 0 0 0 6 0",
        Section::Persons => {
            "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20a6 6 0 0 1 12 0M16 4.5a3.5 3.5 0 0 1 0 6M18 14.5a6 6 0 0 1 3 5.5"
        }
        Section::Keys => "M8 19a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM11 12.500 19.500 4M16 7.500l3 3",
        Section::Requests => "M4 6h10M4 12h16M4 18h7",
        Section::Team => "M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM5 21a7 7 0 0 1 14 0",
        Section::Settings => "M4 7h9M17 7h3M4 17h3M11 17h9M15 9.500v-5M9 19.500v-5",
        Section::Audit => "M7 3h8l4 4v14H7zM15 3v4h4M10 12h6M10 16h6",
        Section::Data => "M12 4v11M7.500 10.500 12 15l4.500-4.500M4 20h16",
        Section::Docs => "M12 6c-2-1.500-5-2-8-2v14c3 0 6 .5 8 2 2-1.500 5-2 8-2V4c-3 0-6 .5-8 2zM12 6v14",
        Section::Organisations => "M4 21V5h9v16M13 10h7v11M2 21h20M7.500 9v.01M7.500 13v.01M7.500 17v.01M16.500 14v.01",
        Section::Plans => "M3 7h18v10H3zM3 11h18M7 15h3",
        Section::ServerKeys => "M4 19c3 0 3-9 6-9s1 7 3 7 2-4 7-4M4 5h16",
        Section::Health => "M3 12h4l3-7 4 14 3-7h4",
        Section::Models => "M12 3l8 4.500v9L12 21l-8-4.500v-9zM4 7.500l8 4.500 8-4.500M12 12v9",
        Section::Profile => "M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM5 21a7 7 0 0 1 14 0",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_sees_what_the_lower_one_sees_and_more() {
        let labels = |role| -> Vec<_> {
            navigation(role, Section::None).iter().flat_map(|group| group.entries.iter().map(|e| e.label)).collect()
        };
        let (viewer, developer) = (labels(Role::Viewer), labels(Role::Developer));
        let (owner, operator) = (labels(Role::Owner), labels(Role::Operator));
        assert!(viewer.iter().all(|l| developer.contains(l)) && developer.contains(&"Try it"));
        assert!(!viewer.contains(&"Try it") && !developer.contains(&"Team") && owner.contains(&"Team"));
        assert!(!owner.contains(&"Plans") && operator.contains(&"Plans"));
    }

    #[test]
    fn one_entry_is_the_current_one() {
        let groups = navigation(Role::Operator, Section::Keys);
        let current: Vec<_> = groups.iter().flat_map(|g| &g.entries).filter(|e| e.is_current).collect();
        assert_eq!(current.len(), 1);
        assert_eq!(current[0].href, "/console/keys");
    }
}
