//! Calls: of functions, of methods whose class is known or one of a few, of function values, of builtin methods.

use infer::{Kinds, Ty};
use mir::func::{Rep, is_bit};
use mir::inst::{Builtin, ClassIx, FuncId, Inst, Op, Own, Val, Vals};
use mir::types::Slot;
use nyrt::builtin::{self, BuiltinId, Owner};
use nyrt::value::{ClassId, class_id};
use syntax::intern::Symbol;

use crate::body::{Body, Held};
use crate::guards::Way;
use crate::inline::{lends, takes};
use crate::known::Method;
use crate::members::Action;

/// Most functions that a call chooses from by tests.
const MOST_TARGETS: usize = 6;
/// Most classes that such a call tests.
const MOST_CLASSES: usize = 12;

/// A function that a method call may mean.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) func: FuncId,
    pub(crate) is_static: bool,
}

/// Whether a builtin takes so many arguments.
fn fits(id: BuiltinId, args: usize) -> bool {
    let row = builtin::row(id);
    (row.min()..=row.max()).contains(&args)
}

impl Body<'_> {
    /// Calls; whether it was one whose target is known.
    pub(crate) fn call(&mut self, inst: Inst) -> bool {
        match inst.op {
            Op::Call { func, args } => {
                let args = self.arguments(func, None, args);
                self.call_direct(inst.dst, func, args);
                true
            }
            Op::CallMethod { object, name, args } => {
                if self.cx.names.fini == Some(name) {
                    return false;
                }
                self.method_of_box(inst, object, name, args)
                    || self.function_in_field(inst, object, name, args)
                    || self.method_of_builtin(inst, object, name, args)
                    || self.call_guarded(inst, object, name, args)
            }
            Op::CallValue { callee, args } => self.function_value(inst, callee, args),
            Op::CallBuiltin { builtin, args } => self.native(inst, BuiltinId(builtin.0 as u16), None, args),
            Op::NewBuiltin { class, args } => match builtin::constructor(ClassId(class.0)) {
                Some(id) => self.native(inst, id, None, args),
                None => false,
            },
            _ => false,
        }
    }

    /// A call of a function of the program, whose result goes to a value of the source.
    fn call_direct(&mut self, dst: Val, func: FuncId, args: Vals) {
        let slot = self.cx.signatures.of(func).result;
        if lends(self.cx, func, self.id) {
            let call = Op::CallLent { func, args };
            return self.give_retained(dst, slot, |body, dst| body.emit_throwing(call, dst));
        }
        let call = self.owning_call(func, args);
        self.give(dst, slot, Held::Owned, |body, dst| body.emit_throwing(call, dst));
    }

    /// The call of a function that does not lend its result: what it takes gets a count.
    fn owning_call(&mut self, func: FuncId, args: Vals) -> Op {
        let given = takes(self.cx, func);
        if given == 0 {
            return Op::CallDirect { func, args };
        }
        let args: Vec<Val> = self.out.vals(args.0).collect();
        let args = args.into_iter().enumerate().map(|(i, arg)| match is_bit(given, i) {
            true => self.emit(Op::Retain { a: arg }, Rep::Ref).0,
            false => arg.0,
        });
        let args: Vec<u32> = args.collect();
        Op::CallGiving { func, args: Vals(self.out.push_list(args)), given }
    }

    /// Arguments in the representations of a function's parameters.
    pub(crate) fn arguments(&mut self, func: FuncId, me: Option<(Val, Slot)>, args: Vals) -> Vals {
        let params = &self.cx.signatures.of(func).params;
        let mut out = Vec::with_capacity(params.len());
        let mut params = params.iter();
        if let Some((me, slot)) = me
            && let Some(param) = params.next()
        {
            out.push(self.convert(me, slot, Held::Borrowed, param.rep).0);
        }
        for (arg, param) in self.src.list(args.0).iter().zip(params) {
            out.push(self.borrow_as(Val(*arg), param.rep).0);
        }
        Vals(self.out.push_list(out))
    }

    /// The function that a method means for objects of a class, if it takes so many arguments.
    pub(crate) fn method_in(&self, class: ClassIx, name: Symbol, args: usize) -> Option<Target> {
        let (_, method) = self.cx.program.find_method(class, name)?;
        let fits = method.arity as usize == args && !method.func.is_none();
        let target = Target { func: method.func, is_static: method.is_static };
        (fits && self.facts().reached(method.func)).then_some(target)
    }

    /// The functions that a method means for objects of a value's classes; nothing when it is something else for one.
    fn targets(&self, object: Val, name: Symbol, args: usize) -> Option<Vec<Way<Target>>> {
        let classes = self.facts().classes(self.ty(object))?;
        if classes.is_empty() || classes.len() > MOST_CLASSES {
            return None;
        }
        let mut targets = Vec::new();
        for class in classes {
            Way::add(&mut targets, self.method_in(*class, name, args)?, *class);
        }
        (targets.len() <= MOST_TARGETS).then_some(targets)
    }

    fn method_of_box(&mut self, inst: Inst, object: Val, name: Symbol, args: Vals) -> bool {
        let Some(targets) = self.targets(object, name, self.src.list(args.0).len()) else { return false };
        let slot = self.slot(object);
        let Some(me) = self.checked(object, Action::Call, name) else { return false };
        let arguments = |body: &mut Self, Target { func, is_static }: Target| {
            let me = (!is_static).then_some((me, slot));
            body.arguments(func, me, args)
        };
        if let [target] = &targets[..] {
            let args = arguments(self, target.what);
            self.call_direct(inst.dst, target.what.func, args);
            return true;
        }
        let (join, mut arms) = (self.join(inst.dst), Vec::new());
        let (last, others) = (targets.len() - 1, &targets[..targets.len() - 1]);
        for target in others {
            let (arm, _) = self.new_block(&[]);
            arms.push(arm);
            for class in &target.classes {
                self.test(Op::ClassIs { a: me, class: *class }, arm);
            }
        }
        for (i, target) in targets[last..].iter().chain(others).enumerate() {
            if i > 0 {
                self.write_into(arms[i - 1]);
            }
            let args = arguments(self, target.what);
            let result = self.called(target.what.func, args, self.rep(inst.dst));
            self.jump_to(join, &[result]);
        }
        self.write_into(join);
        true
    }

    /// The block after an instruction that was split, with its result as parameter.
    pub(crate) fn join(&mut self, dst: Val) -> usize {
        let (join, _) = self.new_block(&[]);
        self.set_params(join, (!dst.is_none()).then_some(dst).into_iter().collect());
        join
    }

    /// Goes to a block if a test holds; what follows is written where it does not.
    pub(crate) fn test(&mut self, op: Op, holds: usize) {
        let cond = self.emit(op, Rep::Bool);
        let (other, _) = self.new_block(&[]);
        let (then, els) = (self.edge_to(holds, &[]), self.edge_to(other, &[]));
        self.emit_to(Op::Branch { cond, then, els }, Val::NONE);
        self.write_into(other);
    }

    /// A call of a function of the program: its result with a count, in a representation.
    pub(crate) fn called(&mut self, func: FuncId, args: Vals, rep: Rep) -> Val {
        let slot = self.cx.signatures.of(func).result;
        let mut result = self.fresh(slot.rep);
        if lends(self.cx, func, self.id) {
            self.emit_throwing(Op::CallLent { func, args }, result);
            result = self.emit(Op::Retain { a: result }, slot.rep);
        } else {
            let call = self.owning_call(func, args);
            self.emit_throwing(call, result);
        }
        self.convert(result, slot, Held::Owned, rep)
    }

    fn function_value(&mut self, inst: Inst, callee: Val, args: Vals) -> bool {
        if self.slot(callee).rep != Rep::Ref {
            return false;
        }
        let Some(funcs) = self.functions(self.ty(callee), args) else { return false };
        self.call_functions(inst.dst, self.val(callee), &funcs, args, false);
        true
    }

    /// A function that a field holds, called like a method.
    fn function_in_field(&mut self, inst: Inst, object: Val, name: Symbol, args: Vals) -> bool {
        let Some((class, place)) = self.place(object, name) else { return false };
        let ty = self.ty(object);
        let classes = self.facts().classes(ty).unwrap_or_default();
        let field = |class: &ClassIx| self.facts().field(*class, name);
        let Some(held) = field(&class) else { return false };
        // A field of a parent has one type for all that inherit it; others have to be looked at one by one.
        let is_field = |class: &ClassIx| {
            field(class) == Some(held)
                && matches!(self.facts().resolve(self.cx.program, *class, name), infer::Resolved::None)
        };
        if place.slot.rep != Rep::Ref || !classes.iter().all(is_field) || !self.facts().dies_quietly(held) {
            return false;
        }
        let Some(funcs) = self.functions(held, args) else { return false };
        let Some(object) = self.checked(object, Action::Call, name) else { return false };
        let loaded = self.emit(Op::Load { object, class, field: name }, Rep::Ref);
        let callee = self.emit(Op::Retain { a: loaded }, Rep::Ref);
        self.call_functions(inst.dst, callee, &funcs, args, true);
        true
    }

    /// The functions that a value of this type may be, if it is one for sure and all of them take these arguments.
    fn functions(&self, ty: Ty, args: Vals) -> Option<Vec<FuncId>> {
        let funcs = self.facts().closures(ty).filter(|_| ty.kinds == Kinds::FUNC)?;
        let count = self.src.list(args.0).len();
        let fits = |f: &FuncId| {
            let func = self.cx.program.func(*f);
            // A call through a function value expects a result of its own and gives nothing along.
            !func.has_me
                && func.params as usize == count
                && self.facts().reached(*f)
                && !lends(self.cx, *f, self.id)
                && takes(self.cx, *f) == 0
        };
        let few = !funcs.is_empty() && funcs.len() <= MOST_TARGETS;
        (few && funcs.iter().all(fits)).then(|| funcs.to_vec())
    }

    /// Calls a function value that is one of a few. `owned`: it is released behind the call, which nobody notices.
    fn call_functions(&mut self, dst: Val, callee: Val, funcs: &[FuncId], args: Vals, owned: bool) {
        let Some((last, others)) = funcs.split_last() else { return };
        let call = |body: &mut Self, func: FuncId, dst: Val| {
            let op = Op::CallClosure { callee, func, args: body.arguments(func, None, args) };
            let unwind = if owned { body.unwind_releasing(callee) } else { body.unwind() };
            body.push(Inst { op, dst, unwind });
            if owned {
                body.emit_to(Op::ReleaseQuiet { a: Own(callee) }, Val::NONE);
            }
        };
        if others.is_empty() {
            let slot = self.cx.signatures.of(*last).result;
            return self.give(dst, slot, Held::Owned, |body, dst| call(body, *last, dst));
        }
        let join = self.join(dst);
        let mut arms = Vec::new();
        for func in others {
            let (arm, _) = self.new_block(&[]);
            arms.push(arm);
            self.test(Op::ClosureIs { a: callee, func: *func }, arm);
        }
        for (i, func) in [*last].iter().chain(others).enumerate() {
            if i > 0 {
                self.write_into(arms[i - 1]);
            }
            let slot = self.cx.signatures.of(*func).result;
            let result = self.fresh(slot.rep);
            call(self, *func, result);
            let result = self.convert(result, slot, Held::Owned, self.rep(dst));
            self.jump_to(join, &[result]);
        }
        self.write_into(join);
    }

    /// The builtin class that all values of a type have, once they are not zero.
    fn builtin_class(&self, ty: Ty) -> Option<ClassId> {
        const CLASSES: &[(Kinds, ClassId)] = &[
            (Kinds::BOOL, class_id::BOOL),
            (Kinds::INT, class_id::INTEGER),
            (Kinds::FLOAT, class_id::FLOAT),
            (Kinds::STR, class_id::STRING),
            (Kinds::ARR, class_id::ARRAY),
            (Kinds::MAP, class_id::MAP),
        ];
        let kinds = ty.kinds - Kinds::NOTHING;
        if kinds == Kinds::BUILTIN {
            return self.facts().builtin_class(ty);
        }
        CLASSES.iter().find(|(kind, _)| *kind == kinds).map(|(_, class)| *class)
    }

    /// The row of a builtin method, unless the prelude has one of that name.
    fn builtin_method(&self, class: ClassId, name: Symbol) -> Option<BuiltinId> {
        let added = |(of, method): &(Builtin, mir::program::Method)| of.0 == class.0 && method.name == name;
        if self.cx.program.builtin_methods.iter().any(added) {
            return None;
        }
        let text = self.cx.program.names.text(name);
        builtin::find_method(class, text).or_else(|| builtin::find_universal(text))
    }

    fn method_of_builtin(&mut self, inst: Inst, object: Val, name: Symbol, args: Vals) -> bool {
        let ty = self.ty(object);
        let Some(class) = self.builtin_class(ty) else { return false };
        let Some(id) = self.builtin_method(class, name) else { return false };
        if self.method_with_row(inst, id, object, name, args) {
            return true;
        }
        if !ty.has(Kinds::NOTHING) && !self.may_be_dead(ty) {
            return self.native(inst, id, Some(object), args);
        }
        // What every value has, dead boxes and `null` may have too.
        let everybody = builtin::row(id).owner == Owner::Every;
        if everybody || !fits(id, self.src.list(args.0).len()) {
            return false;
        }
        self.checked(object, Action::Call, name).is_some() && self.native(inst, id, Some(object), args)
    }

    /// The call of a builtin, with a receiver that is neither zero nor dead.
    fn native(&mut self, inst: Inst, id: BuiltinId, object: Option<Val>, args: Vals) -> bool {
        let args: Vec<Val> = self.src.vals(args.0).collect();
        if !fits(id, args.len()) {
            return false;
        }
        let mut all = Vec::with_capacity(args.len() + 1);
        if let Some(object) = object {
            all.push(self.val(object).0);
        }
        all.extend(args.into_iter().map(|v| self.item(v).0));
        let args = Vals(self.out.push_list(all));
        self.emit_throwing(Op::CallNative { builtin: Builtin(u32::from(id.0)), args }, inst.dst);
        true
    }

    /// A builtin method that is a row of typed MIR.
    fn method_with_row(&mut self, inst: Inst, id: BuiltinId, object: Val, name: Symbol, args: Vals) -> bool {
        let Some(method) = self.cx.known.find(id) else { return false };
        let dst = inst.dst;
        let args: Vec<Val> = self.src.vals(args.0).collect();
        let int = Slot { rep: Rep::I64, void: false };
        let float = Slot { rep: Rep::F64, void: false };
        match (method, &args[..]) {
            (Method::ArrayLength, []) => {
                let Some(array) = self.checked(object, Action::Call, name) else { return false };
                self.give_op(dst, int, Held::Scalar, Op::ArrLen { array });
            }
            (Method::StringLength, []) => {
                let Some(a) = self.checked(object, Action::Call, name) else { return false };
                self.give_op(dst, int, Held::Scalar, Op::StrLen { a });
            }
            (Method::ArrayGet, [index]) => return self.array_get(dst, object, *index, name),
            (Method::ArraySet, [index, value]) => {
                if !self.array_set(object, *index, *value, name) {
                    return false;
                }
                self.give_void(dst);
            }
            (Method::ArrayPush, [value]) => {
                let Some(array) = self.checked(object, Action::Call, name) else { return false };
                let value = self.item(*value);
                self.emit_throwing(Op::ArrPush { array, value }, Val::NONE);
                self.give_void(dst);
            }
            (Method::MapSize, []) => {
                let Some(map) = self.checked(object, Action::Call, name) else { return false };
                self.give_op(dst, int, Held::Scalar, Op::MapLen { map });
            }
            (Method::MapGet, [key]) => return self.map_get(dst, object, *key, name),
            (Method::MapHas, [key]) => {
                let Some(map) = self.checked(object, Action::Call, name) else { return false };
                let key = self.key(*key);
                let bool = Slot { rep: Rep::Bool, void: false };
                self.give(dst, bool, Held::Scalar, |body, dst| {
                    body.emit_throwing(Op::MapHas { map, key }, dst)
                });
            }
            (Method::MapSet, [key, value]) => {
                if !self.map_set(object, *key, *value, name) {
                    return false;
                }
                self.give_void(dst);
            }
            (Method::StringAt, [index]) => return self.string_at(dst, object, *index, name),
            (Method::StringCode, [index]) if self.ty(*index).kinds == Kinds::INT => {
                let Some(a) = self.checked(object, Action::Call, name) else { return false };
                let index = self.borrow_as(*index, Rep::I64);
                self.give_op(dst, int, Held::Scalar, Op::StrCode { a, index });
            }
            (Method::FloatSqrt, []) if self.ty(object).kinds == Kinds::FLOAT => {
                let a = self.borrow_as(object, Rep::F64);
                self.give(dst, float, Held::Scalar, |body, dst| body.emit_throwing(Op::FSqrt { a }, dst));
            }
            (Method::IntegerToFloat, []) if self.ty(object).kinds == Kinds::INT => {
                let a = self.borrow_as(object, Rep::I64);
                self.give_op(dst, float, Held::Scalar, Op::IToF { a });
            }
            _ => return false,
        }
        true
    }

    /// The result of what gives `void`.
    fn give_void(&mut self, dst: Val) {
        if self.rep(dst) != Rep::Unit {
            return self.give_op(dst, Slot { rep: self.rep(dst), void: true }, Held::Scalar, Op::Void {});
        }
        self.emit_to(Op::Void {}, dst);
    }
}
