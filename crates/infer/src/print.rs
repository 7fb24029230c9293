//! Facts as text, for people and for golden files.

use std::fmt::Write;

use mir::func::{Func, FuncKind};
use mir::inst::{ClassIx, FuncId, Global, Val};
use mir::program::Program;
use nyrt::builtin::class_name;

use crate::effects::Does;
use crate::facts::{Facts, Object};
use crate::ty::{Kinds, Ty};

/// What is known of a program, or of the functions of one name: classes with their fields, then functions with
/// parameters, result, effects and values. The functions of the runtime's own code are left out.
pub fn print(facts: &Facts, program: &Program, function: Option<&str>) -> String {
    let mut out = String::new();
    if function.is_none() {
        for i in 0..program.classes.len() {
            print_class(&mut out, facts, program, ClassIx(i as u32));
        }
        for (i, name) in program.globals.iter().enumerate() {
            let ty = words(facts, program, facts.global(Global(i as u32)));
            line(&mut out, format_args!("global {}: {ty}", program.names.text(*name)));
        }
    }
    for (i, func) in program.funcs.iter().enumerate() {
        let wanted = match function {
            Some(name) => program.names.text(func.name) == name,
            None => {
                let runtime = func.kind == FuncKind::Top && !facts.reached(FuncId(i as u32));
                !runtime && !program.names.text(func.name).starts_with("__")
            }
        };
        if wanted {
            print_func(&mut out, facts, program, FuncId(i as u32), func, function.is_some());
        }
    }
    out
}

/// Writing to a String does not fail.
fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
    out.push('\n');
}

fn print_class(out: &mut String, facts: &Facts, program: &Program, class: ClassIx) {
    let c = program.class(class);
    let name = program.names.text(c.name);
    if c.is_interface || name.starts_with("__") {
        return;
    }
    if !facts.has_instances(class) {
        line(out, format_args!("box {name}: no instances"));
        return;
    }
    let quiet = if facts.quiet(class) { "quiet" } else { "its death is noticed" };
    let dead = if facts.may_be_dead(class) { ", may be dead" } else { "" };
    line(out, format_args!("box {name}: {quiet}{dead}"));
    for (i, field) in c.fields.iter().enumerate() {
        let ty = facts.field(class, field.name).unwrap_or(Ty::ANY);
        let text = words(facts, program, ty);
        let slot = format!("{:?}", facts.layout(program, class, i)).to_lowercase();
        line(out, format_args!("  {}: {text}; {slot}", program.names.text(field.name)));
    }
}

fn print_func(out: &mut String, facts: &Facts, program: &Program, id: FuncId, func: &Func, values: bool) {
    let name = program.names.text(func.name);
    if !facts.reached(id) {
        line(out, format_args!("{name}: not reached"));
        return;
    }
    let params: Vec<String> = (0..func.params).map(|i| words(facts, program, facts.param(id, i))).collect();
    let result = words(facts, program, facts.ret(id));
    line(out, format_args!("{name}({}) -> {result}", params.join(", ")));
    for i in 0..func.captures {
        line(out, format_args!("  captures {}", words(facts, program, facts.capture(id, i))));
    }
    if let Some(effects) = facts.effects(id) {
        let mut does: Vec<String> = effects.does.iter_names().map(|(name, _)| name.to_lowercase()).collect();
        if effects.does == Does::all() {
            does = vec!["anything".to_owned()];
        }
        let mut fields: Vec<String> =
            effects.fields().filter_map(|p| field_name(facts, program, p)).collect();
        fields.sort();
        does.extend(fields.into_iter().map(|f| format!("writes {f}")));
        for global in effects.globals() {
            does.extend(
                program.globals.get(global.index()).map(|g| format!("writes {}", program.names.text(*g))),
            );
        }
        line(out, format_args!("  {}", if does.is_empty() { "pure".to_owned() } else { does.join(", ") }));
    }
    if values {
        for v in func.params..func.values {
            line(out, format_args!("  {:?}: {}", Val(v), words(facts, program, facts.ty(id, Val(v)))));
        }
    }
}

/// `Point.x` of the class that declares a place first.
fn field_name(facts: &Facts, program: &Program, place: u32) -> Option<String> {
    program.classes.iter().enumerate().find_map(|(i, class)| {
        let field = class.fields.iter().find(|f| facts.place(ClassIx(i as u32), f.name) == Some(place))?;
        Some(format!("{}.{}", program.names.text(class.name), program.names.text(field.name)))
    })
}

/// A type in words: `Int`, `null or Point`, `Array of Int`.
pub(crate) fn words(facts: &Facts, program: &Program, ty: Ty) -> String {
    text(facts, program, ty, 0)
}

fn text(facts: &Facts, program: &Program, ty: Ty, depth: u32) -> String {
    if ty.is_none() {
        return "nothing".to_owned();
    }
    if ty == Ty::ANY {
        return "any".to_owned();
    }
    let mut parts: Vec<String> = Vec::new();
    let plain = [
        (Kinds::VOID, "void"),
        (Kinds::NULL, "null"),
        (Kinds::BOOL, "Bool"),
        (Kinds::FLOAT, "Float"),
        (Kinds::STR, "String"),
    ];
    parts.extend(plain.iter().filter(|p| ty.has(p.0)).map(|p| p.1.to_owned()));
    if ty.has(Kinds::INT) {
        parts.push(match facts.range(ty) {
            (i64::MIN, i64::MAX) => "Int".to_owned(),
            (lo, hi) if lo == hi => format!("Int {lo}"),
            (lo, i64::MAX) => format!("Int from {lo}"),
            (i64::MIN, hi) => format!("Int up to {hi}"),
            (lo, hi) => format!("Int {lo} to {hi}"),
        });
    }
    let of = |inner: Ty| match depth {
        0..=2 => text(facts, program, inner, depth + 1),
        _ => "...".to_owned(),
    };
    if ty.has(Kinds::ARR) {
        let elem = facts.elem(ty);
        parts.push(if elem.is_none() {
            "empty Array".to_owned()
        } else {
            format!("Array of ({})", of(elem))
        });
    }
    if ty.has(Kinds::MAP) {
        parts.push(format!("Map of ({}) to ({})", of(facts.map_key(ty)), of(facts.map_value(ty))));
    }
    if ty.has(Kinds::CELL) {
        parts.push(format!("variable ({})", of(facts.cell(ty))));
    }
    if ty.has(Kinds::FUTURE) {
        parts.push(format!("Future of ({})", of(facts.future(ty))));
    }
    if ty.has(Kinds::WEAK) {
        parts.push("WeakRef".to_owned());
    }
    if ty.has(Kinds::FUNC) {
        match facts.closures(ty.part(Kinds::FUNC)) {
            Some(all) => parts.extend(all.iter().map(|f| {
                let func = program.func(*f);
                format!("fn {}", program.names.text(func.name))
            })),
            None => parts.push("any function".to_owned()),
        }
    }
    for object in facts.objects(ty) {
        match object {
            Object::Class(c) => parts.push(program.names.text(program.class(c).name).to_owned()),
            Object::AnyClass => parts.push("any box".to_owned()),
            Object::Site(class, _)
                if ty.has(Kinds::BUILTIN) && crate::classes::kind_of(class) == Kinds::BUILTIN =>
            {
                let name = class_name(class).to_owned();
                if !parts.contains(&name) {
                    parts.push(name);
                }
            }
            Object::AnySite if ty.has(Kinds::BUILTIN) => parts.push("any builtin box".to_owned()),
            _ => {}
        }
    }
    parts.join(" or ")
}
