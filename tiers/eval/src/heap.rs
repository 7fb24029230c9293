//! The rows that look at references, and typed calls. Before anything is read: the reference is not zero, what it
//! refers to is what the row says, and nothing is dead.

use mir::func::{Func, Rep};
use mir::inst::{ClassIx, FuncId, Inst, Op, Own, Val, Vals};
use nyrt::builtin::{self, BuiltinId};
use nyrt::error::ErrorKind;
use nyrt::heap::SlotType;
use nyrt::ops::{arith, index, map as maps, method};
use nyrt::value::{Kind, Ref, Value};
use syntax::intern::Symbol;

use crate::{Did, Eval, Step, Stop, Word};

fn fault<T>(what: impl Into<String>) -> Step<T> {
    Err(Stop::Fault(what.into()))
}

/// How a field that is stored like this is represented.
fn slot_rep(slot: SlotType) -> Rep {
    match slot {
        SlotType::Bool => Rep::Bool,
        SlotType::I32 | SlotType::I64 => Rep::I64,
        SlotType::F64 => Rep::F64,
        SlotType::Ref | SlotType::RefOrVoid | SlotType::Str => Rep::Ref,
        SlotType::Any => Rep::Any,
    }
}

/// A field of an object.
struct Place {
    object: Ref,
    position: u32,
    slot: SlotType,
}

impl Eval<'_> {
    pub(crate) fn typed_row(&mut self, func: &Func, inst: &Inst) -> Step<Did> {
        let wanted = func.rep(inst.dst);
        match inst.op {
            Op::FSqrt { a } => self.float_method(a, "sqrt"),
            Op::REq { a, b } => {
                let same = self.reference(a)? == self.reference(b)?;
                Ok(Did::Gives(Word::Bool(same)))
            }
            Op::RZero { a } => Ok(Did::Gives(Word::Bool(self.reference(a)?.is_none()))),
            Op::SEq { a, b } => {
                let (a, b) = (self.text(a)?, self.text(b)?);
                Ok(Did::Gives(Word::Bool(a == b)))
            }
            Op::BoxRef { a, void } | Op::BoxMove { a: Own(a), void } => {
                let word = Word::Ref(self.reference(a)?);
                Ok(Did::Gives(Word::Any(word.boxed(&self.rt.heap, void))))
            }
            Op::BoxLit { a, void } => {
                let r = self.literal(a)?;
                Ok(Did::Gives(Word::Any(Word::Ref(r).boxed(&self.rt.heap, void))))
            }
            Op::UnboxRef { a } | Op::UnboxMove { a: Own(a) } => {
                let value = self.any(a)?;
                self.held(value, Rep::Ref)
            }
            Op::UnboxLit { a } => {
                let r = self.literal(a)?;
                Ok(Did::Gives(Word::Ref(r)))
            }
            Op::Forget { a } => match self.get(a.0)?.reference() {
                Some(r) if self.rt.heap.count_of(r).is_some() => fault("it holds a reference"),
                _ => Ok(Did::Nothing),
            },
            Op::Lend { a } => Ok(Did::Gives(self.get(a)?)),
            Op::Plain { a } => match self.any(a)? {
                value if value.is_ref() => fault("it holds a reference"),
                value => Ok(Did::Gives(Word::Any(value))),
            },
            Op::ReleaseQuiet { a } => {
                self.release(a.0)?;
                Ok(Did::Nothing)
            }
            Op::ArrayOf { items } => {
                let items = self.values(func, items)?;
                let array = self.rt.heap.arr_from(&items).map_err(|_| self.out_of_memory())?;
                Ok(Did::Gives(Word::Ref(array.as_ref())))
            }
            Op::ClosureOf { func: callee, captures } => {
                let captures = self.values(func, captures)?;
                let made = self.rt.heap.func_new(link::func_id(callee), Value::VOID, &captures);
                let closure = made.map_err(|_| self.out_of_memory())?;
                Ok(Did::Gives(Word::Ref(closure.as_ref())))
            }
            Op::CellOf { value } => {
                let value = self.whole(value)?;
                let value = self.rt.heap.own(value);
                match self.rt.heap.cell_new(value) {
                    Ok(cell) => Ok(Did::Gives(Word::Ref(cell.as_ref()))),
                    Err(_) => {
                        self.rt.heap.release(value);
                        Err(self.out_of_memory())
                    }
                }
            }
            Op::ClassIs { a, class } => {
                let object = self.get(a)?.reference();
                let is = object.is_some_and(|r| self.rt.heap.class_of(r) == self.linked.class(class));
                Ok(Did::Gives(Word::Bool(is)))
            }
            Op::ClosureIs { a, func } => {
                let r = self.reference(a)?;
                let is = !r.is_none()
                    && self.rt.heap.value_of(r).kind() == Kind::Func
                    && self.rt.heap.func_id(r) == link::func_id(func);
                Ok(Did::Gives(Word::Bool(is)))
            }
            Op::Check { object, action, name, void } => self.check(object, action, name, void),
            Op::CheckAlive { object } => {
                let r = self.nonzero(object)?;
                let alive = self.rt.check_alive(self.rt.heap.value_of(r));
                alive.map_err(|trap| self.trap(trap))?;
                Ok(Did::Nothing)
            }
            Op::Load { object, class, field } => {
                let place = self.place_of(object, class, field)?;
                self.fits(&place, wanted)?;
                let value = self.rt.heap.field_peek(place.object, place.position);
                self.held(value, wanted)
            }
            Op::StoreRaw { object, class, field, value } => {
                let old = self.put(object, class, field, value)?;
                if self.counted(Word::Any(old)) || self.counted(self.get(value)?) {
                    return fault("the field holds a reference");
                }
                Ok(Did::Nothing)
            }
            Op::Store { object, class, field, value } => {
                let old = self.put(object, class, field, value.0)?;
                self.rt.heap.release(old);
                Ok(Did::Nothing)
            }
            Op::Swap { object, class, field, value } => {
                let old = self.put(object, class, field, value.0)?;
                self.held(old, Rep::Ref)
            }
            Op::ArrLen { array } => {
                let a = self.cell(array, Kind::Arr)?;
                Ok(Did::Gives(Word::I64(i64::from(self.rt.heap.arr_len(a)))))
            }
            Op::ArrGet { array, index } => {
                let (a, at) = (self.cell(array, Kind::Arr)?, self.int(index)?);
                let element = u32::try_from(at).ok().and_then(|at| self.rt.heap.arr_peek(a, at));
                match element {
                    Some(element) => self.held(element, wanted),
                    None if wanted.counts() => self.held(Value::NULL, wanted),
                    None if wanted == Rep::Bool => Ok(Did::Gives(Word::Bool(false))),
                    None => fault("outside of an array of numbers"),
                }
            }
            Op::ArrSet { array, index, value } => {
                let (a, at) = (self.cell(array, Kind::Arr)?, self.int(index)?);
                let value = self.get(value)?.boxed(&self.rt.heap, false);
                let array = self.rt.heap.value_of(a);
                let done = index::set(self.rt, array, Value::int(at), value);
                done.map_err(|trap| self.trap(trap))?;
                Ok(Did::Nothing)
            }
            Op::ArrPush { array, value } => {
                let a = self.cell(array, Kind::Arr)?;
                let value = self.get(value)?.boxed(&self.rt.heap, false);
                self.rt.heap.arr_push(a, value).map_err(|_| self.out_of_memory())?;
                Ok(Did::Nothing)
            }
            Op::ArrSetMove { array, index, value } => {
                self.typed_row(func, &Inst { op: Op::ArrSet { array, index, value: value.0 }, ..*inst })?;
                self.release(value.0)?;
                Ok(Did::Nothing)
            }
            Op::ArrSwap { array, index, value } => {
                let (a, at) = (self.cell(array, Kind::Arr)?, self.int(index)?);
                let Some(old) = u32::try_from(at).ok().and_then(|at| self.rt.heap.arr_peek(a, at)) else {
                    return fault("there is no such element");
                };
                let gives = self.held(old, Rep::Ref)?;
                self.rt.heap.retain(old);
                self.typed_row(func, &Inst { op: Op::ArrSetMove { array, index, value }, ..*inst })?;
                Ok(gives)
            }
            Op::ArrPushMove { array, value } => {
                self.typed_row(func, &Inst { op: Op::ArrPush { array, value: value.0 }, ..*inst })?;
                self.release(value.0)?;
                Ok(Did::Nothing)
            }
            Op::MapLen { map } => {
                let m = self.cell(map, Kind::Map)?;
                Ok(Did::Gives(Word::I64(i64::from(self.rt.heap.map_len(m)))))
            }
            Op::MapGet { map, key } => {
                let (m, key) = (self.cell(map, Kind::Map)?, self.whole(key)?);
                let value = maps::peek(self.rt, m, key);
                self.outcome(value, wanted)
            }
            Op::MapHas { map, key } => {
                let (m, key) = (self.cell(map, Kind::Map)?, self.whole(key)?);
                let has = maps::has(self.rt, m, key).map_err(|trap| self.trap(trap))?;
                Ok(Did::Gives(Word::Bool(has)))
            }
            Op::MapSet { map, key, value } => {
                let (m, key) = (self.cell(map, Kind::Map)?, self.whole(key)?);
                let value = self.get(value)?.boxed(&self.rt.heap, false);
                maps::set(self.rt, m, key, value).map_err(|trap| self.trap(trap))?;
                Ok(Did::Nothing)
            }
            Op::StrAt { a, index: at } => {
                let (s, at) = (self.cell(a, Kind::Str)?, self.int(at)?);
                let c = index::get(self.rt, Value::str(s), Value::int(at));
                self.outcome(c, Rep::Ref)
            }
            Op::StrCode { a, index } => {
                let (s, at) = (self.cell(a, Kind::Str)?, self.int(index)?);
                Ok(Did::Gives(Word::I64(self.rt.heap.str_code_at(s, at))))
            }
            Op::StrJoin { a, b } => {
                let (x, y) = (self.whole(a)?, self.whole(b)?);
                let fits = |v: Value| matches!(v.kind(), Kind::Str | Kind::I64);
                if !fits(x) || !fits(y) || x.as_int().is_some() && y.as_int().is_some() {
                    return fault(format!("{x:?} and {y:?} are not joined"));
                }
                let joined = arith::add(self.rt, x, y);
                self.outcome(joined, Rep::Ref)
            }
            Op::StrLen { a } => {
                let s = self.cell(a, Kind::Str)?;
                Ok(Did::Gives(Word::I64(i64::from(self.rt.heap.str_chars(s)))))
            }
            Op::Append { a, b } => {
                let (s, b) = (self.cell(a, Kind::Str)?, self.whole(b)?);
                let outcome = arith::add_owned(self.rt, Value::str(s), b);
                if outcome.is_ok() {
                    self.set(a, Word::Ref(Ref::NONE))?;
                }
                self.outcome(outcome, Rep::Ref)
            }
            Op::CellGet { cell } => {
                let cell = self.cell(cell, Kind::Cell)?;
                let value = self.rt.heap.cell_peek(cell);
                self.held(value, wanted)
            }
            Op::CellSet { cell, value } => {
                let cell = self.cell(cell, Kind::Cell)?;
                let value = self.get(value.0)?.boxed(&self.rt.heap, false);
                let old = self.rt.heap.cell_set(cell, value);
                self.rt.heap.release(old);
                Ok(Did::Nothing)
            }
            Op::CaptureGet { index } => self.capture(index, wanted),
            Op::GlobalGet { global } => match self.rt.global(global.0) {
                Some(value) => self.held(value, wanted),
                None => {
                    let name = self.linked.program.globals.get(global.index()).copied();
                    let name = name.map_or("?", |n| self.linked.program.names.text(n));
                    let text = format!("Variable '{name}' is not defined");
                    Err(self.raise(ErrorKind::UndefinedVariable, &text))
                }
            },
            Op::GlobalSet { global, value } => {
                let value = self.get(value.0)?.boxed(&self.rt.heap, false);
                let old = self.rt.set_global(global.0, value);
                self.rt.heap.release(old);
                Ok(Did::Nothing)
            }
            Op::CallDirect { func: callee, args } | Op::CallLent { func: callee, args } => {
                self.call_args(func, callee, args, 0, Ref::NONE)
            }
            Op::CallGiving { func: callee, args, given } => {
                self.call_args(func, callee, args, given, Ref::NONE)
            }
            Op::Take { a } => Ok(Did::Gives(self.get(a)?)),
            Op::CallClosure { callee, func: of, args } => {
                let closure = self.cell(callee, Kind::Func)?;
                if self.rt.heap.func_id(closure) != link::func_id(of) {
                    return fault("a value of another function");
                }
                if self.rt.heap.func_receiver(closure) != Value::VOID {
                    return fault("the function value has a receiver");
                }
                self.call_args(func, of, args, 0, closure)
            }
            Op::CallNative { builtin, args } => {
                let args: Step<Vec<Value>> = func.vals(args.0).map(|v| self.whole(v)).collect();
                let outcome = builtin::call_all(self.rt, BuiltinId(builtin.0 as u16), &args?);
                self.outcome(outcome, wanted)
            }
            _ => Err(Stop::NotHere(inst.op.row().mnemonic.into())),
        }
    }

    fn call_args(&mut self, func: &Func, callee: FuncId, args: Vals, given: u32, closure: Ref) -> Step<Did> {
        let args: Step<Vec<Word>> = func.vals(args.0).map(|v| self.get(v)).collect();
        Ok(Did::Calls { func: callee, args: args?, given, closure })
    }

    /// Boxed values in a row.
    fn values(&self, func: &Func, at: Vals) -> Step<Vec<Value>> {
        func.vals(at.0).map(|v| self.whole(v)).collect()
    }

    /// A value in any representation as a whole one; zero is `null`.
    fn whole(&self, v: Val) -> Step<Value> {
        Ok(self.get(v)?.boxed(&self.rt.heap, false))
    }

    fn counted(&self, word: Word) -> bool {
        word.reference().is_some_and(|r| self.rt.heap.count_of(r).is_some())
    }

    /// What something holds, in the representation that it always has.
    fn held(&self, value: Value, rep: Rep) -> Step<Did> {
        match Word::unboxed(value, rep) {
            Some(word) => Ok(Did::Gives(word)),
            None => fault(format!("there is {value:?} and not {}", rep.word())),
        }
    }

    fn nonzero(&self, v: Val) -> Step<Ref> {
        match self.reference(v)? {
            Ref::NONE => fault(format!("{v:?} is zero")),
            r => Ok(r),
        }
    }

    /// A reference to a living thing of a kind.
    fn cell(&self, v: Val, kind: Kind) -> Step<Ref> {
        let r = self.nonzero(v)?;
        let value = self.rt.heap.value_of(r);
        if value.kind() != kind {
            return fault(format!("{v:?} is {value:?} and must be {kind:?}"));
        }
        if self.rt.heap.is_dead(value) {
            return fault(format!("{v:?} is dead"));
        }
        Ok(r)
    }

    /// The text of a string, nothing for zero.
    fn text(&self, v: Val) -> Step<Option<&str>> {
        if self.reference(v)?.is_none() {
            return Ok(None);
        }
        let r = self.cell(v, Kind::Str)?;
        Ok(Some(self.rt.heap.str_text(r)))
    }

    /// A reference that nobody counts, or zero.
    fn literal(&self, v: Val) -> Step<Ref> {
        let word = self.get(v)?;
        match word {
            Word::Any(value) if !value.is_nothing() && !value.is_ref() => {
                return fault(format!("{v:?} is {value:?}"));
            }
            _ if self.counted(word) => return fault(format!("{v:?} is counted")),
            _ => {}
        }
        Ok(word.reference().unwrap_or(Ref::NONE))
    }

    fn place_of(&mut self, object: Val, class: ClassIx, field: Symbol) -> Step<Place> {
        let r = self.cell(object, Kind::Obj)?;
        let (is, of) = (self.rt.heap.class_of(r), self.linked.class(class));
        if is != of && !self.rt.classes.is_subclass(is, of) {
            return fault(format!("{object:?} is of another class"));
        }
        let name = self.linked.name(self.rt, field);
        let layout = self.rt.heap.layouts.get(is);
        let Some(position) = layout.slot_of(name) else { return fault("there is no such field") };
        let known = self.linked.field(self.rt, class, field);
        let field = self.rt.heap.layouts.get(is).fields().get(position as usize).copied();
        match (field, known) {
            (Some(field), Some(known)) if field == known && !field.weak => {
                Ok(Place { object: r, position, slot: field.slot })
            }
            (Some(field), Some(_)) if field.weak => fault("the field is weak"),
            _ => fault("the field lies elsewhere in this class"),
        }
    }

    fn fits(&self, place: &Place, rep: Rep) -> Step<()> {
        let stored = slot_rep(place.slot);
        if stored == rep || rep == Rep::Unit {
            return Ok(());
        }
        fault(format!("the field is stored as {} and used as {}", stored.word(), rep.word()))
    }

    /// Stores a value with its count; gives the old one, owned.
    fn put(&mut self, object: Val, class: ClassIx, field: Symbol, value: Val) -> Step<Value> {
        let place = self.place_of(object, class, field)?;
        let word = self.get(value)?;
        self.fits(&place, word.rep())?;
        let void = matches!(place.slot, SlotType::RefOrVoid | SlotType::Any);
        let value = word.boxed(&self.rt.heap, void);
        let stored = self.rt.heap.field_set(place.object, place.position, value);
        match stored {
            Ok(old) => Ok(old),
            Err(_) => {
                self.rt.heap.release(value);
                Err(self.out_of_memory())
            }
        }
    }

    fn capture(&self, index: u32, rep: Rep) -> Step<Did> {
        let Some(frame) = self.frames.last() else { return fault("nothing is running") };
        if frame.closure.is_none() || index >= self.rt.heap.func_captures(frame.closure) {
            return fault("there is no such captured value");
        }
        if frame.signature.captures.get(index as usize).is_none_or(|slot| slot.rep != rep) {
            return fault("the signature has another captured value");
        }
        self.held(self.rt.heap.func_capture(frame.closure, index), rep)
    }

    /// What reading or writing a field, or calling a method, of nothing throws.
    fn check(&mut self, object: Val, action: u32, name: Symbol, void: bool) -> Step<Did> {
        if !self.reference(object)?.is_none() {
            return Ok(Did::Nothing);
        }
        let (nothing, word) = if void { (Value::VOID, "void") } else { (Value::NULL, "null") };
        let name = self.linked.name(self.rt, name);
        if action < 2 {
            let text = format!("Field '{}' of {word}", self.rt.names.text(name));
            return Err(self.raise(ErrorKind::NullReference, &text));
        }
        match method::find(self.rt, nothing, name) {
            // `null` has a few methods too.
            Ok(Some(_)) => Ok(Did::Nothing),
            Ok(None) => {
                let trap = method::no_method(self.rt, nothing, name);
                Err(self.trap(trap))
            }
            Err(trap) => Err(self.trap(trap)),
        }
    }
}
