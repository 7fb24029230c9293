//! The generator of programs earns its keep only while most of what it makes can be built.

use agree::rng::Rng;
use nyash_fuzz::{front, generate};
use std::collections::BTreeMap;

#[test]
fn most_programs_have_no_errors() {
    let mut reasons: BTreeMap<String, u32> = BTreeMap::new();
    let count = 300;
    for i in 0..count {
        if let Err(reason) = front::build(&generate::program(&Rng::new(1, i).bytes(6000))) {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    let wrong: u32 = reasons.values().sum();
    assert!(wrong * 5 < count as u32, "{wrong} of {count} have errors: {reasons:#?}");
}
