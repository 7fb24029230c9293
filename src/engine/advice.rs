//! What to do about an uncaught error: the findings that the builder had at the same place, names close to the
//! one that was not found, and one sentence for kinds where it helps. Made only when a program has failed.

use link::Linked;
use mir::func::Func;
use mir::inst::{ClassIx, Op, Val};
use mir::program::{Class, Parent, Program};
use nyrt::rt::Rt;
use syntax::hints::{foreign_method, nearest};
use syntax::span::Span;

use crate::report::Finding;

/// Advice for an error of `kind` with `message` that was thrown at `at`. `lints` are the findings about what is
/// certain to fail.
pub(super) fn advice(
    rt: &Rt,
    linked: &Linked,
    lints: &[Finding],
    kind: &str,
    message: &str,
    at: Option<Span>,
) -> Option<String> {
    let found_before = |f: &&Finding| f.span.zip(at).is_some_and(|(a, b)| a.lo >= b.lo && a.hi <= b.hi);
    if kind.starts_with("Undefined") {
        let found = lints.iter().filter(found_before).find_map(|f| f.hints.first().cloned());
        return found.or_else(|| not_yet(kind, quoted(message)?));
    }
    match kind {
        "NoMethod" => near_member(rt, linked, message, " has no method ", true),
        "NoField" => near_member(rt, linked, message, " has no field ", false).or_else(|| {
            Some(
                "fields are named in the body of the box, or assigned as `me.f` in one of its methods".into(),
            )
        }),
        "NullReference" if message.ends_with(" on void") => at
            .and_then(|at| not_constructed(&linked.program, at))
            .or_else(|| general(kind, message).map(str::to_string)),
        _ => general(kind, message).map(str::to_string),
    }
}

/// Something is done at a place to a field of `me` that is still `void`: a box that has no constructor of its own may be
/// why, because the one of its parent, which assigns the field, does not run by itself.
fn not_constructed(program: &Program, at: Span) -> Option<String> {
    let stands_there = |f: &&Func| f.has_me && f.spans.contains(&at);
    let func = program.funcs.iter().find(stands_there)?;
    let op = func.insts.get(func.spans.iter().position(|span| *span == at)?)?.op;
    let (Op::CallMethod { object, .. } | Op::GetIndex { object, .. } | Op::SetIndex { object, .. }) = op
    else {
        return None;
    };
    let field = func.insts.iter().find_map(|inst| match inst.op {
        Op::GetField { object: Val(0), name } if inst.dst == object => Some(name),
        _ => None,
    })?;
    let assigns = |class: &Class| {
        class.constructors.iter().any(|(_, f)| {
            let sets = |op: &Op| matches!(op, Op::SetField { object: Val(0), name, .. } if *name == field);
            program.func(*f).insts.iter().any(|inst| sets(&inst.op))
        })
    };
    (0..program.classes.len() as u32).map(ClassIx).find_map(|ix| {
        let class = program.class(ix);
        let ancestors = program.ancestors_first(ix);
        if !class.constructors.is_empty() || class.is_static || !ancestors.contains(&func.class) {
            return None;
        }
        let parent = class.parents.iter().find_map(|p| match p {
            Parent::User(p) if assigns(program.class(*p)) => Some(program.class(*p)),
            _ => None,
        })?;
        let name = |symbol| program.names.text(symbol);
        let (child, parent, field) = (name(class.name), name(parent.name), name(field));
        Some(format!(
            "`new {child}()` does not run the constructor of {parent}, which assigns `{field}`: give {child} a \
             `birth` that calls `from {parent}.birth(...)`"
        ))
    })
}

/// A name that the program declares, which is used before its declaration has run.
fn not_yet(kind: &str, name: &str) -> Option<String> {
    Some(match kind {
        "UndefinedVariable" => format!("assign `{name}` at the top level before this runs"),
        "UndefinedBox" => format!(
            "a box in a block is known once its declaration has run: put `box {name}` in front, or at the top level"
        ),
        _ => return None,
    })
}

/// One sentence where the message alone does not say what to do.
fn general(kind: &str, message: &str) -> Option<&'static str> {
    let is_operator = message.starts_with("Operator ");
    Some(match kind {
        "DivisionByZero" => "test the divisor first; with a Float operand the result is an infinity or NaN",
        "NullReference" => "test it first: `if x { ... }`, or name a default: `x.get_or_default(d)`",
        "IndexError" => "positions go from 0 to length() - 1; `push` adds at the end",
        "TypeError" if is_operator && message.contains("StringBox") && !message.contains("Operator +") => {
            "convert texts first: `s.toInteger()` or `s.toFloat()`"
        }
        "TypeError" if is_operator && message.contains("BoolBox") => "use `if` to turn a Bool into a number",
        "Visibility" => "ask the box through a method, or list the field in its `public` group",
        "UseAfterFini" => "nothing but the text and `==` of a box can be used after its `fini()`",
        "WeakFini" => "a weak field does not own its target; let the owner finalize it",
        "StaticCycle" => "move one of the two initializations into a method that is called later",
        "Deadlock" => {
            "some task has to go on without awaiting another; look for futures that await each other"
        }
        _ => return None,
    })
}

/// The text between the last pair of single quotes.
fn quoted(message: &str) -> Option<&str> {
    let (head, _) = message.rsplit_once('\'')?;
    head.rsplit_once('\'').map(|(_, name)| name)
}

/// `Class has no method 'name'`: a member of that class with a similar name.
fn near_member(rt: &Rt, linked: &Linked, message: &str, says: &str, methods: bool) -> Option<String> {
    let (class_name, _) = message.split_once(says)?;
    let name = quoted(message)?;
    let class = rt.classes.find(rt.names.find(class_name)?)?;
    if methods {
        let known = rt.classes.method_names(class);
        let near = nearest(name, known.iter().map(|n| rt.names.text(*n)).filter(|n| !n.starts_with("__")));
        let foreign = || foreign_method(class_name, name).map(str::to_owned);
        return near.map(|near| format!("did you mean `{near}`?")).or_else(foreign);
    }
    let program = &linked.program;
    let ix = (0..program.classes.len()).map(|i| ClassIx(i as u32)).find(|ix| linked.class(*ix) == class)?;
    let fields = program.ancestors_first(ix).into_iter().flat_map(|c| &program.class(c).fields);
    let near = nearest(name, fields.map(|f| program.names.text(f.name)))?;
    Some(format!("did you mean `{near}`?"))
}
