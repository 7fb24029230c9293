//! The table of reasons for which a tier declines a function. `--stats` counts them.

macro_rules! reasons {
    ($($(#[doc = $doc:literal])* $name:ident $text:literal;)*) => {
        /// Why a function stays where it is.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Declined { $($(#[doc = $doc])* $name),* }

        impl Declined {
            /// All of them.
            pub const ALL: &'static [Declined] = &[$(Declined::$name),*];
            /// As `--stats` says it.
            pub fn text(self) -> &'static str {
                match self { $(Declined::$name => $text),* }
            }
        }
    };
}

reasons! {
    /// The analysis has not reached the function, so nothing is known about it.
    NotReached "not reached by the analysis";
    /// It has too many instructions.
    TooLarge "too many instructions";
    /// It has too many values that are alive in too many blocks.
    TooEntangled "too many values in too many blocks";
    /// It needs more registers than instructions can name.
    TooManyRegisters "too many registers";
    /// An offset, a count or the number of a class is greater than an instruction can say.
    TooWide "a number too large for an instruction";
    /// The heap has no room for what its code refers to.
    NoMemory "no memory for its constants";
    /// The code that was made of it did not hold its own rules.
    Malformed "internal: malformed code";
    /// The loop that is running cannot be entered in the middle.
    NoLoopEntry "the running loop has no entry";
}
