//! BufferBox: bytes that grow, and that several boxes can share.

use alloc::format;
use alloc::vec::Vec;

use super::access::{arg, clamp, elements, field, int_arg, made, make_object, set_field, text};
use crate::builtin::{Owner, builtins};
use crate::error::ErrorKind;
use crate::heap::Heap;
use crate::rt::Rt;
use crate::shapes::BUFFER_BYTES;
use crate::trap::{Outcome, Trap};
use crate::value::{Kind, Ref, Value, class_id};

builtins! { pub(crate) ROWS {
    Owner::New(class_id::BUFFER) => {
        /// An empty buffer.
        "BufferBox" () ALLOCATES -> Instance(BUFFER) => new;
    }
    Owner::Method(class_id::BUFFER) => {
        /// Appends an ArrayBox of Integers from 0 to 255 or the UTF-8 bytes of a String; gives the new length.
        "write" (data: Any) WRITES | THROWS -> Int => write;
        /// Takes the first `count` bytes out, as ArrayBox of Integers.
        "read" (count: Int) WRITES | ALLOCATES -> ArrayOf(Int) => read;
        /// All bytes, as ArrayBox of Integers; they stay.
        "readAll" () READS | ALLOCATES -> ArrayOf(Int) => read_all;
        /// Number of bytes.
        "length" "len" "size" () READS -> Length => length;
        /// Appends the bytes of another buffer; gives the new length.
        "append" (buffer: Buffer) WRITES -> Int => append;
        /// A new buffer with the bytes from `start` up to but without `end`, both clamped.
        "slice" (start: Int, end: Int) READS | ALLOCATES -> Instance(BUFFER) => slice;
        /// Removes all bytes.
        "clear" () WRITES -> Void => clear;
        /// From now on this buffer and the other one have the same bytes.
        "share_reference" (buffer: Buffer) WRITES -> Void => share_reference;
        /// Whether both have the same bytes because they share them.
        "is_shared_with" (buffer: Buffer) READS -> Bool => is_shared_with;
    }
} }

fn new(rt: &mut Rt, _: Value, _: &[Value]) -> Outcome {
    let bytes = made(rt, Heap::bytes_new)?;
    make_object(rt, class_id::BUFFER, &[bytes])
}

fn bytes(rt: &Rt, b: Value) -> Ref {
    field(rt, b, BUFFER_BYTES).as_ref()
}

/// Number of bytes of a buffer.
pub(crate) fn length_of(rt: &Rt, b: Value) -> u32 {
    rt.heap.bytes_len(bytes(rt, b))
}

fn length(rt: &mut Rt, b: Value, _: &[Value]) -> Outcome {
    Ok(Value::int(i64::from(length_of(rt, b))))
}

fn add(rt: &mut Rt, b: Value, more: &[u8]) -> Outcome {
    let storage = bytes(rt, b);
    made(rt, |heap| heap.bytes_append(storage, more))?;
    length(rt, b, &[])
}

#[cold]
fn no_data(rt: &mut Rt, v: Value) -> Trap {
    let text =
        format!("BufferBox.write takes a StringBox or an ArrayBox of Integers, got {}", rt.type_name(v));
    rt.raise(ErrorKind::TypeError, &text)
}

#[cold]
fn no_byte(rt: &mut Rt, item: Value) -> Trap {
    match item.as_int() {
        Some(n) => rt.raise(ErrorKind::MathError, &format!("BufferBox.write: {n} is not a byte (0 to 255)")),
        None => no_data(rt, item),
    }
}

fn write(rt: &mut Rt, b: Value, args: &[Value]) -> Outcome {
    let data = arg(args, 0);
    if data.kind() == Kind::Str {
        let new = Vec::from(text(rt, data).as_bytes());
        return add(rt, b, &new);
    }
    if data.kind() != Kind::Arr {
        return Err(no_data(rt, data));
    }
    let mut new = Vec::new();
    for item in elements(rt, data) {
        match item.as_int().map(u8::try_from) {
            Some(Ok(byte)) => new.push(byte),
            _ => return Err(no_byte(rt, item)),
        }
    }
    add(rt, b, &new)
}

/// An ArrayBox of the first `count` bytes.
fn numbers(rt: &mut Rt, b: Value, count: u32) -> Outcome {
    let all = rt.heap.bytes(bytes(rt, b));
    let values: Vec<Value> = all.iter().take(count as usize).map(|b| Value::int(i64::from(*b))).collect();
    made(rt, |heap| heap.arr_from(&values))
}

fn read(rt: &mut Rt, b: Value, args: &[Value]) -> Outcome {
    let count = clamp(int_arg(args, 0)).min(length_of(rt, b));
    let array = numbers(rt, b, count)?;
    let storage = bytes(rt, b);
    rt.heap.bytes_remove_front(storage, count);
    Ok(array)
}

fn read_all(rt: &mut Rt, b: Value, _: &[Value]) -> Outcome {
    numbers(rt, b, u32::MAX)
}

fn append(rt: &mut Rt, b: Value, args: &[Value]) -> Outcome {
    // A copy, since the other buffer may share this one's bytes.
    let more = Vec::from(rt.heap.bytes(bytes(rt, arg(args, 0))));
    add(rt, b, &more)
}

fn slice(rt: &mut Rt, b: Value, args: &[Value]) -> Outcome {
    let length = length_of(rt, b);
    let end = clamp(int_arg(args, 1)).min(length);
    let start = clamp(int_arg(args, 0)).min(end);
    let part = Vec::from(rt.heap.bytes(bytes(rt, b)).get(start as usize..end as usize).unwrap_or(&[]));
    let copy = new(rt, Value::VOID, &[])?;
    match add(rt, copy, &part) {
        Ok(_) => Ok(copy),
        Err(trap) => {
            rt.heap.release(copy);
            Err(trap)
        }
    }
}

fn clear(rt: &mut Rt, b: Value, _: &[Value]) -> Outcome {
    let storage = bytes(rt, b);
    made(rt, |heap| heap.bytes_resize(storage, 0))?;
    Ok(Value::VOID)
}

fn share_reference(rt: &mut Rt, b: Value, args: &[Value]) -> Outcome {
    let shared = rt.heap.own(field(rt, arg(args, 0), BUFFER_BYTES));
    set_field(rt, b, BUFFER_BYTES, shared);
    Ok(Value::VOID)
}

fn is_shared_with(rt: &mut Rt, b: Value, args: &[Value]) -> Outcome {
    Ok(Value::bool(bytes(rt, b) == bytes(rt, arg(args, 0))))
}
