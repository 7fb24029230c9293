//! The table of run-time error kinds: name as the program sees it, page text for `nyash explain`.
//! Making an error value is `Rt::raise`; rendering happens in the command only.

macro_rules! kinds {
    ($($kind:ident $page:literal;)*) => {
        /// Kind of a run-time error (`kind()` of the ErrorBox).
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum ErrorKind { $(#[doc = stringify!($kind)] $kind),* }
        impl ErrorKind {
            /// Every kind, in order.
            pub const ALL: &'static [ErrorKind] = &[$(ErrorKind::$kind),*];
            /// As the program sees it.
            pub fn name(self) -> &'static str { match self { $(ErrorKind::$kind => stringify!($kind)),* } }
            /// The text of `nyash explain`, Markdown.
            pub fn page(self) -> &'static str { match self { $(ErrorKind::$kind => $page),* } }
        }
    };
}

kinds! {
    TypeError "";
    ArityError "";
    UndefinedVariable "";
    UndefinedFunction "";
    UndefinedBox "";
    NoField "";
    NoMethod "";
    NullReference "";
    DivisionByZero "";
    IndexError "";
    MathError "";
    ParseError "";
    Visibility "";
    UseAfterFini "";
    WeakFini "";
    DelegationError "";
    ModuleError "";
    StaticCycle "";
    StackOverflow "";
    OutOfMemory "";
    AssertionFailed "";
    PluginError "";
    Deadlock "";
}
