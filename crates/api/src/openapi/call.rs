//! The calls: what they are named, where they are found, what they take and give.

use accounts::Operation;

use crate::health;

/// A chapter of the documentation.
#[derive(Clone, Copy)]
pub(super) enum Tag {
    Persons,
    Recognition,
    Images,
    Service,
}

impl Tag {
    /// Every chapter, in reading order.
    pub(super) const ALL: [Self; 4] = [Self::Persons, Self::Recognition, Self::Images, Self::Service];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Persons => "Persons",
            Self::Recognition => "Recognition",
            Self::Images => "Images",
            Self::Service => "Service",
        }
    }

    pub(super) const fn description(self) -> &'static str {
        match self {
            Self::Persons => "Enrol persons under ids of your own, replace their images, remove them.",
            Self::Recognition => "Tell who somebody is, or whether two faces are the same person's.",
            Self::Images => "Look at an image before it is used.",
            Self::Service => "For whoever runs the service or writes a client. These calls need no key.",
        }
    }
}

/// What a request carries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    FaceImage,
    ImagePair,
}

/// What a success carries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Nothing,
    Person,
    FacesMatched,
    CheckedImage,
    Health,
    Document,
}

macro_rules! calls {
    ($($call:ident = $id:literal, $method:literal, $path:expr, $tag:ident, $body:expr, $answer:ident, $summary:literal,
        $description:expr;)+) => {
        /// A call of the service.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Call {
            $($call,)+
        }

        impl Call {
            /// Every call, in reading order.
            pub(super) const ALL: &[Self] = &[$(Self::$call),+];

            /// The `operationId`: stable, since generated clients name their functions by it.
            pub(super) const fn id(self) -> &'static str {
                match self { $(Self::$call => $id),+ }
            }

            pub(super) const fn method(self) -> &'static str {
                match self { $(Self::$call => $method),+ }
            }

            pub(super) const fn path(self) -> &'static str {
                match self { $(Self::$call => $path),+ }
            }

            pub(super) const fn tag(self) -> Tag {
                match self { $(Self::$call => Tag::$tag),+ }
            }

            pub(super) const fn body(self) -> Option<Body> {
                match self { $(Self::$call => $body),+ }
            }

            pub(super) const fn answer(self) -> Answer {
                match self { $(Self::$call => Answer::$answer),+ }
            }

            /// A few words.
            pub(super) const fn summary(self) -> &'static str {
                match self { $(Self::$call => $summary),+ }
            }

            /// A few sentences; a blank line parts paragraphs.
            pub(super) const fn description(self) -> &'static str {
                match self { $(Self::$call => $description),+ }
            }
        }
    };
}

calls! {
    Create = "createPerson", "POST", "/person/face/{person_id}", Persons, Some(Body::FaceImage), Person, "Create person",
        "Enrols a person: from the image a template is made and kept under the id that you choose. The image itself is \
        not kept.\n\n\
        The image must pass every check of the image requirements: one face, straight, sharp, evenly lit, eyes open, \
        mouth closed. When it does not, `details` lists everything that is wrong with it, so that the person can mend \
        it all at once. The face must not be enrolled under another id already (`F_012`), and the id must be free \
        (`CP_002`). When the answer is 200 the person is on disk and is found from the next call on.";
    Update = "updatePerson", "PUT", "/person/face/{person_id}", Persons, Some(Body::FaceImage), Person, "Update person",
        "Replaces the image of an enrolled person: from then on only the new one counts. `created` stays, `updated` is \
        now.\n\n\
        The image must pass the same checks as one that enrols a person. Whether the new face is similar to the old one \
        is not asked: make sure of it with a verification where it matters.";
    Remove = "removePerson", "DELETE", "/person/face/{person_id}", Persons, None, Nothing, "Remove person",
        "Deletes a person and everything that is kept about them. The id is free again. The answer has status 200 and an \
        empty body; it cannot be undone.";
    Get = "getPerson", "GET", "/person/face/{person_id}", Persons, None, Person, "Get person",
        "Tells whether a person is enrolled under this id, and since when. No image and no template is ever given out.";
    Identify = "identifyPerson", "POST", "/person/recognize-face", Recognition, Some(Body::FaceImage), Person,
        "Identify person",
        "Searches all enrolled persons of your organisation for the largest face in the image (1:N). The answer is the \
        most similar person if the similarity is 98 % or more, which stands for a false match rate of one in a million \
        for each comparison; otherwise it is 410 `RF_001`. Your organisation may ask for more than 98 %.\n\n\
        More than one face in the image is no error. The face must be large enough and inside the frame (`F_011`); the \
        other checks of the image requirements are not applied.";
    Verify = "verifyPerson", "POST", "/person/verify-face/{person_id}", Recognition, Some(Body::FaceImage), Person,
        "Verify person",
        "Compares the largest face in the image with the enrolled person of this id (1:1). The answer is that person if \
        the similarity is 80 % or more, which stands for a false match rate of one in ten thousand. Your organisation \
        may ask for more than 80 %.\n\n\
        Both ways of saying no are 404 `NF_001`, told apart by `type`: `person_not_found` if nobody is enrolled under \
        this id, `face_not_matched` if the person is and the face is another's.";
    Compare = "comparePersons", "POST", "/person/compare-face", Recognition, Some(Body::ImagePair), FacesMatched,
        "Compare persons",
        "Compares the largest face of `sourceImage` with the largest face of `targetImage`. Nothing is looked up and \
        nothing is kept.\n\n\
        `facesMatched` is the similarity in percent if it reaches `similarityThreshold` (80 unless the request says \
        otherwise), and 0 if it does not. With a threshold of 0 it is always the similarity.";
    Check = "checkFace", "POST", "/person/check-face", Images, Some(Body::FaceImage), CheckedImage, "Check face",
        "Measures everything that an enrolment would measure and keeps nothing: for a capture screen that tells the \
        person what to do before the image is used. Needs a key that may enrol.\n\n\
        The answer has status 200 whether the image would do or not: `accepted` says so. Each check has its value, its \
        limits and, where it failed, its `code`, its `type` and `advice` for the person in front of the camera. Whether \
        the face is enrolled already is not asked.";
    Live = "getLiveness", "GET", health::LIVE, Service, None, Health, "Is it alive?",
        "Answers while the process runs. For whoever restarts the process when it does not.";
    Ready = "getReadiness", "GET", health::READY, Service, None, Health, "Is it ready?",
        "Answers with 200 while requests would be served, and with 503 while they would not: models are loaded and \
        storage answers. For whoever sends the service its traffic.";
    Document = "getOpenapi", "GET", super::PATH, Service, None, Document, "This document",
        "This description of the service, for generators of clients and for tools that explore APIs.";
}

impl Call {
    /// The operation that the call is counted as; the service's own calls are none.
    pub(super) const fn operation(self) -> Option<Operation> {
        match self {
            Self::Create => Some(Operation::Create),
            Self::Update => Some(Operation::Update),
            Self::Remove => Some(Operation::Remove),
            Self::Get => Some(Operation::Get),
            Self::Identify => Some(Operation::Identify),
            Self::Verify => Some(Operation::Verify),
            Self::Compare => Some(Operation::Compare),
            Self::Check => Some(Operation::Check),
            Self::Live | Self::Ready | Self::Document => None,
        }
    }

    /// Whether the path names a person.
    pub(super) fn names_person(self) -> bool {
        self.path().contains("{person_id}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_operation_is_one_call() {
        let operations: Vec<_> = Call::ALL.iter().filter_map(|call| call.operation()).collect();
        assert_eq!(operations, Operation::ALL);
    }

    #[test]
    fn ids_and_places_are_unique() {
        let ids: HashSet<_> = Call::ALL.iter().map(|call| call.id()).collect();
        let places: HashSet<_> = Call::ALL.iter().map(|call| (call.method(), call.path())).collect();
        assert_eq!((ids.len(), places.len()), (Call::ALL.len(), Call::ALL.len()));
    }
}
