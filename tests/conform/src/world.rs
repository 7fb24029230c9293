//! Arguments into a heap and answers out of it, for back ends over `nyrt`. A back end that has its own way to a heap
//! need not use this.

use std::cell::RefCell;
use std::rc::Rc;

use link::Linked;
use mir::func::Rep;
use mir::inst::ClassIx;
use nyrt::heap::{AllocRegion, HeapConfig, SlotType};
use nyrt::host::{Closed, Host, Stream};
use nyrt::rt::Rt;
use nyrt::value::{Kind, Value, class_id};

use crate::{Datum, End, Unit, float};

/// A host without clocks; what is written is lost.
#[derive(Default)]
struct Silent(Rc<RefCell<u64>>);

impl Host for Silent {
    fn write(&mut self, _: Stream, _: &[u8]) -> Result<(), Closed> {
        Ok(())
    }
    fn flush(&mut self) -> Result<(), Closed> {
        Ok(())
    }
    fn read_line(&mut self) -> Option<String> {
        None
    }
    fn wall_clock_us(&mut self) -> i64 {
        0
    }
    fn monotonic_ns(&mut self) -> u64 {
        *self.0.borrow_mut() += 1000;
        *self.0.borrow()
    }
    fn sleep_ns(&mut self, ns: u64) {
        *self.0.borrow_mut() += ns;
    }
    fn entropy(&mut self) -> u64 {
        4
    }
    fn utc_offset_seconds(&mut self, _: i64) -> i32 {
        0
    }
}

fn slot_type(rep: Rep, void: bool) -> SlotType {
    match rep {
        Rep::I64 => SlotType::I64,
        Rep::F64 => SlotType::F64,
        Rep::Bool => SlotType::Bool,
        Rep::Ref if void => SlotType::RefOrVoid,
        Rep::Ref => SlotType::Ref,
        Rep::Unit | Rep::Any => SlotType::Any,
    }
}

/// A runtime with the program in it. Everything that lives as long as the program has been made.
///
/// # Panics
/// When there is no memory.
pub fn load(unit: &Unit) -> (Rt, Linked) {
    let region = AllocRegion::new(16 << 20).expect("memory");
    let config = HeapConfig { audit: true, ..HeapConfig::default() };
    let mut rt = Rt::new(Box::new(region), config, Box::new(Silent::default())).expect("a runtime");
    rt.limits.max_depth = unit.max_depth;
    let layout = |class: ClassIx, field: usize| {
        let slot = unit.fields.get(class.index()).and_then(|c| c.get(field));
        slot.map_or(SlotType::Any, |slot| slot_type(slot.rep, slot.void))
    };
    let mut linked = Linked::with_layouts(&mut rt, unit.fresh(), &layout);
    for func in &unit.program.funcs {
        for inst in &func.insts {
            if let mir::inst::Op::Str { text } = inst.op {
                linked.text(&mut rt, text).expect("memory");
            }
        }
    }
    (rt, linked)
}

/// Makes values, owned by the caller.
///
/// # Panics
/// When there is no memory, or for what cannot be an argument.
pub fn make(rt: &mut Rt, linked: &Linked, data: &[Datum]) -> Vec<Value> {
    let mut made: Vec<Value> = Vec::new();
    for datum in data {
        let value = match datum {
            Datum::Same(n) => rt.heap.own(made[*n]),
            other => value(rt, linked, other),
        };
        made.push(value);
    }
    made
}

fn value(rt: &mut Rt, linked: &Linked, datum: &Datum) -> Value {
    match datum {
        Datum::Void => Value::VOID,
        Datum::Null => Value::NULL,
        Datum::Bool(b) => Value::bool(*b),
        Datum::Int(n) => Value::int(*n),
        Datum::Float(bits) => Value::float(f64::from_bits(*bits)),
        Datum::Str(text) => rt.heap.str_new(text).expect("memory"),
        Datum::Array(items) => {
            let items: Vec<Value> = items.iter().map(|item| value(rt, linked, item)).collect();
            let array = rt.heap.arr_from(&items).expect("memory");
            items.iter().for_each(|item| rt.heap.release(*item));
            array
        }
        Datum::Map(entries) => {
            let map = rt.heap.map_new().expect("memory");
            for (key, of_key) in entries {
                let (key, of_key) = (value(rt, linked, key), value(rt, linked, of_key));
                let old = rt.heap.map_set(map.as_ref(), key, of_key).expect("memory");
                assert_eq!(old, None, "a key twice");
                [key, of_key].into_iter().for_each(|v| rt.heap.release(v));
            }
            map
        }
        Datum::Object(class, fields) => {
            let object = rt.heap.obj_new(linked.class(ClassIx(*class))).expect("memory");
            for (i, field) in fields.iter().enumerate() {
                let field = value(rt, linked, field);
                let old = rt.heap.field_set(object.as_ref(), i as u32, field).expect("memory");
                rt.heap.release(old);
            }
            object
        }
        Datum::Dead(class) => {
            let object = rt.heap.obj_new(linked.class(ClassIx(*class))).expect("memory");
            rt.heap.begin_fini(object);
            settle(rt);
            object
        }
        Datum::Cell(inside) => {
            let inside = value(rt, linked, inside);
            rt.heap.cell_new(inside).expect("memory")
        }
        Datum::Closure(func, captures) => {
            let captures: Vec<Value> = captures.iter().map(|c| value(rt, linked, c)).collect();
            let func = nyrt::value::FuncId(*func);
            let closure = rt.heap.func_new(func, Value::VOID, &captures).expect("memory");
            captures.iter().for_each(|c| rt.heap.release(*c));
            closure
        }
        Datum::Same(_) | Datum::Other(_) => panic!("{datum:?} is no argument here"),
    }
}

/// Releases values and completes their deaths.
pub fn release(rt: &mut Rt, values: &[Value]) {
    // The last one first: what is the same object as an earlier one goes before it.
    values.iter().rev().for_each(|v| rt.heap.release(*v));
    settle(rt);
}

fn settle(rt: &mut Rt) {
    let step = rt.heap.drop_step(0);
    debug_assert_eq!(step, nyrt::heap::DropStep::Done, "a fini body in a suite");
}

/// What a value is. Things that contain themselves are not in any suite.
pub fn show(rt: &Rt, v: Value) -> Datum {
    match v.kind() {
        Kind::Void => Datum::Void,
        Kind::Null => Datum::Null,
        Kind::Bool => Datum::Bool(v.as_bool() == Some(true)),
        Kind::I64 => Datum::Int(v.payload() as i64),
        Kind::F64 => float(f64::from_bits(v.payload())),
        Kind::Str => Datum::Str(rt.heap.str_text(v.as_ref()).into()),
        Kind::Arr => {
            let items = (0..rt.heap.arr_len(v.as_ref())).filter_map(|i| rt.heap.arr_peek(v.as_ref(), i));
            Datum::Array(items.map(|item| show(rt, item)).collect())
        }
        Kind::Map => {
            let (mut entries, mut at) = (Vec::new(), 0);
            while let Some((next, key, value)) = rt.heap.map_next(v.as_ref(), at) {
                entries.push((show(rt, key), show(rt, value)));
                at = next;
            }
            Datum::Map(entries)
        }
        Kind::Obj if v.class() >= class_id::FIRST_USER => {
            let class = v.class().0 - class_id::FIRST_USER.0;
            if rt.heap.is_dead(v) {
                return Datum::Dead(class);
            }
            let fields = rt.heap.layouts.get(v.class()).fields().len() as u32;
            Datum::Object(class, (0..fields).map(|i| show(rt, rt.heap.field_peek(v.as_ref(), i))).collect())
        }
        Kind::Cell => Datum::Cell(Box::new(show(rt, rt.heap.cell_peek(v.as_ref())))),
        Kind::Func => {
            let f = v.as_ref();
            let captures = (0..rt.heap.func_captures(f)).map(|i| show(rt, rt.heap.func_capture(f, i)));
            Datum::Closure(rt.heap.func_id(f).0, captures.collect())
        }
        _ => Datum::Other(rt.type_name(v).into()),
    }
}

/// How a call ended that threw a value; the value is still the caller's.
pub fn threw(rt: &Rt, v: Value) -> End {
    match (rt.error_kind(v), rt.error_message(v)) {
        (Some(kind), Some(message)) => End::Threw(kind.into(), message.into()),
        _ => End::Threw(rt.type_name(v).into(), format!("{:?}", show(rt, v))),
    }
}
