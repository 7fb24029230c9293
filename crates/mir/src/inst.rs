//! The table of instructions. From it come the enum, the printer, the parser and the operand visitor;
//! what an instruction means is said here in words and done by `nyrt`.
//!
//! Operand types say how a value is used: [`Val`] is borrowed (someone else keeps it alive during the
//! instruction), [`Own`] is consumed (the count moves into the instruction). An instruction that
//! throws has consumed nothing, except those of [`Op::consumes_when_throwing`].
//!
//! Rows with [`Effects::TYPED`] exist in typed functions ([`crate::func::Types`]) only; `crate::types` says which representations
//! the operands of each row have there.

use syntax::intern::Symbol;

pub use crate::operand::*;

/// What an instruction gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gives {
    /// Nothing.
    Nothing,
    /// A value that nobody counts: no reference, or one that lives as long as the program.
    Scalar,
    /// A value that something else keeps alive as long as the instruction's operands or the frame.
    Borrowed,
    /// A value with one count for whoever takes it.
    Owned,
}

/// What an instruction may do besides giving a value. A set of the constants below.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effects(pub u8);

impl Effects {
    /// Nothing.
    pub const PURE: Effects = Effects(0);
    /// May throw (so it may carry an unwind edge).
    pub const THROWS: Effects = Effects(1);
    /// May run user code (so it may do anything that user code may do); implies throwing.
    pub const USER: Effects = Effects(3);
    /// May suspend the task; implies user code and throwing.
    pub const SUSPENDS: Effects = Effects(7);
    /// Ends its block.
    pub const END: Effects = Effects(8);
    /// Ends its block by throwing.
    pub const END_THROWS: Effects = Effects(9);
    /// Exists only before ownership and SSA construction.
    pub const EARLY: Effects = Effects(16);
    /// Of typed MIR only: nothing.
    pub const TYPED: Effects = Effects(32);
    /// Of typed MIR only: may throw.
    pub const TYPED_THROWS: Effects = Effects(33);
    /// Of typed MIR only: may run user code.
    pub const TYPED_USER: Effects = Effects(35);
    /// Of typed MIR only: may suspend the task.
    pub const TYPED_SUSPENDS: Effects = Effects(39);
    /// In typed functions only; ends a block.
    pub const TYPED_END: Effects = Effects(40);
    /// Whether it may throw.
    pub fn throws(self) -> bool {
        self.0 & 1 != 0
    }
    /// Whether it may run user code.
    pub fn runs_user_code(self) -> bool {
        self.0 & 2 != 0
    }
    /// Whether it may suspend.
    pub fn suspends(self) -> bool {
        self.0 & 4 != 0
    }
    /// Whether it ends its block.
    pub fn ends_block(self) -> bool {
        self.0 & 8 != 0
    }
    /// Whether it exists only in typed MIR.
    pub fn is_typed(self) -> bool {
        self.0 & 32 != 0
    }
    /// Whether it exists only before SSA construction.
    pub fn is_early(self) -> bool {
        self.0 & 16 != 0
    }
}

/// One row of the table, as data (docs and tests read it).
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Spelling in MIR text.
    pub mnemonic: &'static str,
    /// Names of the operands in order.
    pub operands: &'static [&'static str],
    /// What it gives.
    pub gives: Gives,
    /// What it may do.
    pub effects: Effects,
    /// What it means.
    pub doc: &'static str,
}

macro_rules! instructions {
    ($( $(#[doc = $doc:literal])* $name:ident $mnemonic:literal { $($field:ident : $ty:ty),* } $gives:ident $effects:ident; )*) => {
        /// An instruction without its destination.
        #[derive(Clone, Copy, PartialEq, Debug)]
        pub enum Op {
            $( $(#[doc = $doc])* $name { $(#[doc = stringify!($field)] $field: $ty),* }, )*
        }

        /// The table, in the order of [`Op`].
        pub const TABLE: &[Row] = &[$(Row {
            mnemonic: $mnemonic,
            operands: &[$(stringify!($field)),*],
            gives: Gives::$gives,
            effects: Effects::$effects,
            doc: concat!($($doc),*),
        }),*];

        impl Op {
            /// Position of the row in [`TABLE`].
            #[inline]
            pub fn row_index(&self) -> usize {
                #[allow(clippy::enum_variant_names, reason = "one name per row, taken from the table")]
                #[derive(Clone, Copy)]
                enum Index { $($name),* }
                (match self { $(Op::$name { .. } => Index::$name),* }) as usize
            }
            /// The row of the table.
            #[inline]
            pub fn row(&self) -> &'static Row { &TABLE[self.row_index()] }
            /// Calls `f` for every operand in order.
            pub fn operands(&self, f: &mut dyn FnMut(&dyn crate::inst::Operand)) {
                match self { $(Op::$name { $($field),* } => { $(f($field);)* let _ = &f; })* }
            }
            /// Calls `f` with every operand in order; for code that looks at many instructions.
            #[inline]
            pub fn visit(&self, mut f: impl FnMut(OperandRef)) {
                match self { $(Op::$name { $($field),* } => { $(f($field.get());)* let _ = &mut f; })* }
            }
            /// Calls `f` for every operand in order, which may change it.
            pub fn operands_mut(&mut self, f: &mut dyn FnMut(&mut dyn crate::inst::Operand)) {
                match self { $(Op::$name { $($field),* } => { $(f($field);)* let _ = &f; })* }
            }
            /// Reads the operands of the row with this mnemonic by asking `read` for each in order.
            /// `None` when there is no such row.
            pub fn read<R: ReadOperand>(mnemonic: &str, read: &mut R) -> Option<Result<Op, R::Error>> {
                match mnemonic {
                    $($mnemonic => {
                        $(let mut $field = <$ty as Blank>::BLANK;)*
                        let operands: &mut [&mut dyn Operand] = &mut [$(&mut $field),*];
                        let wrong = operands.iter_mut().find_map(|operand| read.operand(*operand).err());
                        Some(wrong.map_or(Ok(Op::$name { $($field),* }), Err))
                    })*
                    _ => None,
                }
            }
        }
    };
}

instructions! {
    // ---- constants
    /// The integer.
    Int "int" { value: i64 } Scalar PURE;
    /// The float.
    Float "float" { value: f64 } Scalar PURE;
    /// The truth value.
    Bool "bool" { value: bool } Scalar PURE;
    /// The string; literals live as long as the program.
    Str "str" { text: Symbol } Scalar PURE;
    /// `null`.
    Null "null" {} Scalar PURE;
    /// `void`.
    Void "void" {} Scalar PURE;

    // ---- operators (language section 6)
    /// `a + b`: sum, or text when either side is a String.
    Add "add" { a: Val, b: Val } Owned USER;
    /// `a + b` where the variable that holds `a` is overwritten with the result by the next instruction: a uniquely
    /// owned string may grow in place. A String `a` gives its count to the result; what releases `a` afterwards finds
    /// `void` in its place.
    AddReuse "add_reuse" { a: Val, b: Val } Owned USER;
    /// `a - b`.
    Sub "sub" { a: Val, b: Val } Scalar THROWS;
    /// `a * b`; a String times an Integer repeats.
    Mul "mul" { a: Val, b: Val } Owned THROWS;
    /// `a / b`.
    Div "div" { a: Val, b: Val } Scalar THROWS;
    /// `a % b`.
    Rem "rem" { a: Val, b: Val } Scalar THROWS;
    /// `a & b`.
    BitAnd "bit_and" { a: Val, b: Val } Scalar THROWS;
    /// `a | b`.
    BitOr "bit_or" { a: Val, b: Val } Scalar THROWS;
    /// `a ^ b`.
    BitXor "bit_xor" { a: Val, b: Val } Scalar THROWS;
    /// `a << b`.
    Shl "shl" { a: Val, b: Val } Scalar THROWS;
    /// `a >> b`.
    Shr "shr" { a: Val, b: Val } Scalar THROWS;
    /// `a == b`, never fails.
    Eq "eq" { a: Val, b: Val } Scalar PURE;
    /// `a != b`, never fails.
    Ne "ne" { a: Val, b: Val } Scalar PURE;
    /// `a < b`.
    Lt "lt" { a: Val, b: Val } Scalar THROWS;
    /// `a <= b`.
    Le "le" { a: Val, b: Val } Scalar THROWS;
    /// `a > b`.
    Gt "gt" { a: Val, b: Val } Scalar THROWS;
    /// `a >= b`.
    Ge "ge" { a: Val, b: Val } Scalar THROWS;
    /// `-a`.
    Neg "neg" { a: Val } Scalar THROWS;
    /// `~a`.
    BitNot "bit_not" { a: Val } Scalar THROWS;
    /// Truth of any value as a Bool; a dead box throws.
    Truth "truth" { a: Val } Scalar THROWS;
    /// The opposite of [`Op::Truth`].
    Not "not" { a: Val } Scalar THROWS;

    // ---- variables outside the frame
    /// Value of a global; throws `UndefinedVariable` when it was never assigned.
    GetGlobal "get_global" { global: Global } Owned THROWS;
    /// Whether a global was assigned.
    HasGlobal "has_global" { global: Global } Scalar PURE;
    /// Assigns a global; the old value dies after the store.
    SetGlobal "set_global" { global: Global, value: Own } Nothing USER;
    /// A new variable cell for closures.
    NewCell "new_cell" { value: Own } Owned THROWS;
    /// The variable's value.
    GetCell "get_cell" { cell: Val } Owned PURE;
    /// Assigns the variable; the old value dies after the store.
    SetCell "set_cell" { cell: Val, value: Own } Nothing USER;
    /// The n-th captured value of the running closure.
    Capture "capture" { index: u32 } Borrowed PURE;
    /// The instance of a static box, created on first use.
    GetStatic "get_static" { class: ClassIx } Borrowed USER;

    // ---- objects
    /// A field, or the method of that name bound to `object`.
    GetField "get_field" { object: Val, name: Symbol } Owned SUSPENDS;
    /// Assigns a field; the old value dies after the store.
    SetField "set_field" { object: Val, name: Symbol, value: Own } Nothing USER;
    /// `object[index]`: `get` of arrays, maps, strings and of user boxes.
    GetIndex "get_index" { object: Val, index: Val } Owned SUSPENDS;
    /// `object[index] = value`: `set`.
    SetIndex "set_index" { object: Val, index: Val, value: Val } Nothing SUSPENDS;
    /// A new instance with every field `void`; initial values and constructor are calls that follow.
    NewObject "new_object" { class: ClassIx } Owned THROWS;
    /// The box whose constructor threw dies without `fini`; errors of other boxes' `fini` are reported, not thrown.
    Discard "discard" { object: Own } Nothing PURE;
    /// `new` of a builtin box.
    NewBuiltin "new_builtin" { class: Builtin, args: Vals } Owned SUSPENDS;
    /// Makes `value` the content that `object` has for a builtin parent.
    SetContent "set_content" { object: Val, class: Builtin, value: Own } Nothing USER;
    /// The content that `object` has for a builtin parent, made without arguments on first use.
    GetContent "get_content" { object: Val, class: Builtin } Owned THROWS;
    /// `[a, b, ...]`.
    NewArray "new_array" { items: Owns } Owned THROWS;
    /// `%{k => v, ...}`: keys and values alternate.
    NewMap "new_map" { items: Vals } Owned THROWS;
    /// A function value with captured values.
    NewClosure "new_closure" { func: FuncId, captures: Owns } Owned THROWS;
    /// `weak a`.
    Weak "weak" { a: Val } Owned THROWS;
    /// Whether a thrown value is taken by `catch (name e)`.
    IsCaught "is_caught" { value: Val, name: Symbol } Scalar PURE;
    /// Throws `WeakFini` if the field is declared `weak`; comes before `object.name.fini()`.
    CheckFini "check_fini" { object: Val, name: Symbol } Nothing THROWS;
    /// Makes a box that is declared inside a block known.
    DeclareBox "declare_box" { class: ClassIx } Nothing PURE;
    /// Throws `UndefinedBox` unless the box was declared.
    CheckBox "check_box" { class: ClassIx } Nothing THROWS;

    // ---- calls
    /// A function of the program; the number of arguments is right.
    Call "call" { func: FuncId, args: Vals } Owned SUSPENDS;
    /// A function value.
    CallValue "call_value" { callee: Val, args: Vals } Owned SUSPENDS;
    /// A method by name; or a function held in the field of that name.
    CallMethod "call_method" { object: Val, name: Symbol, args: Vals } Owned SUSPENDS;
    /// A method of one of several builtin parents, the first that has it, on the content of `object` for it.
    CallContent "call_content" { object: Val, name: Symbol, args: Vals } Owned SUSPENDS;
    /// A builtin function that belongs to no value.
    CallBuiltin "call_builtin" { builtin: Builtin, args: Vals } Owned SUSPENDS;
    /// A function of an external interface, `env.iface.method(...)`.
    ExternCall "extern_call" { iface: Symbol, method: Symbol, args: Vals } Owned SUSPENDS;
    /// Runs the top-level code of an included file unless it has begun already.
    CallOnce "call_once" { func: FuncId } Nothing SUSPENDS;
    /// Starts a task that calls the function value without arguments; gives its Future.
    Spawn "spawn" { callee: Val } Owned THROWS;
    /// `await a`: the result of a Future, anything else unchanged.
    Await "await" { a: Val } Owned SUSPENDS;
    /// Writes the text of `a` and a newline.
    Print "print" { a: Val } Nothing SUSPENDS;

    // ---- counting
    /// One more count.
    Retain "retain" { a: Val } Owned PURE;
    /// One count less; at the last one the value dies here, which may run `fini`.
    Release "release" { a: Own } Nothing USER;
    /// [`Op::Release`] while an exception is on its way: errors of `fini` are reported, not thrown.
    ReleaseUnwinding "release_unwinding" { a: Own } Nothing PURE;
    /// Hands an `outbox` value to the statement of the caller.
    Outbox "outbox" { a: Own } Nothing PURE;
    /// End of a statement: what calls in it handed over by [`Op::Outbox`] dies here.
    DropOutbox "drop_outbox" {} Nothing USER;

    // ---- ends of blocks
    /// Goes on in another block.
    Jump "jump" { to: EdgeId } Nothing END;
    /// Two ways, by a Bool.
    Branch "branch" { cond: Val, then: EdgeId, els: EdgeId } Nothing END;
    /// The n-th way, by an Integer made by [`Op::Int`]; the last one for every other value.
    Switch "switch" { on: Val, to: Edges } Nothing END;
    /// Ends the call.
    Return "return" { value: Own } Nothing END;
    /// Throws a value.
    Throw "throw" { value: Own } Nothing END_THROWS;
    /// Goes on throwing a value that was on its way, with its trace.
    Rethrow "rethrow" { value: Own } Nothing END_THROWS;
    /// Throws an ErrorBox of the named kind with a message known when building.
    Raise "raise" { kind: Symbol, message: Symbol } Nothing END_THROWS;
    /// Cannot be reached.
    Unreachable "unreachable" {} Nothing END;

    // ---- typed MIR: made by the lowering, with operands and results of one representation each
    /// Sum of two I64, wrapping.
    IAdd "iadd" { a: Val, b: Val } Scalar TYPED;
    /// Difference of two I64, wrapping.
    ISub "isub" { a: Val, b: Val } Scalar TYPED;
    /// Product of two I64, wrapping.
    IMul "imul" { a: Val, b: Val } Scalar TYPED;
    /// Quotient of two I64 towards zero; throws `DivisionByZero`.
    IDiv "idiv" { a: Val, b: Val } Scalar TYPED_THROWS;
    /// Remainder of two I64 with the sign of `a`; throws `DivisionByZero`.
    IRem "irem" { a: Val, b: Val } Scalar TYPED_THROWS;
    /// Bits in both I64.
    IAnd "iand" { a: Val, b: Val } Scalar TYPED;
    /// Bits in either I64.
    IOr "ior" { a: Val, b: Val } Scalar TYPED;
    /// Bits in one of two I64.
    IXor "ixor" { a: Val, b: Val } Scalar TYPED;
    /// I64 shifted left by the low 6 bits of `b`.
    IShl "ishl" { a: Val, b: Val } Scalar TYPED;
    /// I64 shifted right with its sign by the low 6 bits of `b`.
    IShr "ishr" { a: Val, b: Val } Scalar TYPED;
    /// `-a` of an I64, wrapping.
    INeg "ineg" { a: Val } Scalar TYPED;
    /// `~a` of an I64.
    INot "inot" { a: Val } Scalar TYPED;
    /// Whether two I64 are equal.
    IEq "ieq" { a: Val, b: Val } Scalar TYPED;
    /// Whether two I64 differ.
    INe "ine" { a: Val, b: Val } Scalar TYPED;
    /// `a < b` of I64.
    ILt "ilt" { a: Val, b: Val } Scalar TYPED;
    /// `a <= b` of I64.
    ILe "ile" { a: Val, b: Val } Scalar TYPED;
    /// The F64 nearest to an I64.
    IToF "itof" { a: Val } Scalar TYPED;
    /// Sum of two F64.
    FAdd "fadd" { a: Val, b: Val } Scalar TYPED;
    /// Difference of two F64.
    FSub "fsub" { a: Val, b: Val } Scalar TYPED;
    /// Product of two F64.
    FMul "fmul" { a: Val, b: Val } Scalar TYPED;
    /// Quotient of two F64.
    FDiv "fdiv" { a: Val, b: Val } Scalar TYPED;
    /// The C `fmod` of two F64.
    FRem "frem" { a: Val, b: Val } Scalar TYPED;
    /// `-a` of an F64.
    FNeg "fneg" { a: Val } Scalar TYPED;
    /// Square root of an F64; throws `MathError` below zero.
    FSqrt "fsqrt" { a: Val } Scalar TYPED_THROWS;
    /// Whether two F64 are equal as IEEE says.
    FEq "feq" { a: Val, b: Val } Scalar TYPED;
    /// The opposite of [`Op::FEq`].
    FNe "fne" { a: Val, b: Val } Scalar TYPED;
    /// `a < b` of F64; false with a NaN.
    FLt "flt" { a: Val, b: Val } Scalar TYPED;
    /// `a <= b` of F64; false with a NaN.
    FLe "fle" { a: Val, b: Val } Scalar TYPED;
    /// The opposite of a Bool.
    BNot "bnot" { a: Val } Scalar TYPED;
    /// Whether two Bools are equal.
    BEq "beq" { a: Val, b: Val } Scalar TYPED;
    /// Whether two references are the same object or both zero.
    REq "req" { a: Val, b: Val } Scalar TYPED;
    /// Whether a reference is zero.
    RZero "rzero" { a: Val } Scalar TYPED;
    /// Whether two references to strings have equal texts or are both zero.
    SEq "seq" { a: Val, b: Val } Scalar TYPED;
    /// I64 as Any.
    BoxI "box_i" { a: Val } Scalar TYPED;
    /// F64 as Any.
    BoxF "box_f" { a: Val } Scalar TYPED;
    /// Bool as Any.
    BoxB "box_b" { a: Val } Scalar TYPED;
    /// Reference as Any, still kept alive by the owner of `a`; zero is `void` or `null`.
    BoxRef "box_ref" { a: Val, void: bool } Borrowed TYPED;
    /// Reference as Any with its count; zero is `void` or `null`.
    BoxMove "box_move" { a: Own, void: bool } Owned TYPED;
    /// The I64 in an Any that holds an Integer.
    UnboxI "unbox_i" { a: Val } Scalar TYPED;
    /// The F64 in an Any that holds a Float.
    UnboxF "unbox_f" { a: Val } Scalar TYPED;
    /// The Bool in an Any that holds one; false for `null` and `void`.
    UnboxB "unbox_b" { a: Val } Scalar TYPED;
    /// The reference in an Any that holds one, still kept alive by the owner of `a`; zero for `null` and `void`.
    UnboxRef "unbox_ref" { a: Val } Borrowed TYPED;
    /// The reference in an Any with its count; zero for `null` and `void`.
    UnboxMove "unbox_move" { a: Own } Owned TYPED;
    /// [`Op::BoxRef`] of a reference that lives as long as the program.
    BoxLit "box_lit" { a: Val, void: bool } Scalar TYPED;
    /// [`Op::UnboxRef`] of a reference that lives as long as the program.
    UnboxLit "unbox_lit" { a: Val } Scalar TYPED;
    /// An Any that holds no reference: it needs no count.
    Plain "plain" { a: Val } Scalar TYPED;
    /// An owned value that holds no reference here is not used any more.
    Forget "forget" { a: Own } Nothing TYPED;
    /// One count less of a value whose death nobody can observe.
    ReleaseQuiet "release_quiet" { a: Own } Nothing TYPED;
    /// The same value, still kept alive by the owner of `a`.
    Lend "lend" { a: Val } Borrowed TYPED;
    /// [`Op::NewArray`] of values that stay with their owners, in any representation; zero is `null`.
    ArrayOf "array_of" { items: Vals } Owned TYPED_THROWS;
    /// [`Op::NewClosure`] of values that stay with their owners, in any representation; zero is `null`.
    ClosureOf "closure_of" { func: FuncId, captures: Vals } Owned TYPED_THROWS;
    /// [`Op::NewCell`] of a value that stays with its owner, in any representation; zero is `null`.
    CellOf "cell_of" { value: Val } Owned TYPED_THROWS;
    /// Whether a value is an object of exactly this class; false for zero, and for whatever else an Any holds.
    ClassIs "class_is" { a: Val, class: ClassIx } Scalar TYPED;
    /// Whether a function value is of this function of the program; false for zero.
    ClosureIs "closure_is" { a: Val, func: FuncId } Scalar TYPED;
    /// Throws what reading (0) or writing (1) the field, or calling (2) the method, of a zero reference throws; zero
    /// is `void` or `null`.
    Check "check" { object: Val, action: u32, name: Symbol, void: bool } Nothing TYPED_THROWS;
    /// Throws `UseAfterFini` if the object, which is not zero, is dead.
    CheckAlive "check_alive" { object: Val } Nothing TYPED_THROWS;
    /// The field of an object that is not zero, in the representation of its slot.
    Load "load" { object: Val, class: ClassIx, field: Symbol } Borrowed TYPED;
    /// Writes a field that holds no references; the object is not zero.
    StoreRaw "store_raw" { object: Val, class: ClassIx, field: Symbol, value: Val } Nothing TYPED;
    /// Writes a field; the object is not zero, the old value dies after the store.
    Store "store" { object: Val, class: ClassIx, field: Symbol, value: Own } Nothing TYPED_USER;
    /// Writes a reference field and gives what was in it, with its count; the object is not zero.
    Swap "swap" { object: Val, class: ClassIx, field: Symbol, value: Own } Owned TYPED;
    /// Number of elements of an array that is not zero.
    ArrLen "arr_len" { array: Val } Scalar TYPED;
    /// Element of an array that is not zero, in the representation that its elements have; outside zero, `null` or
    /// false.
    ArrGet "arr_get" { array: Val, index: Val } Borrowed TYPED;
    /// Replaces or, at the length, appends an element; the old one dies after the store. Throws `IndexError`.
    ArrSet "arr_set" { array: Val, index: Val, value: Val } Nothing TYPED_USER;
    /// Appends an element.
    ArrPush "arr_push" { array: Val, value: Val } Nothing TYPED_THROWS;
    /// [`Op::ArrSet`] of a reference that brings its count; when it throws, its owner still has it. The old element dies
    /// quietly.
    ArrSetMove "arr_set_move" { array: Val, index: Val, value: Own } Nothing TYPED_THROWS;
    /// Replaces an element that is a reference and gives what was there, with its count. The array is not zero, the
    /// position is inside.
    ArrSwap "arr_swap" { array: Val, index: Val, value: Own } Owned TYPED;
    /// [`Op::ArrPush`] of a reference that brings its count; when it throws, its owner still has it.
    ArrPushMove "arr_push_move" { array: Val, value: Own } Nothing TYPED_THROWS;
    /// Number of entries of a map that is not zero.
    MapLen "map_len" { map: Val } Scalar TYPED;
    /// Value of a key of a map that is not zero, in the representation that its values have; absent zero or `null`. The
    /// key is an I64, a reference whose zero is `null`, or Any; throws `TypeError` for what cannot be a key.
    MapGet "map_get" { map: Val, key: Val } Borrowed TYPED_THROWS;
    /// Whether a key is in a map; operands and errors as for [`Op::MapGet`].
    MapHas "map_has" { map: Val, key: Val } Scalar TYPED_THROWS;
    /// Sets the value of a key; the old one dies after the store. Operands and errors as for [`Op::MapGet`].
    MapSet "map_set" { map: Val, key: Val, value: Val } Nothing TYPED_USER;
    /// Number of code points of a string that is not zero.
    StrLen "str_len" { a: Val } Scalar TYPED;
    /// The character at a position of a string that is not zero as a string; outside zero.
    StrAt "str_at" { a: Val, index: Val } Owned TYPED_THROWS;
    /// The number of the character at a position of a string that is not zero; -1 outside.
    StrCode "str_code" { a: Val, index: Val } Scalar TYPED;
    /// [`Op::Add`] of a string and a string or I64, or of an I64 and a string; references are not zero.
    StrJoin "str_join" { a: Val, b: Val } Owned TYPED_THROWS;
    /// [`Op::AddReuse`] of a string that is not zero: the count of `a` goes to the result, what releases `a`
    /// afterwards finds zero. `b` is an I64, a reference whose zero is `null`, or Any.
    Append "append" { a: Val, b: Val } Owned TYPED_USER;
    /// The value in a variable cell, in the representation that it always has.
    CellGet "cell_get" { cell: Val } Borrowed TYPED;
    /// Writes a variable cell; the old value dies after the store.
    CellSet "cell_set" { cell: Val, value: Own } Nothing TYPED_USER;
    /// The n-th captured value of the running closure, in the representation that it always has.
    CaptureGet "capture_get" { index: u32 } Borrowed TYPED;
    /// Value of a global in the representation that it always has; throws `UndefinedVariable`.
    GlobalGet "global_get" { global: Global } Borrowed TYPED_THROWS;
    /// Assigns a global; the old value dies after the store.
    GlobalSet "global_set" { global: Global, value: Own } Nothing TYPED_USER;
    /// A function of the program; arguments and result are represented as the function's signature says.
    CallDirect "call_direct" { func: FuncId, args: Vals } Owned TYPED_SUSPENDS;
    /// [`Op::CallDirect`] of a function that lends its result: it is alive as long as the places are not changed and the
    /// arguments live through which the function has reached it.
    CallLent "call_lent" { func: FuncId, args: Vals } Borrowed TYPED_SUSPENDS;
    /// [`Op::CallDirect`] of a function that takes parameters ([`Op::Take`]): the arguments with these positions, as bits,
    /// are references that bring their counts, which are gone even when it throws.
    CallGiving "call_giving" { func: FuncId, args: Vals, given: u32 } Owned TYPED_SUSPENDS;
    /// A parameter with the count that [`Op::CallGiving`] has brought along. Such instructions begin the function, in the
    /// order of the parameters, which are not used otherwise.
    Take "take" { a: Val } Owned TYPED;
    /// The same as [`Op::CallDirect`] through a function value of that function, which has no receiver.
    CallClosure "call_closure" { callee: Val, func: FuncId, args: Vals } Owned TYPED_SUSPENDS;
    /// Ends the call of a function that lends its result: whoever called finds it alive, and has no count of it.
    ReturnLent "return_lent" { value: Val } Nothing TYPED_END;
    /// A builtin that was found when lowering: method, constructor or function. Its arguments, which begin with the
    /// receiver of a method, come in any representation, zero is `null`; what it gives fits the result's.
    CallNative "call_native" { builtin: Builtin, args: Vals } Owned TYPED_SUSPENDS;
    /// A call of a function whose body follows: counts its step and throws `StackOverflow` where the call would.
    Inlined "inlined" { func: FuncId } Nothing TYPED_THROWS;

    // ---- before ownership and SSA construction
    /// Value of a variable.
    VarGet "var_get" { var: Var } Borrowed EARLY;
    /// First value of a variable in its scope.
    VarInit "var_init" { var: Var, value: Val } Nothing EARLY;
    /// Another value of a variable; the old one dies after the store.
    VarSet "var_set" { var: Var, value: Val } Nothing EARLY;
    /// Begins a scope: what is owned from here on dies at the matching [`Op::Leave`].
    Enter "enter" { scope: Scope } Nothing EARLY;
    /// A scope is left (on this path).
    Leave "leave" { scope: Scope } Nothing EARLY;
    /// Begins a scope whose exceptions go to a block, which finds them in the function's exception variable.
    EnterTry "enter_try" { scope: Scope, handler: Block } Nothing EARLY;
    /// A part of the statement that may not run follows in other blocks.
    CondBegin "cond_begin" { cond: Cond } Nothing EARLY;
    /// Such a part begins.
    CondEnter "cond_enter" { cond: Cond } Nothing EARLY;
    /// It ends; its temporaries live on to the end of the statement.
    CondLeave "cond_leave" { cond: Cond } Nothing EARLY;
    /// The object is not constructed yet: if something throws, it is discarded.
    Unborn "unborn" { object: Val } Nothing EARLY;
    /// The object's constructor has returned.
    Born "born" { object: Val } Nothing EARLY;
}

impl Op {
    /// Whether its consumed operands are gone even when it throws: releases, ends of blocks, stores, whose old
    /// value's `fini` may fail when the new value is already in its place, and calls of functions that take parameters.
    pub fn consumes_when_throwing(&self) -> bool {
        self.row().effects.ends_block()
            || matches!(
                self,
                Op::Release { .. }
                    | Op::SetGlobal { .. }
                    | Op::SetCell { .. }
                    | Op::SetField { .. }
                    | Op::SetContent { .. }
                    | Op::Store { .. }
                    | Op::CellSet { .. }
                    | Op::GlobalSet { .. }
                    | Op::CallGiving { .. }
            )
    }
}

/// An instruction: what it does, where its result goes, where its exceptions go.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Inst {
    /// What it does.
    pub op: Op,
    /// Its result, [`Val::NONE`] when it gives nothing.
    pub dst: Val,
    /// Where an exception goes, [`EdgeId::NONE`] for the caller. Within the arguments of this edge
    /// [`EXCEPTION`] stands for the thrown value (owned).
    pub unwind: EdgeId,
}

/// The thrown value among the arguments of an unwind edge.
pub const EXCEPTION: Val = Val(u32::MAX - 1);
