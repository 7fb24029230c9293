//! The text of MIR: what is printed reads back, and wrong texts give errors with their place.

use mir::func::{BlockData, Edge, Func, FuncKind, Rep, Types};
use mir::inst::{
    Block, Builtin, ClassIx, Cond, EXCEPTION, EdgeId, Edges, FuncId, Gives, Global, Inst, Op, Operand,
    OperandRef, Own, Owns, ReadOperand, Scope, TABLE, Val, Vals, Var,
};
use mir::program::{Class, Field, Method, Parent, Program};
use mir::text::{parse, print_func, print_inst, print_program};
use proptest::prelude::*;
use syntax::span::{SourceMap, Span};

const WHOLE: &str = r#"outbox
global $0 "limit"
global $1 "größe"
class class0 "Shape" interface {
  method "area" @- 0
}
class class1 "Point" static visibility tparams 2 {
  parent class0
  parent builtin3
  interface class0
  field "x" weak public
  field "next" weak
  field "y" public
  field "z"
  method "len" @1 0
  method "make" @0 2 static
  constructor 0 @1
  constructor 2 @2
  init @1
  static_init @1
}
class class2 "Inner" nested {
}
builtin_method builtin4 "first" @1 0
export "make" @0
export "Point" class1

func @0 "Point.make" user class class1 params 2 {
bb0:
  %2 = int -9223372036854775808
  %3 = float -0.0
  %4 = float 1e300
  %5 = bool true
  %6 = str "a \"quoted\"\\\n\ttext \u{7} \u{1f600} 😀"
  %7 = null
  %8 = call @1 (%0)  unwind bb3(exc, %2)  ; Point.len
  %9 = call_method %8, "add_all" (%1, %2)
  set_field %9, "x", move %8
  %10 = new_array (move %2, move %3)
  %11 = new_closure @3 (move %10)  ; <task>
  set_global $1, move %11  ; größe
  %12 = get_static class1  ; Point
  branch %5, bb1, bb2(%7)
bb1:
  switch %2, [bb1, bb2(%3), bb3(%4, %5)]
bb2(%13):
  raise "TypeError", "no"  unwind bb3(exc, %13)
bb3(%14, %15):
  return move %14
}

func @1 "Point.len" prelude class class1 params 1 me {
}

func @2 "Point/2" init params 3 me values 17 {
bb0:
  unreachable
}

func @3 "<task>" task outer @0 params 0 captures 1 {
bb0:
  %0 = capture 0
  drop_outbox
  enter_try s1, bb0
  var_init v2, %0
  cond_begin c3
  return move %-
}

func @4 "<top>" top params 0 {
bb0:
  return move exc
}
"#;

#[test]
fn a_whole_program_reads_back() {
    let program = parse(WHOLE).unwrap();
    assert_eq!(print_program(&program, None), WHOLE.replace("\\u{1f600}", "😀"));
    assert_eq!(program.funcs.len(), 5);
    assert!(program.has_outbox);
    let point = &program.classes[1];
    assert_eq!(point.parents, [Parent::User(ClassIx(0)), Parent::Builtin(Builtin(3))]);
    assert_eq!(point.fields[0], Field { name: program.names.find("x").unwrap(), weak: true, public: true });
    assert_eq!(point.constructors, [(0, FuncId(1)), (2, FuncId(2))]);
    assert_eq!(program.funcs[2].values, 17);
    assert_eq!(program.funcs[3].kind, FuncKind::Task);
    let make = &program.funcs[0];
    assert_eq!(make.insts[0].op, Op::Int { value: i64::MIN });
    assert_eq!(make.block_params(Block(3)).collect::<Vec<_>>(), [Val(14), Val(15)]);
    let unwind = make.edges[make.insts[6].unwind.index()];
    assert_eq!((unwind.to, make.vals(unwind.args).collect::<Vec<_>>()), (Block(3), vec![EXCEPTION, Val(2)]));
    let Op::Str { text } = make.insts[4].op else { panic!("{:?}", make.insts[4]) };
    assert_eq!(program.names.text(text), "a \"quoted\"\\\n\ttext \u{7} 😀 😀");
}

#[test]
fn spaces_comments_and_line_ends_do_not_matter() {
    let text = "func @0 \"f\" user{bb0:%0=int 1;comment\r\n jump bb1( %0 )bb1(%1):return move\n%1}; end";
    let expected =
        "func @0 \"f\" user params 0 {\nbb0:\n  %0 = int 1\n  jump bb1(%0)\nbb1(%1):\n  return move %1\n}\n";
    assert_eq!(print_program(&parse(text).unwrap(), None), expected);
}

#[test]
fn positions_are_comments() {
    let mut sources = SourceMap::new();
    sources.add("a.nyash", "box A {\n  é() { return 1 }\n}\n").unwrap();
    let mut program =
        parse("class class0 \"A\" {} func @0 \"A.é\" user { bb0: %0 = int 1 return move %0 }").unwrap();
    // Positions in a source map start at 1; the second line starts after 8 bytes.
    program.classes[0].span = Span::new(5, 6);
    program.funcs[0].span = Span::new(11, 13);
    program.funcs[0].spans = vec![Span::new(25, 26), Span::default()];
    let expected = "class class0 \"A\" {  ; 1:5\n}\n
func @0 \"A.é\" user params 0 {  ; 2:3\nbb0:\n  %0 = int 1  ; 2:16\n  return move %0\n}\n";
    let text = print_program(&program, Some(&sources));
    assert_eq!(text, expected);
    assert_eq!(
        print_program(&parse(&text).unwrap(), Some(&sources)),
        expected.replace("  ; 1:5", "").replace("  ; 2:3", "").replace("  ; 2:16", "")
    );
}

#[test]
fn wrong_texts() {
    let cases = [
        ("x", "1:1: expected `func`, `class`, `global`, `export`, `builtin_method` or `outbox`"),
        ("\n  é", "2:3: expected `func`, `class`, `global`, `export`, `builtin_method` or `outbox`"),
        (
            "; only a comment\n 7",
            "2:2: expected `func`, `class`, `global`, `export`, `builtin_method` or `outbox`",
        ),
        ("func", "1:5: expected a function like `@0`"),
        ("func @1", "1:6: the next number must be 0"),
        ("func @0", "1:8: expected a text in quotes"),
        ("func @0 \"f", "1:9: the closing `\"` is missing"),
        ("func @0 \"f\n\"", "1:9: the closing `\"` is missing"),
        ("func @0 \"é\\q\"", "1:11: no such escape"),
        ("func @0 \"\\u{110000}\"", "1:10: no such escape"),
        ("func @0 \"\\u{d800}\"", "1:10: no such escape"),
        ("func @0 \"\\u{}\"", "1:10: no such escape"),
        ("func @0 \"\\u{+41}\"", "1:10: no such escape"),
        ("func @0 \"\\u41\"", "1:10: no such escape"),
        ("func @0 \"\\", "1:10: no such escape"),
        ("func @0 \"f\"", "1:12: expected a kind of function like `user`"),
        ("func @0 \"f\" user", "1:17: expected `{`"),
        ("func @0 \"f\" user me params 1 {", "1:21: expected `{`"),
        ("func @0 \"f\" user params x", "1:25: expected a number"),
        ("func @0 \"f\" user params 99999999999 {", "1:25: the number is too large"),
        ("func @0 \"f\" user class 1 {", "1:24: expected a class like `class0`"),
        ("func @0 \"f\" user {", "1:19: expected `bb0:` or `}`"),
        ("func @0 \"f\" user { bb0: 7", "1:25: no instruction is named `7`"),
        ("func @0 \"f\" user { bb0: (", "1:25: expected an instruction, a block or `}`"),
        ("func @0 \"f\" user { void }", "1:20: expected `bb0:` or `}`"),
        ("func @0 \"f\" user { bb1: }", "1:20: the next number must be 0"),
        ("func @0 \"f\" user { bb0 }", "1:24: expected `:`"),
        ("func @0 \"f\" user { bb0(%0 %1): }", "1:27: expected `,` or the end of the list"),
        ("func @0 \"f\" user { bb0(move %0): }", "1:24: expected a value like `%0`"),
        ("func @0 \"f\" user { bb0: fly %0 }", "1:25: no instruction is named `fly`"),
        ("func @0 \"f\" user { bb0: % = int 1 }", "1:25: expected a value like `%0`"),
        ("func @0 \"f\" user { bb0: %4294967294 = int 1 }", "1:25: the number is too large"),
        ("func @0 \"f\" user { bb0: %0 int 1 }", "1:28: expected `=`"),
        ("func @0 \"f\" user { bb0: %0 = int 1.5 }", "1:34: expected an integer"),
        ("func @0 \"f\" user { bb0: %0 = int -  }", "1:34: expected an integer"),
        ("func @0 \"f\" user { bb0: %0 = int 9223372036854775808 }", "1:34: the number is too large"),
        ("func @0 \"f\" user { bb0: %0 = float infinity }", "1:36: expected a float"),
        ("func @0 \"f\" user { bb0: %0 = float nan:0x0 }", "1:36: expected a float"),
        ("func @0 \"f\" user { bb0: %0 = bool 1 }", "1:35: expected `true` or `false`"),
        ("func @0 \"f\" user { bb0: %0 = add %1 %2 }", "1:37: expected `,`"),
        ("func @0 \"f\" user { bb0: %0 = call @0, (%1) }", "1:37: expected `(`"),
        ("func @0 \"f\" user { bb0: return %0 }", "1:32: expected `move`"),
        ("func @0 \"f\" user { bb0: %0 = new_array (%1) }", "1:41: expected `move`"),
        ("func @0 \"f\" user { bb0: jump %1 }", "1:30: expected a block like `bb0`"),
        ("func @0 \"f\" user { bb0: switch %1, bb1 }", "1:36: expected `[`"),
        ("func @0 \"f\" user { bb0: print %0 unwind }", "1:41: expected a block like `bb0`"),
        ("func @0 \"f\" user { bb0: unwind bb1 }", "1:25: no instruction is named `unwind`"),
        ("func @0 \"f\" user { bb0: %0 = get_global g }", "1:41: expected a global like `$0`"),
        (
            "func @0 \"f\" user { bb0: %0 = new_builtin class1 () }",
            "1:42: expected a builtin like `builtin0`",
        ),
        ("class class1 \"C\" {}", "1:7: the next number must be 0"),
        ("class class0 \"C\" { parent C }", "1:27: expected a class like `class0` or `builtin0`"),
        ("class class0 \"C\" { fields }", "1:20: expected a part of a class or `}`"),
        ("class class0 \"C\" {", "1:19: expected a part of a class or `}`"),
        ("class class0 \"C\" { method \"m\" @0 }", "1:34: expected a number"),
        ("global $1 \"g\"", "1:8: the next number must be 0"),
        ("export \"f\" 1", "1:12: expected a function or class"),
        ("export \"f\" @1 export \"f\" @2", "1:22: the name was exported before"),
    ];
    for (text, expected) in cases {
        match parse(text) {
            Ok(_) => panic!("{text} was accepted"),
            Err(error) => assert_eq!(error.to_string(), expected, "{text}"),
        }
    }
}

#[test]
fn long_texts() {
    // Each of these would take minutes in quadratic time.
    let mut many = String::from("func @0 \"f\" user {\n");
    for i in 0..300_000 {
        many += &format!("bb{i}:\n  %{i} = call @0 (%{i})  unwind bb{i}(exc)\n");
    }
    many += "}\n";
    assert_eq!(parse(&many).unwrap().funcs[0].insts.len(), 300_000);
    let list = format!(
        "func @0 \"f\" user {{ bb0: print %0 %1 = new_array ({}move %0) }}",
        "move %0, ".repeat(300_000)
    );
    assert_eq!(parse(&list).unwrap().funcs[0].insts.len(), 2);
    for text in ["(".repeat(1_000_000), ";".repeat(1_000_000), "a".repeat(1_000_000), "\n".repeat(1_000_000)]
    {
        let _ = parse(&text);
        assert!(parse(&format!("func @0 \"f\" user {{ bb0: print {text}")).is_err());
    }
    let text = "\\n".repeat(500_000);
    let program = parse(&format!("global $0 \"{text}\"")).unwrap();
    assert_eq!(program.names.text(program.globals[0]).len(), 500_000);
    let digits = "7".repeat(1_000_000);
    assert!(parse(&format!("func @0 \"f\" user {{ bb0: %0 = float {digits} }}")).is_ok());
    assert!(parse(&format!("func @0 \"f\" user {{ bb0: %0 = int {digits} }}")).is_err());
}

/// Numbers that decide what is made.
struct Entropy {
    words: Vec<u64>,
    at: usize,
}

impl Entropy {
    fn word(&mut self) -> u64 {
        self.at += 1;
        self.words[(self.at - 1) % self.words.len()].rotate_left((self.at / self.words.len()) as u32)
    }
    fn below(&mut self, n: u32) -> u32 {
        (self.word() % u64::from(n)) as u32
    }
    fn chance(&mut self) -> bool {
        self.below(2) == 0
    }
    fn id(&mut self) -> u32 {
        if self.below(9) == 0 { u32::MAX } else { self.below(20) }
    }
}

const TEXTS: [&str; 6] = ["a", "größe", "with \"quotes\" and \\", "\n\r\t\u{0}\u{7f}\u{2028}", "", "; exc {"];

/// Makes operands of every kind.
struct Maker<'a> {
    entropy: &'a mut Entropy,
    program: &'a mut Program,
    func: &'a mut Func,
}

impl Maker<'_> {
    fn text(&mut self) -> syntax::intern::Symbol {
        let text = TEXTS[self.entropy.below(TEXTS.len() as u32) as usize];
        self.program.names.intern(text)
    }
    fn val(&mut self) -> u32 {
        if self.entropy.below(9) == 0 { EXCEPTION.0 } else { self.entropy.id() }
    }
    fn vals(&mut self) -> u32 {
        let vals: Vec<u32> = (0..self.entropy.below(4)).map(|_| self.val()).collect();
        self.func.push_list(vals)
    }
    fn edge(&mut self) -> EdgeId {
        let to = Block(self.entropy.id());
        let args = self.vals();
        self.func.edges.push(Edge { to, args });
        EdgeId(self.func.edges.len() as u32 - 1)
    }
    fn op(&mut self, mnemonic: &str) -> Op {
        match Op::read(mnemonic, self) {
            Some(Ok(op)) => op,
            _ => panic!("{mnemonic} is not in the table"),
        }
    }
    fn method(&mut self) -> Method {
        let name = self.text();
        let e = &mut self.entropy;
        Method { name, func: FuncId(e.id()), arity: e.below(9), is_static: e.chance() }
    }
}

impl ReadOperand for Maker<'_> {
    type Error = ();
    fn operand(&mut self, operand: &mut dyn Operand) -> Result<(), ()> {
        let word = self.entropy.word();
        let id = self.entropy.id();
        operand.set(match operand.get() {
            OperandRef::Val(_) => OperandRef::Val(Val(self.val())),
            OperandRef::Own(_) => OperandRef::Own(Own(Val(self.val()))),
            OperandRef::Vals(_) => OperandRef::Vals(Vals(self.vals())),
            OperandRef::Owns(_) => OperandRef::Owns(Owns(self.vals())),
            OperandRef::Edge(_) => OperandRef::Edge(self.edge()),
            OperandRef::Edges(_) => {
                let edges: Vec<u32> = (0..self.entropy.below(4)).map(|_| self.edge().0).collect();
                OperandRef::Edges(Edges(self.func.push_list(edges)))
            }
            OperandRef::Name(_) => OperandRef::Name(self.text()),
            OperandRef::Func(_) => OperandRef::Func(FuncId(id)),
            OperandRef::Class(_) => OperandRef::Class(ClassIx(id)),
            OperandRef::Global(_) => OperandRef::Global(Global(id)),
            OperandRef::Builtin(_) => OperandRef::Builtin(Builtin(id)),
            OperandRef::Var(_) => OperandRef::Var(Var(id)),
            OperandRef::Scope(_) => OperandRef::Scope(Scope(id)),
            OperandRef::Cond(_) => OperandRef::Cond(Cond(id)),
            OperandRef::Block(_) => OperandRef::Block(Block(id)),
            OperandRef::Int(_) => OperandRef::Int(word as i64),
            OperandRef::Float(_) => OperandRef::Float(f64::from_bits(word)),
            OperandRef::Index(_) => OperandRef::Index(word as u32),
            OperandRef::Bool(_) => OperandRef::Bool(word & 1 == 0),
        });
        Ok(())
    }
}

/// A function without sense that has every kind of part.
fn make_func(entropy: &mut Entropy, program: &mut Program) -> Func {
    let name = program.names.intern(TEXTS[entropy.below(6) as usize]);
    let mut func = Func::new(name, Span::default());
    let kinds = [FuncKind::User, FuncKind::Top, FuncKind::Init, FuncKind::Task, FuncKind::Prelude];
    func.kind = kinds[entropy.below(5) as usize];
    (func.class, func.outer) = (ClassIx(entropy.id()), FuncId(entropy.id()));
    (func.params, func.has_me, func.captures) = (entropy.below(3), entropy.chance(), entropy.below(3));
    func.values = entropy.below(50);
    for i in 0..entropy.below(4) {
        let mut maker = Maker { entropy, program, func: &mut func };
        let params = if i == 0 { 0 } else { maker.vals() };
        let start = maker.func.insts.len() as u32;
        for _ in 0..maker.entropy.below(12) {
            let row = &TABLE[maker.entropy.below(TABLE.len() as u32) as usize];
            let op = maker.op(row.mnemonic);
            let dst = if row.gives == Gives::Nothing { Val::NONE } else { Val(maker.entropy.below(60)) };
            let unwind = if maker.entropy.chance() { EdgeId::NONE } else { maker.edge() };
            maker.func.insts.push(Inst { op, dst, unwind });
            maker.func.spans.push(Span::default());
        }
        let end = func.insts.len() as u32;
        func.blocks.push(BlockData { params, start, end, span: Span::default() });
    }
    if entropy.chance() {
        make_typed(entropy, &mut func);
    }
    func
}

/// Gives a representation to every value that the function defines; the text has no place for those of others.
fn make_typed(entropy: &mut Entropy, func: &mut Func) {
    let mut types = Types { reps: Vec::new(), result: Rep::ALL[entropy.below(6) as usize] };
    func.values = func.values.max(60).max(func.params);
    types.reps.resize(func.values as usize, Rep::Any);
    let params = func.block_ids().flat_map(|b| func.block_params(b).collect::<Vec<_>>());
    let results = func.insts.iter().map(|inst| inst.dst);
    let defined: Vec<Val> = (0..func.params).map(Val).chain(params).chain(results).collect();
    for v in defined {
        if let Some(rep) = types.reps.get_mut(v.index()) {
            *rep = Rep::ALL[entropy.below(6) as usize];
        }
    }
    func.types = Some(types);
}

fn make_program(words: Vec<u64>) -> Program {
    let mut entropy = Entropy { words, at: 0 };
    let e = &mut entropy;
    let mut program = Program::new();
    program.has_outbox = e.chance();
    let mut func = Func::new(program.names.intern("f"), Span::default());
    for _ in 0..e.below(3) {
        let name = Maker { entropy: e, program: &mut program, func: &mut func }.text();
        program.globals.push(name);
    }
    for _ in 0..e.below(3) {
        let mut maker = Maker { entropy: e, program: &mut program, func: &mut func };
        let name = maker.text();
        let methods = (0..maker.entropy.below(3)).map(|_| maker.method()).collect();
        let fields = (0..maker.entropy.below(3))
            .map(|_| Field {
                name: maker.text(),
                weak: maker.entropy.chance(),
                public: maker.entropy.chance(),
            })
            .collect();
        let class = Class {
            name,
            span: Span::default(),
            is_static: e.chance(),
            is_interface: e.chance(),
            is_nested: e.chance(),
            has_visibility: e.chance(),
            parents: (0..e.below(3))
                .map(|_| {
                    if e.chance() { Parent::User(ClassIx(e.id())) } else { Parent::Builtin(Builtin(e.id())) }
                })
                .collect(),
            interfaces: (0..e.below(3)).map(|_| ClassIx(e.id())).collect(),
            fields,
            methods,
            constructors: (0..e.below(3)).map(|n| (n, FuncId(e.id()))).collect(),
            tparams: e.below(3),
            init: e.chance().then_some(FuncId(e.below(9))),
            static_init: e.chance().then_some(FuncId(e.below(9))),
        };
        program.class_names.insert(class.name, ClassIx(e.id()));
        program.classes.push(class);
    }
    for _ in 0..e.below(3) {
        let method = Maker { entropy: e, program: &mut program, func: &mut func }.method();
        program.builtin_methods.push((Builtin(e.id()), method));
    }
    for _ in 0..e.below(4) {
        let func = make_func(e, &mut program);
        program.functions.insert(func.name, FuncId(e.id()));
        program.funcs.push(func);
    }
    program
}

#[test]
fn every_instruction_reads_back() {
    for (i, row) in TABLE.iter().enumerate() {
        let mut program = Program::new();
        let mut func = Func::new(program.names.intern("f"), Span::default());
        let mut entropy =
            Entropy { words: (1..40).map(|n: u64| (n * 7 + i as u64).wrapping_pow(9)).collect(), at: 0 };
        let mut maker = Maker { entropy: &mut entropy, program: &mut program, func: &mut func };
        let op = maker.op(row.mnemonic);
        assert_eq!(op.row_index(), i);
        func.insts.push(Inst { op, dst: Val(1), unwind: EdgeId::NONE });
        func.blocks.push(BlockData { params: 0, start: 0, end: 1, span: Span::default() });
        let text = print_func(&program, FuncId(0), &func, None);
        let again = parse(&text).unwrap();
        let inst = &again.funcs[0].insts[0];
        assert_eq!(inst.op.row_index(), i, "{text}");
        assert_eq!(print_inst(&again, &again.funcs[0], inst), print_inst(&program, &func, &func.insts[0]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn programs_read_back(words in prop::collection::vec(any::<u64>(), 1..400)) {
        let program = make_program(words);
        let text = print_program(&program, None);
        let again = match parse(&text) {
            Ok(again) => again,
            Err(error) => panic!("{error}\n{text}"),
        };
        prop_assert_eq!(print_program(&again, None), text);
        prop_assert_eq!(again.funcs.len(), program.funcs.len());
        for (a, b) in again.funcs.iter().zip(&program.funcs) {
            prop_assert_eq!(&a.blocks, &b.blocks);
            prop_assert_eq!(&a.edges, &b.edges);
            prop_assert_eq!(&a.lists, &b.lists);
            prop_assert_eq!((a.values, a.params, a.has_me, a.captures), (b.values, b.params, b.has_me, b.captures));
            prop_assert_eq!(a.types.as_ref().map(|t| t.result), b.types.as_ref().map(|t| t.result));
            for v in 0..a.values {
                prop_assert_eq!(a.rep(Val(v)), b.rep(Val(v)));
            }
            for (x, y) in a.insts.iter().zip(&b.insts) {
                prop_assert_eq!((x.dst, x.unwind, x.op.row_index()), (y.dst, y.unwind, y.op.row_index()));
                if let (Op::Float { value: x }, Op::Float { value: y }) = (x.op, y.op) {
                    prop_assert_eq!(x.to_bits(), y.to_bits());
                }
            }
        }
    }

    #[test]
    fn any_text_gives_a_program_or_an_error(text in "\\PC*") {
        let _ = parse(&text);
    }

    /// Texts that are nearly right get further into the parser.
    #[test]
    fn nearly_right_texts(cuts in prop::collection::vec((any::<prop::sample::Index>(), 0usize..12, "[ -~é\n]{0,4}"), 1..4)) {
        let mut text = WHOLE.to_string();
        for (at, len, insert) in cuts {
            let floor = |mut i: usize| { while !text.is_char_boundary(i) { i -= 1; } i };
            let start = floor(at.index(text.len()));
            let end = floor((start + len).min(text.len())).max(start);
            text.replace_range(start..end, &insert);
        }
        if let Ok(program) = parse(&text) {
            let printed = print_program(&program, None);
            let again = parse(&printed);
            prop_assert!(again.is_ok(), "{}\n{printed}", again.unwrap_err());
            prop_assert_eq!(print_program(&again.unwrap(), None), printed);
            let _ = mir::verify::verify_program(&program);
        }
    }
}
