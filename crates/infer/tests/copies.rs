//! Which functions and classes are copied, and what is known then; what is expected follows from reading the programs.

mod common;

use infer::{Facts, Kinds};
use mir::program::Program;
use syntax::span::SourceMap;

#[test]
fn containers_are_copied_for_what_they_hold() {
    let text = "box List {
             items
             birth() { me.items = new ArrayBox() }
             add(x) { me.items.push(x)  return me }
             first() { return me.items[0] }
         }
         function ints() { return new List().add(1).first() }
         function texts() { return new List().add(\"a\").first() }
         print(ints()) print(texts())";
    let (mut program, top) = common::build(text);
    let world = infer::World { entries: vec![top] };
    let before = infer::analyse(&program, &world);
    let func = |program: &Program, name: &str| {
        let found = program.funcs.iter().position(|f| program.names.text(f.name) == name);
        mir::inst::FuncId(found.expect("a function of that name") as u32)
    };
    let (ints, texts) = (func(&program, "ints"), func(&program, "texts"));
    let mixed = Kinds::INT | Kinds::STR | Kinds::NULL;
    assert_eq!((before.ret(ints).kinds, before.ret(texts).kinds), (mixed, mixed));
    let after = infer::specialize(&mut program, &world);
    assert_eq!(after.ret(ints).kinds, Kinds::INT | Kinds::NULL);
    assert_eq!(after.ret(texts).kinds, Kinds::STR | Kinds::NULL);
    mir::verify::verify_program(&program).expect("a valid program");
}

/// Specializes a program; gives it with its facts, and how many copies there are of a class.
fn specialized(text: &str, class: &str) -> (common::Known, usize) {
    let (mut program, top) = common::build(text);
    let facts = infer::specialize(&mut program, &infer::World { entries: vec![top] });
    mir::verify::verify_program(&program).expect("a valid program");
    let count = program.classes.iter().filter(|c| program.names.text(c.name) == class).count();
    (common::Known { program, facts }, count)
}

#[test]
fn a_class_is_not_copied_when_copies_of_functions_are_enough() {
    let (k, count) = specialized(
        "function filled(value) { local all = new ArrayBox()  all.push(value)  return all }
         box Numbers {
             all
             birth(n) { me.all = filled(n)  me.all.set(0, me.all[0])  me.all.push(n + 1) }
             first() { return me.all[0] }
         }
         box Flags { all birth() { me.all = filled(false) } first() { return me.all[0] } }
         function number() { return new Numbers(1).first() }
         function flag() { return new Flags().first() }
         print(number()) print(new Numbers(2).first()) print(flag()) print(new Flags().first())",
        "Numbers",
    );
    assert_eq!(count, 1);
    assert_eq!(k.ret("number"), Kinds::INT | Kinds::NULL);
    assert_eq!(k.ret("flag"), Kinds::BOOL | Kinds::NULL);
}

#[test]
fn a_class_that_waited_for_copies_of_functions_is_copied_when_they_are_not_enough() {
    let (k, count) = specialized(
        "function filled(value) { local all = new ArrayBox()  all.push(value)  return all }
         box List { all birth() { me.all = filled(null) } first() { return me.all[0] } }
         box Flags { all birth() { me.all = filled(false) } first() { return me.all[0] } }
         function number() { local l = new List()  l.all.push(1)  return l.first() }
         function text() { local l = new List()  l.all.push(\"a\")  return l.first() }
         function flag() { return new Flags().first() }
         print(number()) print(text()) print(flag())",
        "List",
    );
    assert_eq!(count, 2);
    assert_eq!(k.ret("number"), Kinds::INT | Kinds::NULL);
    assert_eq!(k.ret("text"), Kinds::STR | Kinds::NULL);
}

#[test]
fn what_is_only_called_before_there_are_copies_is_forgotten() {
    // With one box for both bags, `first` gives a `Maker`, too, whose `go` makes most of the arrays of the program.
    let arrays: Vec<String> = (0..60).map(|i| format!("[{i}]")).collect();
    let text = format!(
        "box Bag {{ all birth() {{ me.all = [] }} add(x) {{ me.all.push(x) return me }} first() {{ return me.all[0] }} }}
         box Plain {{ go() {{ return 1 }} }}
         box Maker {{ go() {{ return [{}] }} }}
         function plain() {{ return new Bag().add(new Plain()).first().go() }}
         function other() {{ return new Bag().add(new Maker()).add(1).first() }}
         print(plain()) print(other())",
        arrays.join(", ")
    );
    let (k, count) = specialized(&text, "Bag");
    assert_eq!(count, 2);
    assert_eq!(k.ret("plain"), Kinds::INT);
}

#[test]
fn boxes_of_a_tree_are_not_copied() {
    // What one of them makes is put where all others are, whoever made those.
    let shape = |name: &str| {
        format!(
            "box {name} {{ parts birth() {{ me.parts = [] }} add(part) {{ me.parts.push(part) return me }} }}\n"
        )
    };
    let text = shape("Group")
        + &shape("Layer")
        + "function first() { return new Group().add(new Group()).add(new Layer()) }
           function second() { return new Group().add(new Layer()).add(first()) }
           print(second().parts[0]) print(first().parts[1])";
    assert_eq!(specialized(&text, "Group").1, 1);
}

#[test]
fn there_are_half_as_many_copies_as_functions() {
    // Each place hands its bag on, so that nothing says what fills it.
    let bags = |count: usize| {
        let place = |i: usize| {
            format!(
                "function f{i}() {{ local b = new Bag().add({}) return [b][0].first() }}\n",
                i.is_multiple_of(2)
            )
        };
        let call = |i: usize| format!("print(f{i}())\n");
        let bag = "box Bag { all birth() { me.all = [] } add(x) { me.all.push(x) return me } first() { return me.all[0] } }\n";
        let numbers = "print(new Bag().add(1).first())\n";
        let (places, calls): (String, String) =
            ((0..count).map(place).collect(), (0..count).map(call).collect());
        specialized(&(bag.to_owned() + &places + &calls + numbers), "Bag").1 - 1
    };
    assert_eq!(bags(10), 10);
    // The functions of the places, the top level, three of the box and some of the runtime.
    let copies = bags(400);
    assert!((200..210).contains(&copies), "{copies}");
}

/// A program of so many parts of one of the shapes that `examples/many.rs` writes.
fn shape(text: &str, parts: usize) -> String {
    let (head, rest) = text.split_once("// ---- parts\n").expect("parts");
    let (part, end) = rest.split_once("// ---- end\n").expect("an end");
    let part = |i: usize| part.replace('#', &i.to_string()).replace('@', &(i - 1).to_string());
    head.to_owned() + &(1..=parts).map(part).collect::<String>() + end
}

#[test]
fn copies_that_tell_nothing_apart_are_taken_back() {
    let states = include_str!("../examples/shapes/states.nyash");
    assert_eq!(specialized(&shape(states, 2), "Machine").1, 2);
    // What each machine can hold, all can: with a copy for each, everything is one of a hundred.
    let text = shape(states, 100);
    let (mut program, top) = common::build(&text);
    let world = infer::World { entries: vec![top] };
    let (funcs, insts) = (program.funcs.len(), program.funcs.iter().map(|f| f.insts.clone()));
    let insts: Vec<_> = insts.collect();
    let print = |facts: &Facts, program: &Program| infer::print(facts, program, &SourceMap::new(), None);
    let before = print(&infer::analyse(&program, &world), &program);
    let facts = infer::specialize(&mut program, &world);
    assert_eq!(program.funcs.len(), funcs);
    assert!(program.funcs.iter().map(|f| &f.insts).eq(&insts));
    assert_eq!(print(&facts, &program), before);
}

#[test]
fn where_everything_is_mixed_there_are_no_copies() {
    let joined = include_str!("../examples/shapes/joined.nyash");
    let (mut program, top) = common::build(&shape(joined, 100));
    let funcs = program.funcs.len();
    infer::specialize(&mut program, &infer::World { entries: vec![top] });
    assert_eq!(program.funcs.len(), funcs);
}
