//! What is wrong with a form, field by field.

use crate::text::sentence;

/// The complaints about a form; a page is shown again with them when there are any.
#[derive(Clone, Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

/// One complaint. `field` is the name and id of the input, or empty when it is about the form as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) field: &'static str,
    pub(crate) says: String,
}

impl Problems {
    /// A form with one complaint.
    pub(crate) fn one(field: &'static str, says: impl AsRef<str>) -> Self {
        let mut problems = Self::default();
        problems.add(field, says);
        problems
    }

    /// Adds a complaint.
    pub(crate) fn add(&mut self, field: &'static str, says: impl AsRef<str>) {
        self.0.push(Problem { field, says: sentence(says.as_ref()) });
    }

    /// Takes the value, or the complaint about why there is none.
    pub(crate) fn take<T, E: ToString>(&mut self, field: &'static str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.add(field, error.to_string())).ok()
    }

    /// The complaint about this field; empty when there is none.
    pub(crate) fn of(&self, field: &str) -> &str {
        self.0.iter().find(|problem| problem.field == field).map_or("", |problem| &problem.says)
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[Problem] {
        &self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
