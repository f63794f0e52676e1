//! Where a success leads: which calls can be made next with what it has told, for tools that follow a person through the
//! service.

use serde_json::{Map, Value, json};

use super::call::{Answer, Call};

/// The links of a success, by the `operationId` that they lead to.
pub(super) fn all(call: Call) -> Map<String, Value> {
    // The id comes with the person; of a removed one only the request still has it.
    let id = match call.answer() {
        Answer::Person => "$response.body#/personId",
        Answer::Nothing => "$request.path.person_id",
        Answer::FacesMatched | Answer::CheckedImage | Answer::Health | Answer::Document => return Map::new(),
    };
    // What was removed can be enrolled again; who is there can be looked at, verified, replaced and removed.
    let leads_to = |next: &Call| match call.answer() == Answer::Nothing {
        true => *next == Call::Create,
        false => next.names_person() && *next != Call::Create && *next != call,
    };
    let entry = |next: &Call| {
        let mut link = json!({
            "operationId": next.id(),
            "description": next.summary(),
            "parameters": {"person_id": id},
        });
        // The same image shows the same person.
        if call.body().is_some() && call.body() == next.body() {
            link["requestBody"] = "$request.body".into();
        }
        (next.id().to_owned(), link)
    };
    Call::ALL.iter().filter(|next| leads_to(next)).map(entry).collect()
}
