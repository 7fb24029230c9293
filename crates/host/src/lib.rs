//! The operating-system side of `nyrt`: the heap region, standard streams, the console, clocks, local time.
//!
//! It knows nothing of values or programs; everything goes through `nyrt`'s traits `RegionSource` and `Host`.

pub mod console;
pub mod region;
pub mod streams;

pub use console::Console;
pub use region::Reservation;
