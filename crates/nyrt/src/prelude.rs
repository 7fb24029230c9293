//! The part of the runtime that is written in Nyash, because it has to run methods of user boxes.
//!
//! An operation that needs it answers [`Trap::Call`] with one of these functions; the loader compiles [`SOURCE`]
//! and fills [`Rt::prelude`]. Whatever the runtime can do itself does not come here.

use smallvec::SmallVec;

use crate::rt::Rt;
use crate::trap::{Callout, Trap};
use crate::value::{FuncId, Value};

/// The source. It is built as a prelude unit: functions named `__...` are builtin functions.
pub const SOURCE: &str = include_str!("prelude.nyash");

/// The static box in which the functions are; its methods are `static`, so they take no `me`.
pub const BOX: &str = "__prelude";

macro_rules! functions {
    ($($(#[$doc:meta])* $id:ident $name:literal $params:literal;)*) => {
        /// A function of the prelude that the runtime calls.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum PreludeFn { $($(#[$doc])* $id),* }

        impl PreludeFn {
            /// Every one, in order.
            pub const ALL: &'static [PreludeFn] = &[$(PreludeFn::$id),*];
            /// Name of the method of the prelude's box.
            pub fn name(self) -> &'static str { match self { $(PreludeFn::$id => $name),* } }
            /// Number of parameters.
            pub fn params(self) -> u32 { match self { $(PreludeFn::$id => $params),* } }
        }
    };
}

functions! {
    /// The text of parts: an array of Strings and of boxes with a `toString`.
    Text "text" 1;
    /// Writes the text of parts and a newline to a stream (1 output, 2 error).
    Print "print" 2;
    /// Compact JSON of parts: boxes become JSON strings of their text.
    Json "json" 1;
    /// An ErrorBox whose message is the text of parts, of a kind.
    Error "error" 2;
    /// Raises such an error.
    Fail "fail" 2;
    /// Whether the left one of every pair (an array: left, right, left, ...) equals the right one.
    AllEqual "all_equal" 1;
    /// Position of the first element that equals a value, -1 without one.
    IndexOf "index_of" 2;
    /// Whether an element equals a value.
    Contains "contains" 2;
    /// Sorts an array by the texts of its elements.
    Sort "sort" 1;
}

/// The compiled functions, by [`PreludeFn`]; empty until the loader has filled it.
#[derive(Clone, Debug, Default)]
pub struct Prelude {
    functions: SmallVec<[FuncId; 9]>,
}

impl Prelude {
    /// The functions in the order of [`PreludeFn::ALL`].
    pub fn new(functions: impl IntoIterator<Item = FuncId>) -> Prelude {
        Prelude { functions: functions.into_iter().collect() }
    }

    /// A compiled function.
    pub fn get(&self, function: PreludeFn) -> Option<FuncId> {
        self.functions.get(function as usize).copied()
    }
}

impl Rt {
    /// Makes the tier call a prelude function with these arguments (borrowed).
    pub fn call_prelude(&mut self, function: PreludeFn, args: &[Value]) -> Trap {
        self.call_function(self.prelude.get(function), args)
    }

    /// Makes the tier call a function with these arguments (borrowed).
    pub(crate) fn call_function(&mut self, func: Option<FuncId>, args: &[Value]) -> Trap {
        for arg in args {
            self.heap.retain(*arg);
        }
        let old = core::mem::replace(&mut self.callout, Callout { func, args: SmallVec::from_slice(args) });
        debug_assert!(old.args.is_empty(), "the last call was not taken");
        Trap::Call
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_has_every_function_with_its_parameters() {
        for function in PreludeFn::ALL {
            let head = alloc::format!("    static {}(", function.name());
            let line = SOURCE.lines().find(|line| line.starts_with(&head));
            let params = line.and_then(|line| line.split_once('(')?.1.split_once(')'));
            let count = params.map(|(params, _)| params.split(',').count() as u32);
            assert_eq!(count, Some(function.params()), "{}", function.name());
        }
    }

    #[test]
    fn the_source_uses_only_builtin_functions_that_exist() {
        for word in SOURCE.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            if word.starts_with("__") && word != BOX {
                assert!(crate::builtin::find_function(word).is_some(), "{word}");
            }
        }
    }
}
