//! The operating-system side of `nyrt`: the heap region, the console, clocks, local time.
//!
//! It knows nothing of values or programs; everything goes through `nyrt`'s traits `RegionSource` and `Host`.

pub mod console;
pub mod region;

pub use console::Console;
pub use region::Reservation;
