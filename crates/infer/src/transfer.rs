//! What each instruction gives, by what its operands are. Where something flows whatever its type is, places are
//! connected once; the rest is computed again whenever an operand grows.

use mir::inst::{Builtin, FuncId, Inst, Op};
use nyrt::builtin::{self, BuiltinId};
use nyrt::value::{ClassId, class_id};
use syntax::intern::Symbol;

use crate::classes::Resolved;
use crate::ranges::{self, Bounds};
use crate::rows::Var;
use crate::solve::Solver;
use crate::ty::{Kinds, Ty};

impl Solver<'_> {
    /// Looks at an instruction.
    pub(crate) fn transfer(&mut self, id: u32) {
        let func_id = self.graph.owner(id);
        if self.is_hub(func_id) {
            return;
        }
        let place = self.places[func_id.index()];
        let func = self.program.func(func_id);
        let at = self.graph.insts[id as usize].at as usize;
        let Some(inst) = func.insts.get(at) else { return };
        let dst = if inst.dst.is_none() { self.nowhere } else { place.var(inst.dst) };
        let use_at = |s: &Self, n: usize| s.graph.uses_of(id)[n];
        let mut a = self.graph.operand(id, 0);
        if !self.graph.insts[id as usize].reads_ints {
            a = a.with_any_int();
        }
        match inst.op {
            // What is known without looking; see `shape`.
            Op::Int { .. }
            | Op::Float { .. }
            | Op::Bool { .. }
            | Op::Str { .. }
            | Op::Null {}
            | Op::Void {}
            | Op::Eq { .. }
            | Op::Ne { .. }
            | Op::Truth { .. }
            | Op::Not { .. }
            | Op::HasGlobal { .. }
            | Op::IsCaught { .. }
            | Op::Retain { .. }
            | Op::Jump { .. }
            | Op::Branch { .. }
            | Op::Switch { .. }
            | Op::Return { .. } => {}
            // What gives nothing and keeps nothing.
            Op::CheckFini { .. }
            | Op::DeclareBox { .. }
            | Op::CheckBox { .. }
            | Op::Print { .. }
            | Op::Release { .. }
            | Op::ReleaseUnwinding { .. }
            | Op::Discard { .. }
            | Op::Outbox { .. }
            | Op::DropOutbox {}
            | Op::Rethrow { .. }
            | Op::Raise { .. }
            | Op::Unreachable {} => {}

            Op::Add { .. } | Op::AddReuse { .. } => {
                let b = self.graph.operand(id, 1);
                let ty = self.computed(self.sum(a, b), a, b, ranges::add);
                self.raise(dst, ty);
            }
            Op::Sub { .. } | Op::Div { .. } | Op::Rem { .. } => {
                let b = self.graph.operand(id, 1);
                let of = match inst.op {
                    Op::Sub { .. } => ranges::sub,
                    Op::Div { .. } => ranges::div,
                    _ => ranges::rem,
                };
                let ty = self.computed(self.number(a, b), a, b, of);
                self.raise(dst, ty);
            }
            Op::Mul { .. } => {
                let b = self.graph.operand(id, 1);
                let mut kinds = self.number(a, b);
                if self.operator_kinds(a).contains(Kinds::STR) && self.operator_kinds(b).contains(Kinds::INT)
                {
                    kinds |= Kinds::STR;
                }
                let ty = self.computed(kinds, a, b, ranges::mul);
                self.raise(dst, ty);
            }
            Op::BitAnd { .. } | Op::BitOr { .. } | Op::BitXor { .. } | Op::Shl { .. } | Op::Shr { .. } => {
                let b = self.graph.operand(id, 1);
                let kinds = self.operator_kinds(a) & self.operator_kinds(b) & Kinds::INT;
                let of = match inst.op {
                    Op::BitAnd { .. } => ranges::bit_and,
                    Op::Shl { .. } => ranges::shl,
                    Op::Shr { .. } => ranges::shr,
                    _ => ranges::bit_or,
                };
                let ty = self.computed(kinds, a, b, of);
                self.raise(dst, ty);
            }
            Op::Lt { .. } | Op::Le { .. } | Op::Gt { .. } | Op::Ge { .. } => {
                let b = self.graph.operand(id, 1);
                let (x, y) = (self.operator_kinds(a), self.operator_kinds(b));
                let fits = x.intersects(Kinds::NUMBER) && y.intersects(Kinds::NUMBER)
                    || (x & y).contains(Kinds::STR);
                if fits {
                    self.raise(dst, Ty::of(Kinds::BOOL));
                }
            }
            Op::Neg { .. } => {
                let kinds = self.operator_kinds(a) & Kinds::NUMBER;
                let ty = self.computed(kinds, a, a, |a, _| ranges::neg(a));
                self.raise(dst, ty);
            }
            Op::BitNot { .. } => {
                let kinds = self.operator_kinds(a) & Kinds::INT;
                let ty = self.computed(kinds, a, a, |a, _| ranges::bit_not(a));
                self.raise(dst, ty);
            }

            Op::GetGlobal { global } => self.connect(self.globals + global.0, dst),
            Op::SetGlobal { global, .. } => self.connect(use_at(self, 0), self.globals + global.0),
            Op::NewCell { .. } => {
                let (site, ty) = self.site_at(id, class_id::CELL);
                self.connect(use_at(self, 0), site.a);
                self.raise(dst, ty);
            }
            Op::GetCell { .. } => {
                for at in self.sites_of(a, Kinds::CELL) {
                    let Some(site) = self.site_in(at, Kinds::CELL) else { continue };
                    self.connect(site.a, dst);
                }
            }
            Op::SetCell { .. } => {
                for at in self.sites_of(a, Kinds::CELL) {
                    let Some(site) = self.site_in(at, Kinds::CELL) else { continue };
                    self.connect(use_at(self, 1), site.a);
                }
            }
            Op::Capture { index } => {
                if index < func.captures {
                    self.connect(self.captures[func_id.index()] + index, dst);
                }
            }
            Op::GetStatic { class } => {
                let init = self.program.class(class).static_init;
                self.construct(class, init.as_slice(), true);
                let me = self.instance(class);
                if let Some(init) = init {
                    self.enter(init, &[me]);
                    self.note_call(id, init);
                }
                self.raise(dst, me);
            }

            Op::GetField { name, .. } => self.get_field(id, a, name, dst),
            Op::SetField { name, .. } => self.set_field(a, name, use_at(self, 1)),
            Op::GetIndex { .. } => self.method(id, a, self.get, "get", &[use_at(self, 1)], dst),
            Op::SetIndex { .. } => {
                let args = [use_at(self, 1), use_at(self, 2)];
                let dst = self.nowhere;
                self.method(id, a, self.set, "set", &args, dst);
            }
            Op::NewObject { class } => {
                let steps = self.construction(func, at, inst);
                self.construct(class, &steps, false);
                let me = self.instance(class);
                self.raise(dst, me);
            }
            Op::NewBuiltin { class, args } => {
                if let Some(row) = builtin::constructor(ClassId(class.0)) {
                    let args = self.args(id, 0, func.list(args.0).len());
                    self.row_call(id, row, Ty::NONE, &args, dst);
                }
            }
            Op::SetContent { class, .. } => {
                if let Some(content) = self.content(class) {
                    self.connect(use_at(self, 1), content);
                }
            }
            Op::GetContent { class, .. } => {
                if let Some(content) = self.content(class) {
                    self.lazy_content(ClassId(class.0));
                    self.connect(content, dst);
                }
            }
            Op::NewArray { items } => {
                let (site, ty) = self.site_at(id, class_id::ARRAY);
                for n in 0..func.list(items.0).len() {
                    self.connect(use_at(self, n), site.a);
                }
                self.make_array(id, site, func.list(items.0).len());
                self.raise(dst, ty);
            }
            Op::NewMap { items } => {
                let (site, ty) = self.site_at(id, class_id::MAP);
                for n in 0..func.list(items.0).len() {
                    self.connect(use_at(self, n), if n % 2 == 0 { site.a } else { site.b });
                }
                self.raise(dst, ty);
            }
            Op::NewClosure { func: target, captures } => {
                let ty = self.closure(target);
                let wanted = self.program.funcs.get(target.index()).map_or(0, |f| f.captures as usize);
                for n in 0..func.list(captures.0).len().min(wanted) {
                    self.connect(use_at(self, n), self.captures[target.index()] + n as Var);
                }
                self.raise(dst, ty);
            }
            Op::Weak { .. } => {
                let boxes = Kinds::REFS - Kinds::STR - Kinds::WEAK;
                let (value, refs) = (a.kinds - boxes, a.kinds & boxes);
                let mut ty = a.part(value);
                if !refs.is_empty() {
                    let (site, weak) = self.site_at(id, class_id::WEAK);
                    self.raise(site.a, a.part(refs));
                    ty = self.sets.join(ty, weak);
                }
                self.raise(dst, ty);
            }

            Op::Call { func: callee, args } => {
                let args = self.args(id, 0, func.list(args.0).len());
                self.call(id, callee, None, &args, dst);
            }
            Op::CallValue { args, .. } => {
                let args = self.args(id, 1, func.list(args.0).len());
                self.call_any(id, a, &args, dst);
            }
            Op::CallMethod { name, args, .. } => {
                let args = self.args(id, 1, func.list(args.0).len());
                self.method(id, a, Some(name), self.program.names.text(name), &args, dst);
            }
            Op::CallContent { name, args, .. } => {
                let args = self.args(id, 1, func.list(args.0).len());
                self.content_method(id, a, name, &args, dst);
            }
            Op::CallBuiltin { builtin, args } => {
                if (builtin.0 as usize) < builtin::ALL.len() {
                    let args = self.args(id, 0, func.list(args.0).len());
                    self.row_call(id, BuiltinId(builtin.0 as u16), Ty::NONE, &args, dst);
                }
            }
            Op::ExternCall { iface, method, args } => {
                let names = &self.program.names;
                let iface = names.text(iface);
                let name =
                    format!("env.{}.{}", iface.strip_prefix("env.").unwrap_or(iface), names.text(method));
                if let Some(row) = builtin::find_external(&name) {
                    let args = self.args(id, 0, func.list(args.0).len());
                    self.row_call(id, row, Ty::NONE, &args, dst);
                }
            }
            Op::CallOnce { func: top } => {
                self.enter(top, &[]);
                self.note_call(id, top);
            }
            Op::Spawn { .. } => {
                let (future, ty) = self.site_at(id, class_id::FUTURE);
                self.call_any(id, a, &[], future.a);
                self.raise(dst, ty);
            }
            Op::Await { .. } => {
                let kinds = a.kinds - Kinds::FUTURE;
                self.raise(dst, a.part(kinds));
                self.inside(a, Kinds::FUTURE, false, dst);
            }
            Op::Throw { .. } => self.leak(a),

            // Only in functions that are not generic MIR; there is nothing to say about those.
            op => debug_assert!(op.row().effects.is_typed() || op.row().effects.is_early(), "{op:?}"),
        }
    }

    /// The calls that make an instance after `new_object`.
    fn construction(&self, func: &mir::func::Func, at: usize, new: &Inst) -> Vec<FuncId> {
        let mut steps = Vec::new();
        for inst in func.insts.iter().skip(at + 1) {
            match inst.op {
                Op::Call { func: callee, args } => {
                    let args = func.list(args.0);
                    let me = args.first() == Some(&new.dst.0);
                    if !me || args.iter().skip(1).any(|v| *v == new.dst.0) {
                        break;
                    }
                    steps.push(callee);
                    let Op::NewObject { class } = new.op else { break };
                    if self.program.class(class).constructors.iter().any(|c| c.1 == callee) {
                        break;
                    }
                }
                Op::Release { a } if a.0 != new.dst => {}
                _ => break,
            }
        }
        steps
    }

    /// The kinds that a value has as an operand.
    pub(crate) fn operator_kinds(&self, ty: Ty) -> Kinds {
        if !ty.has(Kinds::USER) || !self.classes.has_contents {
            return ty.kinds;
        }
        let values = [
            (class_id::STRING, Kinds::STR),
            (class_id::INTEGER, Kinds::INT),
            (class_id::FLOAT, Kinds::FLOAT),
            (class_id::BOOL, Kinds::BOOL),
        ];
        let mut kinds = ty.kinds;
        let mut add = |contents: &[ClassId]| {
            values.iter().filter(|v| contents.contains(&v.0)).for_each(|v| kinds |= v.1);
        };
        match self.classes_of(ty) {
            Some(classes) => classes.iter().for_each(|c| add(&self.classes.info[c.index()].contents)),
            None => self.classes.info.iter().for_each(|c| add(&c.contents)),
        }
        kinds
    }

    /// What an operator gives: these kinds, and integers that `of` computes from those of the operands.
    fn computed(&mut self, kinds: Kinds, a: Ty, b: Ty, of: impl Fn(Bounds, Bounds) -> Bounds) -> Ty {
        let others = if self.classes.has_contents { Kinds::USER | Kinds::BOOL } else { Kinds::BOOL };
        if !kinds.contains(Kinds::INT) || a.has(others) || b.has(others) {
            return Ty::of(kinds);
        }
        let (a, b) = (self.sets.ranges.bounds(a.ints), self.sets.ranges.bounds(b.ints));
        Ty { kinds, ints: self.sets.ranges.of(of(a, b)), ..Ty::NONE }
    }

    fn number(&self, a: Ty, b: Ty) -> Kinds {
        let (x, y) = (self.operator_kinds(a), self.operator_kinds(b));
        let mut kinds = x & y & Kinds::INT;
        let floats = x.contains(Kinds::FLOAT) && y.intersects(Kinds::NUMBER)
            || y.contains(Kinds::FLOAT) && x.intersects(Kinds::NUMBER);
        if floats {
            kinds |= Kinds::FLOAT;
        }
        kinds
    }

    fn sum(&self, a: Ty, b: Ty) -> Kinds {
        let mut kinds = self.number(a, b);
        let (x, y) = (self.operator_kinds(a), self.operator_kinds(b));
        if (x & y).contains(Kinds::BOOL) {
            kinds |= Kinds::INT;
        }
        if x.contains(Kinds::STR) && !b.is_none() || y.contains(Kinds::STR) && !a.is_none() {
            kinds |= Kinds::STR;
        }
        kinds
    }

    fn content(&self, class: Builtin) -> Option<Var> {
        (class.0 < class_id::FIRST_USER.0).then(|| self.contents + class.0)
    }

    /// The content of a builtin parent is made without arguments at first use.
    pub(crate) fn lazy_content(&mut self, class: ClassId) {
        if let Some(row) = builtin::constructor(class) {
            let to = self.contents + class.0;
            let nobody = u32::MAX - class.0;
            for gives in builtin::row(row).gives {
                self.give(*gives, nobody, Ty::NONE, &[], to);
            }
        }
    }

    fn get_field(&mut self, id: u32, object: Ty, name: Symbol, dst: Var) {
        let text = self.program.names.text(name);
        // What has no such field, but a method that is bound to it.
        let mut bound = Ty::NONE;
        let mut of_class = |s: &mut Self, class| match s.classes.field(class, name) {
            Some(place) => s.connect(s.fields + place, dst),
            None if s.classes.resolve(s.program, class, Some(name), text) != Resolved::None => {
                let me = s.instance(class);
                bound = s.sets.join(bound, me);
            }
            None => {}
        };
        match self.class_positions(object) {
            Some(classes) => {
                for at in classes {
                    let class = self.sets.class_at(at);
                    of_class(self, class);
                }
            }
            None => {
                let fields = self.fields_of_any(name);
                self.connect(fields, dst);
                if self.classes.may_be_method(name) {
                    self.graph.subscribe(self.births, id);
                    for at in 0..self.instances.len() {
                        let class = self.instances[at];
                        of_class(self, class);
                    }
                }
            }
        }
        if object.has(Kinds::BUILTIN) && matches!(text, "name" | "payload") {
            self.inside(object, Kinds::BUILTIN, false, dst);
        }
        if let Some(rows) = self.classes.rows_of(name) {
            let mut kinds = if rows.every.is_some() { Kinds::all() } else { Kinds::empty() };
            rows.methods.iter().for_each(|m| kinds |= crate::classes::kind_of(m.0));
            let others = object.kinds & (kinds - Kinds::USER - Kinds::NOTHING);
            if !others.is_empty() {
                bound = self.sets.join(bound, object.part(others));
            }
        }
        if !self.program.builtin_methods.is_empty() {
            let others = object.kinds - Kinds::USER - Kinds::NOTHING;
            bound = self.sets.join(bound, object.part(others));
        }
        if !bound.is_none() {
            let ty = self.bound_method(id, name, bound);
            self.raise(dst, ty);
        }
    }

    fn set_field(&mut self, object: Ty, name: Symbol, value: Var) {
        match self.class_positions(object) {
            Some(classes) => {
                for at in classes {
                    let Some(place) = self.classes.field(self.sets.class_at(at), name) else { continue };
                    if self.classes.weak[place as usize] {
                        self.set_weak(self.fields + place, value);
                    } else {
                        self.connect(value, self.fields + place);
                    }
                }
            }
            None => {
                let fields = self.stores_of_any(name);
                self.connect(value, fields);
                if let Some(fields) = self.weak_stores_of_any(name) {
                    self.set_weak(fields, value);
                }
            }
        }
        if object.has(Kinds::BUILTIN) && matches!(self.program.names.text(name), "name" | "payload") {
            for at in self.sites_of(object, Kinds::BUILTIN) {
                let site = self.site_in(at, Kinds::BUILTIN);
                if let Some(site) = site.filter(|s| s.class == class_id::INTENT) {
                    self.connect(value, site.a);
                }
            }
            if self.is_unknown(object, Kinds::BUILTIN) {
                self.connect(value, self.unknown);
            }
        }
    }

    /// A weak field gives the target of a weak reference that was stored, and `null` when it is gone.
    fn set_weak(&mut self, field: Var, value: Var) {
        let ty = self.graph.ty(value).with_any_int();
        if ty.is_none() {
            return;
        }
        let kinds = (ty.kinds - Kinds::WEAK) | Kinds::NULL;
        self.raise(field, Ty { kinds, ..ty });
        self.inside(ty, Kinds::WEAK, false, field);
    }
}
