//! RandomBox: ChaCha with 8 rounds, so that a seed gives the same numbers everywhere and for ever.
//!
//! The stream is that of `ChaCha8Rng::seed_from_u64(seed)`, read as 64-bit numbers. From a number come: a Float in
//! [0, 1) from its upper 53 bits; a Bool from its lowest bit; a number below `n` by multiplying with `n` and
//! taking the upper half, drawing again in the biased part (Lemire).

use alloc::format;
use alloc::string::String;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::access::{arg, check_room, elements, float_of, int_arg, made, make_object, make_text};
use crate::builtin::{Owner, builtins};
use crate::error::ErrorKind;
use crate::rt::Rt;
use crate::trap::Outcome;
use crate::value::{Value, class_id};

builtins! { pub(crate) ROWS {
    Owner::New(class_id::RANDOM) => {
        /// Random numbers, different in every run until `seed` is called.
        "RandomBox" () ALLOCATES | OUTSIDE -> Instance(RANDOM) => new;
    }
    Owner::Method(class_id::RANDOM) => {
        /// Starts the sequence that belongs to this number.
        "seed" (seed: Int) WRITES -> Void => seed;
        /// A Float from 0 up to but without 1.
        "random" () WRITES -> Float => random;
        /// An Integer between two others, both included.
        "randInt" (least: Int, greatest: Int) WRITES | THROWS -> Int => rand_int;
        /// `true` or `false`.
        "randBool" () WRITES -> Bool => rand_bool;
        /// An element of an array; `null` when it is empty.
        "choice" (array: Array) WRITES | READS -> ElemOfFirst | Null => choice;
        /// A new array with the elements of this one in random order.
        "shuffle" (array: Array) WRITES | READS | ALLOCATES -> ArrayOf(ElemOfFirst) => shuffle;
        /// Text of so many ASCII letters and digits.
        "randString" (length: Int) WRITES | ALLOCATES -> Str => rand_string;
        /// `true` with this probability.
        "probability" (p: Num) WRITES -> Bool => probability;
    }
} }

fn new(rt: &mut Rt, _: Value, _: &[Value]) -> Outcome {
    let random = make_object(rt, class_id::RANDOM, &[])?;
    rt.boxes.sweep(&mut rt.heap);
    let index = rt.boxes.generators.add(ChaCha8Rng::seed_from_u64(rt.host.entropy()));
    rt.heap.native_set(random.as_ref(), index);
    Ok(random)
}

/// Runs `draw` with the generator of a box.
fn with<T>(rt: &mut Rt, r: Value, draw: impl FnOnce(&mut ChaCha8Rng) -> T) -> T {
    let index = rt.heap.native_get(r.as_ref());
    match rt.boxes.generators.get(index) {
        Some(generator) => draw(generator),
        // Every RandomBox has a generator until it dies; a fixed one stands in for what cannot be.
        None => draw(&mut ChaCha8Rng::seed_from_u64(0)),
    }
}

/// A number below `n`, which is not 0.
fn below(generator: &mut ChaCha8Rng, n: u64) -> u64 {
    loop {
        let product = u128::from(generator.next_u64()) * u128::from(n);
        let low = product as u64;
        if low >= n || low >= n.wrapping_neg() % n {
            return (product >> 64) as u64;
        }
    }
}

fn unit(generator: &mut ChaCha8Rng) -> f64 {
    // 2^-53: the product is exact.
    (generator.next_u64() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
}

fn seed(rt: &mut Rt, r: Value, args: &[Value]) -> Outcome {
    let seed = int_arg(args, 0) as u64;
    with(rt, r, |generator| *generator = ChaCha8Rng::seed_from_u64(seed));
    Ok(Value::VOID)
}

fn random(rt: &mut Rt, r: Value, _: &[Value]) -> Outcome {
    Ok(Value::float(with(rt, r, unit)))
}

fn rand_int(rt: &mut Rt, r: Value, args: &[Value]) -> Outcome {
    let (least, greatest) = (int_arg(args, 0), int_arg(args, 1));
    if least > greatest {
        return Err(rt.raise(ErrorKind::MathError, &format!("randInt: {least} is greater than {greatest}")));
    }
    // The number of integers in the range; 0 stands for 2^64.
    let count = (greatest.wrapping_sub(least) as u64).wrapping_add(1);
    let offset = with(rt, r, |generator| match count {
        0 => generator.next_u64(),
        count => below(generator, count),
    });
    Ok(Value::int(least.wrapping_add(offset as i64)))
}

fn rand_bool(rt: &mut Rt, r: Value, _: &[Value]) -> Outcome {
    Ok(Value::bool(with(rt, r, |generator| generator.next_u64() & 1 == 1)))
}

fn choice(rt: &mut Rt, r: Value, args: &[Value]) -> Outcome {
    let array = arg(args, 0);
    let length = u64::from(rt.heap.arr_len(array.as_ref()));
    if length == 0 {
        return Ok(Value::NULL);
    }
    let at = with(rt, r, |generator| below(generator, length));
    Ok(super::array::element(rt, array, at as i64))
}

fn shuffle(rt: &mut Rt, r: Value, args: &[Value]) -> Outcome {
    let mut items = elements(rt, arg(args, 0));
    with(rt, r, |generator| {
        // Fisher and Yates, from the end.
        for i in (1..items.len()).rev() {
            items.swap(i, below(generator, i as u64 + 1) as usize);
        }
    });
    made(rt, |heap| heap.arr_from(&items))
}

fn rand_string(rt: &mut Rt, r: Value, args: &[Value]) -> Outcome {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let length = int_arg(args, 0).max(0) as u64;
    check_room(rt, length)?;
    let text: String = with(rt, r, |generator| {
        (0..length).map(|_| char::from(LETTERS[below(generator, 62) as usize])).collect()
    });
    make_text(rt, &text)
}

fn probability(rt: &mut Rt, r: Value, args: &[Value]) -> Outcome {
    let p = float_of(arg(args, 0));
    Ok(Value::bool(with(rt, r, unit) < p))
}
