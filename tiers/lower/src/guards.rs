//! Members of values that may be anything: the classes that have the member are tested for one by one, and only what is of
//! none of them asks the runtime, which knows dead boxes, privates, functions in fields and every error.
//!
//! It knows neither what the runtime does then nor how likely a class is.

use infer::{Kinds, Object};
use mir::func::Rep;
use mir::inst::{ClassIx, Inst, Op, Val, Vals};
use mir::types::Slot;
use syntax::intern::Symbol;

use crate::Place;
use crate::body::{Body, Held};
use crate::calls::Target;

/// Most ways besides the one to the runtime.
const MOST_WAYS: usize = 4;
/// Most classes that are tested for.
const MOST_CLASSES: usize = 8;

/// What is the same for objects of some classes.
pub(crate) struct Way<T> {
    pub(crate) what: T,
    pub(crate) classes: Vec<ClassIx>,
}

impl<T: PartialEq> Way<T> {
    /// Something is so for a class.
    pub(crate) fn add(ways: &mut Vec<Way<T>>, what: T, class: ClassIx) {
        match ways.iter_mut().find(|way| way.what == what) {
            Some(way) => way.classes.push(class),
            None => ways.push(Way { what, classes: vec![class] }),
        }
    }
}

impl Body<'_> {
    /// Ways for the classes that the objects among a value can have, as far as `find` knows one for alive objects of a
    /// class. None when there are so many that the tests would cost what they save.
    fn ways<T: PartialEq>(&self, object: Val, find: impl Fn(ClassIx) -> Option<T>) -> Vec<Way<T>> {
        let (ty, mut ways) = (self.ty(object), Vec::new());
        if !ty.has(Kinds::USER) {
            return ways;
        }
        let mut classes: Vec<ClassIx> = Vec::new();
        for object in self.facts().objects(ty) {
            match object {
                Object::Class(class) => classes.push(class),
                Object::AnyClass => {
                    classes = (0..self.cx.program.classes.len() as u32).map(ClassIx).collect()
                }
                Object::Site(..) | Object::Closure(_) | Object::AnySite => {}
            }
        }
        let alive = |class: &ClassIx| self.facts().has_instances(*class) && !self.facts().may_be_dead(*class);
        let mut count = 0;
        for class in classes.into_iter().filter(alive) {
            let Some(what) = find(class) else { continue };
            count += 1;
            Way::add(&mut ways, what, class);
        }
        if count > MOST_CLASSES || ways.len() > MOST_WAYS {
            ways.clear();
        }
        ways
    }

    /// Tests for the classes of the ways. `take` writes a way, with the object as a reference that is not zero, and gives
    /// the result; the runtime does `inst` for everything else.
    fn choose<T>(
        &mut self,
        inst: Inst,
        object: Val,
        ways: &[Way<T>],
        take: impl Fn(&mut Self, &Way<T>, Val) -> Option<Val>,
    ) -> bool {
        let tests: Vec<(usize, ClassIx)> =
            ways.iter().enumerate().flat_map(|(i, w)| w.classes.iter().map(move |c| (i, *c))).collect();
        let Some(((last, class), others)) = tests.split_last() else { return false };
        let join = self.join(inst.dst);
        let arms: Vec<usize> = ways.iter().map(|_| self.new_block(&[]).0).collect();
        let a = self.val(object);
        for (way, class) in others {
            self.test(Op::ClassIs { a, class: *class }, arms[*way]);
        }
        let cond = self.emit(Op::ClassIs { a, class: *class }, Rep::Bool);
        let rest = self.write_apart(&[], |body, _| {
            let dst = if inst.dst.is_none() { Val::NONE } else { body.fresh(body.rep(inst.dst)) };
            body.generic(Inst { dst, ..inst });
            let args: &[Val] = if dst.is_none() { &[] } else { &[dst] };
            body.jump_to(join, args);
        });
        let (then, els) = (self.edge_to(arms[*last], &[]), self.edge_to(rest, &[]));
        self.emit_to(Op::Branch { cond, then, els }, Val::NONE);
        for (arm, way) in arms.into_iter().zip(ways).rev() {
            self.write_into(arm);
            let me = self.borrow_as(object, Rep::Ref);
            let result = take(self, way, me);
            self.jump_to(join, result.as_slice());
        }
        self.write_into(join);
        true
    }

    /// Where objects of a class have a field that code of this function may touch.
    fn place_in(&self, class: ClassIx, field: Symbol) -> Option<Place> {
        let place = self.cx.layouts.place(class, field)?;
        let usable = !place.weak && place.slot.rep != Rep::Unit;
        (usable && self.cx.layouts.visible(class, field, self.src.class)).then_some(place)
    }

    /// Reads a field of whatever has it.
    pub(crate) fn get_field_guarded(&mut self, inst: Inst, object: Val, field: Symbol) -> bool {
        let ways = self.ways(object, |class| self.place_in(class, field));
        self.choose(inst, object, &ways, |body, way, object| {
            let slot = way.what.slot;
            let class = *way.classes.first()?;
            let mut value = body.emit(Op::Load { object, class, field }, slot.rep);
            let mut held = Held::Scalar;
            if slot.rep.counts() {
                (value, held) = (body.emit(Op::Retain { a: value }, slot.rep), Held::Owned);
            }
            Some(body.convert(value, slot, held, body.rep(inst.dst)))
        })
    }

    /// Writes a field of whatever has it.
    pub(crate) fn set_field_guarded(&mut self, inst: Inst, object: Val, field: Symbol, value: Val) -> bool {
        let ways = self.ways(object, |class| self.place_in(class, field));
        self.choose(inst, object, &ways, |body, way, object| {
            let class = *way.classes.first()?;
            let value = body.own_as(value, way.what.slot.rep);
            body.store(object, class, field, value);
            None
        })
    }

    /// Calls a method of whatever has one that takes these arguments.
    pub(crate) fn call_guarded(&mut self, inst: Inst, object: Val, name: Symbol, args: Vals) -> bool {
        let count = self.src.list(args.0).len();
        let ways = self.ways(object, |class| self.method_in(class, name, count));
        self.choose(inst, object, &ways, |body, way, object| {
            let Target { func, is_static } = way.what;
            let me = (!is_static).then_some((object, Slot { rep: Rep::Ref, void: false }));
            let args = body.arguments(func, me, args);
            Some(body.called(func, args, body.rep(inst.dst)))
        })
    }
}
