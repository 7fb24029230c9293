//! Fields, elements, globals, cells and captured values.

use infer::{Kinds, Ty};
use mir::func::Rep;
use mir::inst::{ClassIx, EdgeId, Inst, Op, Own, Val, Vals};
use mir::types::Slot;
use nyrt::value::class_id;
use syntax::intern::Symbol;

use crate::body::{Body, BoolGet, Held};
use crate::convert::ANY;
use crate::{Place, same_place};

/// What is done with a value that must not be zero; the operand of [`Op::Check`].
#[derive(Clone, Copy)]
pub(crate) enum Action {
    Get = 0,
    Set = 1,
    Call = 2,
}

impl Body<'_> {
    /// Whether an object of this type may have been finalized explicitly.
    pub(crate) fn may_be_dead(&self, ty: Ty) -> bool {
        self.facts().value_may_be_dead(ty)
    }

    /// A reference of the source that is neither zero nor dead from here on: throws what the action on it throws.
    /// `None` when it is kept as Any.
    pub(crate) fn checked(&mut self, v: Val, action: Action, name: Symbol) -> Option<Val> {
        self.checked_with(v, action, name, Self::unwind)
    }

    fn checked_with(
        &mut self,
        v: Val,
        action: Action,
        name: Symbol,
        unwind: impl Fn(&mut Self) -> EdgeId,
    ) -> Option<Val> {
        if self.slot(v).rep != Rep::Ref {
            return None;
        }
        let ty = self.ty(v);
        let object = self.val(v);
        if ty.kinds.intersects(Kinds::VOID | Kinds::NULL) {
            let void = self.slot(v).void;
            let unwind = unwind(self);
            let op = Op::Check { object, action: action as u32, name, void };
            self.push(Inst { op, dst: Val::NONE, unwind });
        }
        if self.may_be_dead(ty) {
            let unwind = unwind(self);
            self.push(Inst { op: Op::CheckAlive { object }, dst: Val::NONE, unwind });
        }
        Some(object)
    }

    /// Where all objects of a type have a field that code of this function may touch.
    pub(crate) fn place(&self, object: Val, name: Symbol) -> Option<(ClassIx, Place)> {
        let classes = self.facts().classes(self.ty(object))?;
        let (first, rest) = classes.split_first()?;
        let layouts = self.cx.layouts;
        let place = layouts.place(*first, name)?;
        let same = |class: &ClassIx| layouts.place(*class, name).is_some_and(|p| same_place(p, place));
        let fits = !place.weak && rest.iter().all(same);
        let visible = classes.iter().all(|class| layouts.visible(*class, name, self.src.class));
        (fits && visible).then_some((*first, place))
    }

    /// Fields, elements, globals, cells, captured values; whether it was one with a known place.
    pub(crate) fn member(&mut self, inst: Inst) -> bool {
        let dst = inst.dst;
        match inst.op {
            Op::GetField { object, name } => {
                self.get_field(dst, object, name) || self.get_field_guarded(inst, object, name)
            }
            Op::SetField { object, name, value } => {
                self.set_field(object, name, value.0) || self.set_field_guarded(inst, object, name, value.0)
            }
            Op::GetIndex { object, index } => self.cx.names.get.is_some_and(|get| {
                self.array_get(dst, object, index, get)
                    || self.map_get(dst, object, index, get)
                    || self.string_at(dst, object, index, get)
            }),
            Op::SetIndex { object, index, value } => self.cx.names.set.is_some_and(|set| {
                self.array_set(object, index, value, set) || self.map_set(object, index, value, set)
            }),
            Op::GetGlobal { global } => {
                let slot = self.slot(dst);
                self.give_retained(dst, slot, |body, dst| body.emit_throwing(Op::GlobalGet { global }, dst));
                true
            }
            Op::SetGlobal { global, value } => {
                let value = Own(self.own_as(value.0, self.item_rep(value.0)));
                self.emit_throwing(Op::GlobalSet { global, value }, Val::NONE);
                true
            }
            Op::GetCell { cell } => {
                let slot = self.slot(dst);
                let cell = self.borrow_as(cell, Rep::Ref);
                self.give_retained(dst, slot, |body, dst| body.emit_to(Op::CellGet { cell }, dst));
                true
            }
            Op::SetCell { cell, value } => {
                let cell = self.borrow_as(cell, Rep::Ref);
                let value = Own(self.own_as(value.0, self.item_rep(value.0)));
                self.emit_throwing(Op::CellSet { cell, value }, Val::NONE);
                true
            }
            Op::Capture { index } => {
                self.emit_to(Op::CaptureGet { index }, dst);
                true
            }
            Op::NewCell { value } => {
                let item = self.item(value.0);
                self.runtime(Inst { op: Op::CellOf { value: item }, ..inst });
                self.kept(value.0);
                true
            }
            Op::NewArray { items } => {
                let list = self.item_list(Vals(items.0));
                self.runtime(Inst { op: Op::ArrayOf { items: list }, ..inst });
                self.all_kept(items.0);
                true
            }
            Op::NewBuiltin { class, args }
                if class.0 == class_id::ARRAY.0 && self.src.list(args.0).is_empty() =>
            {
                self.runtime(Inst { op: Op::ArrayOf { items: args }, ..inst });
                true
            }
            Op::NewClosure { func, captures } => {
                let list = self.item_list(Vals(captures.0));
                self.runtime(Inst { op: Op::ClosureOf { func, captures: list }, ..inst });
                self.all_kept(captures.0);
                true
            }
            _ => false,
        }
    }

    fn all_kept(&mut self, list: u32) {
        let vals: Vec<Val> = self.src.vals(list).collect();
        vals.into_iter().for_each(|v| self.kept(v));
    }

    /// A consumed value of the source has been taken by something that counts for itself: it cannot die here.
    fn kept(&mut self, v: Val) {
        if self.slot(v).rep.counts() && self.held(v) == Held::Owned {
            let a = Own(self.val(v));
            self.emit_to(Op::ReleaseUnwinding { a }, Val::NONE);
        }
    }

    fn get_field(&mut self, dst: Val, object: Val, field: Symbol) -> bool {
        let Some((class, place)) = self.place(object, field) else { return false };
        let Some(object) = self.checked(object, Action::Get, field) else { return false };
        self.give_retained(dst, place.slot, |body, dst| body.emit_to(Op::Load { object, class, field }, dst));
        true
    }

    fn set_field(&mut self, object: Val, field: Symbol, value: Val) -> bool {
        let Some((class, place)) = self.place(object, field) else { return false };
        // A store that fails has taken its operand, which the check has not.
        let spare =
            (self.slot(value).rep.counts() && self.held(value) == Held::Owned).then(|| self.val(value));
        let object = self.checked_with(object, Action::Set, field, |body| match spare {
            Some(spare) => body.unwind_releasing(spare),
            None => body.unwind(),
        });
        let Some(object) = object else { return false };
        let value = self.own_as(value, place.slot.rep);
        self.store(object, class, field, value);
        true
    }

    /// Writes a field of an object that has it.
    pub(crate) fn store(&mut self, object: Val, class: ClassIx, field: Symbol, value: Val) {
        if self.rep(value).counts() {
            self.emit_throwing(Op::Store { object, class, field, value: Own(value) }, Val::NONE);
        } else {
            self.emit_to(Op::StoreRaw { object, class, field, value }, Val::NONE);
        }
    }

    /// Whether a value is of one kind for sure, once it is not zero.
    fn is_only(&self, v: Val, kind: Kinds) -> bool {
        self.ty(v).kinds - Kinds::NOTHING == kind
    }

    /// A key of a map, and what is joined to a text: as it is when it is an integer or a reference whose zero is `null`,
    /// else as Any.
    pub(crate) fn key(&mut self, v: Val) -> Val {
        match self.slot(v).rep {
            Rep::F64 | Rep::Bool => self.any(v),
            _ => self.item(v),
        }
    }

    /// How what is read from a container into `dst` comes: what is kept as a reference or a scalar is so in all of it.
    fn content_slot(&self, dst: Val) -> Slot {
        match self.slot(dst) {
            slot if slot.rep == Rep::Unit => ANY,
            slot => slot,
        }
    }

    pub(crate) fn map_get(&mut self, dst: Val, map: Val, key: Val, name: Symbol) -> bool {
        if !self.is_only(map, Kinds::MAP) {
            return false;
        }
        let Some(map) = self.checked(map, Action::Call, name) else { return false };
        let key = self.key(key);
        let slot = self.content_slot(dst);
        self.give_retained(dst, slot, |body, dst| body.emit_throwing(Op::MapGet { map, key }, dst));
        true
    }

    pub(crate) fn map_set(&mut self, map: Val, key: Val, value: Val, name: Symbol) -> bool {
        if !self.is_only(map, Kinds::MAP) {
            return false;
        }
        let Some(map) = self.checked(map, Action::Call, name) else { return false };
        let (key, value) = (self.key(key), self.item(value));
        self.emit_throwing(Op::MapSet { map, key, value }, Val::NONE);
        true
    }

    pub(crate) fn string_at(&mut self, dst: Val, a: Val, index: Val, name: Symbol) -> bool {
        if !self.is_only(a, Kinds::STR) || self.ty(index).kinds != Kinds::INT {
            return false;
        }
        let Some(a) = self.checked(a, Action::Call, name) else { return false };
        let index = self.borrow_as(index, Rep::I64);
        let slot = Slot { rep: Rep::Ref, void: true };
        self.give(dst, slot, Held::Owned, |body, dst| body.emit_throwing(Op::StrAt { a, index }, dst));
        true
    }

    pub(crate) fn array_get(&mut self, dst: Val, array: Val, index: Val, name: Symbol) -> bool {
        if !self.is_only(array, Kinds::ARR) || self.ty(index).kinds != Kinds::INT {
            return false;
        }
        let elem = self.facts().elem(self.ty(array));
        let Some(array) = self.checked(array, Action::Call, name) else { return false };
        let index = self.borrow_as(index, Rep::I64);
        let slot = self.content_slot(dst);
        if slot.rep == Rep::Any && elem.kinds == Kinds::BOOL {
            self.bool_get = Some(BoolGet { at: self.at, dst, array, index });
        }
        self.give_retained(dst, slot, |body, dst| body.emit_to(Op::ArrGet { array, index }, dst));
        true
    }

    /// The truth of an element of an array of Bools that was read just before: outside `null` is as false as `false`, so
    /// that it need not be told from it.
    pub(crate) fn truth_of_element(&mut self, dst: Val, a: Val, not: bool) -> bool {
        match self.bool_get {
            Some(BoolGet { at, dst: read, array, index }) if read == a && at + 1 == self.at => {
                self.give_bool(dst, Op::ArrGet { array, index }, not)
            }
            _ => false,
        }
    }

    pub(crate) fn array_set(&mut self, array: Val, index: Val, value: Val, name: Symbol) -> bool {
        if !self.is_only(array, Kinds::ARR) || self.ty(index).kinds != Kinds::INT {
            return false;
        }
        let Some(array) = self.checked(array, Action::Call, name) else { return false };
        let index = self.borrow_as(index, Rep::I64);
        let value = self.item(value);
        self.emit_throwing(Op::ArrSet { array, index, value }, Val::NONE);
        true
    }

    /// Values of the source that go into something, see [`Body::item`].
    fn item_list(&mut self, list: Vals) -> Vals {
        let vals: Vec<Val> = self.src.vals(list.0).collect();
        let vals: Vec<u32> = vals.into_iter().map(|v| self.item(v).0).collect();
        Vals(self.out.push_list(vals))
    }

    /// A value that goes into an array: as it is when it says itself what it is, else as Any.
    pub(crate) fn item(&mut self, v: Val) -> Val {
        self.borrow_as(v, self.item_rep(v))
    }

    /// A representation from which a value can be told without its type: the code that reads it may have another one.
    fn item_rep(&self, v: Val) -> Rep {
        match self.slot(v).rep {
            rep @ (Rep::I64 | Rep::F64 | Rep::Bool | Rep::Any) => rep,
            Rep::Ref if !self.facts().ty(self.id, v).kinds.intersects(Kinds::VOID) => Rep::Ref,
            // `null` is what references have for nothing.
            Rep::Unit if self.facts().ty(self.id, v).kinds == Kinds::NULL => Rep::Ref,
            Rep::Ref | Rep::Unit => Rep::Any,
        }
    }
}
