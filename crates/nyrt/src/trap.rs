//! How an operation ends when it does not give a value. It does not unwind: tiers test the result.

use smallvec::SmallVec;

use crate::value::{FuncId, Value};

/// Why there is no value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trap {
    /// An exception is in flight: the value is `Rt::thrown` (owned there).
    Throw,
    /// Perform the call in `Rt::callout` instead; its result is the result of the operation.
    Call,
    /// The current task waits for `Rt::awaiting`; when it is resumed the operation is done again.
    Suspend,
    /// A limit was hit or the program asked to end; no Nyash code runs any more (`Rt::stop`).
    Stop,
}

/// The result of an operation: an owned value or why there is none.
pub type Outcome = Result<Value, Trap>;

/// The call that an operation asks its tier to perform in its place.
#[derive(Clone, Debug, Default)]
pub struct Callout {
    /// What to call.
    pub func: Option<FuncId>,
    /// Owned by the callout until the tier takes them.
    pub args: SmallVec<[Value; 4]>,
}
