//! What a client may ask for.

use accounts::Operation;

/// What `X-Amz-Target` begins with.
const TARGET_PREFIX: &str = "RekognitionService.";

macro_rules! actions {
    ($($name:ident is $operation:ident with $images:literal;)+) => {
        /// One action of the wire format.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action {
            $(#[doc = concat!("`", stringify!($name), "`.")] $name,)+
        }

        impl Action {
            /// Every action that is answered.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),+ }
            }

            /// What permissions, statistics and the request log take it for.
            #[must_use]
            pub const fn operation(self) -> Operation {
                match self { $(Self::$name => Operation::$operation),+ }
            }

            /// How many images it carries: what its size is limited by.
            pub(crate) const fn images(self) -> usize {
                match self { $(Self::$name => $images),+ }
            }
        }
    };
}

actions! {
    CompareFaces is Compare with 2;
    CreateCollection is Create with 0;
    DeleteCollection is Remove with 0;
    DeleteFaces is Remove with 0;
    DetectFaces is Check with 1;
    IndexFaces is Create with 1;
    ListCollections is Get with 0;
    ListFaces is Get with 0;
    SearchFacesByImage is Identify with 1;
}

impl Action {
    /// The action of an `X-Amz-Target`; `None` when there is none of this name.
    #[must_use]
    pub fn of_target(target: &str) -> Option<Self> {
        let name = target.strip_prefix(TARGET_PREFIX)?;
        Self::ALL.iter().copied().find(|action| action.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_comes_back_from_its_target() {
        for action in Action::ALL {
            assert_eq!(Action::of_target(&format!("RekognitionService.{}", action.name())), Some(*action));
        }
        for target in ["", "CompareFaces", "RekognitionService.", "RekognitionService.comparefaces", "S3.CompareFaces"]
        {
            assert_eq!(Action::of_target(target), None, "{target}");
        }
    }
}
