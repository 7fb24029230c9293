//! The table of bytecode instructions: from it come the enum, the dump and the marks for statistics. What an
//! instruction does is in `exec`; this file knows no machine.
//!
//! An instruction is one word of 8 bytes: an opcode and three fields of 16 bits. Some are followed by words of data.
//! A register is a word of the window; a value whose kind is not known takes two, the first at an even number.

/// Words of a call before the copies of its operands, if there are any.
pub(crate) const CALL_WORDS: usize = 2;

/// One word of code. Words of data that follow an instruction have the same size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C, align(8))]
pub(crate) struct Inst {
    pub(crate) op: Code,
    pub(crate) a: u16,
    pub(crate) b: u16,
    pub(crate) c: u16,
}

impl Inst {
    /// The fields `b` and `c` as one number.
    #[inline(always)]
    pub(crate) fn wide(self) -> u32 {
        self.b as u32 | (self.c as u32) << 16
    }
}

/// One word of code or data.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) union Word {
    pub(crate) inst: Inst,
    pub(crate) bits: u64,
    pub(crate) shorts: [u16; 4],
}

/// What a field means, for the dump.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Field {
    /// Nothing.
    No,
    /// A register that is read or written.
    Reg,
    /// Two registers.
    Pair,
    /// A signed number.
    Imm,
    /// A number.
    Num,
    /// How far to jump, in words from this instruction.
    Rel,
    /// With the next field: how far to jump.
    Far,
    /// With the next field: a signed number.
    Wide,
    /// With the next field: index of a [`crate::code::Site`].
    Site,
}

/// What an instruction counts as in statistics.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mark {
    /// Nothing special.
    Plain,
    /// It works on a value whose kind is not known.
    Any,
    /// Likewise, when its last field says so.
    ByRep,
    /// Likewise, when an operand or result of the MIR instruction that it stands for is one.
    ByOperands,
}

/// A row of the table.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) fields: [Field; 3],
    /// Words of data that follow.
    pub(crate) data: u8,
    pub(crate) mark: Mark,
}

macro_rules! table {
    ($( $(#[doc = $doc:literal])* $code:ident $name:literal [$a:ident $b:ident $c:ident] $data:literal $mark:ident; )*) => {
        /// An opcode.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        pub(crate) enum Code { $($(#[doc = $doc])* $code),* }
        /// The rows in the order of [`Code`].
        pub(crate) const TABLE: &[Row] = &[$(Row {
            name: $name,
            fields: [Field::$a, Field::$b, Field::$c],
            data: $data,
            mark: Mark::$mark,
        }),*];
        /// All opcodes.
        pub(crate) const ALL: &[Code] = &[$(Code::$code),*];
    };
}

impl Code {
    /// Its row.
    pub(crate) fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

table! {
    // ---- copies and constants
    Mov "mov" [Reg Reg No] 0 Plain;
    Mov2 "mov2" [Pair Pair No] 0 Any;
    Int "int" [Reg Wide No] 0 Plain;
    Const "const" [Reg No No] 1 Plain;
    Const2 "const2" [Pair No No] 2 Any;

    // ---- integers
    IAdd "iadd" [Reg Reg Reg] 0 Plain;
    ISub "isub" [Reg Reg Reg] 0 Plain;
    IMul "imul" [Reg Reg Reg] 0 Plain;
    IDiv "idiv" [Reg Reg Reg] 0 Plain;
    IRem "irem" [Reg Reg Reg] 0 Plain;
    IAnd "iand" [Reg Reg Reg] 0 Plain;
    IOr "ior" [Reg Reg Reg] 0 Plain;
    IXor "ixor" [Reg Reg Reg] 0 Plain;
    IShl "ishl" [Reg Reg Reg] 0 Plain;
    IShr "ishr" [Reg Reg Reg] 0 Plain;
    IAddI "iadd_i" [Reg Reg Imm] 0 Plain;
    IMulI "imul_i" [Reg Reg Imm] 0 Plain;
    IDivI "idiv_i" [Reg Reg Imm] 0 Plain;
    IRemI "irem_i" [Reg Reg Imm] 0 Plain;
    IAndI "iand_i" [Reg Reg Imm] 0 Plain;
    IShlI "ishl_i" [Reg Reg Imm] 0 Plain;
    IShrI "ishr_i" [Reg Reg Imm] 0 Plain;
    INeg "ineg" [Reg Reg No] 0 Plain;
    INot "inot" [Reg Reg No] 0 Plain;
    IEq "ieq" [Reg Reg Reg] 0 Plain;
    INe "ine" [Reg Reg Reg] 0 Plain;
    ILt "ilt" [Reg Reg Reg] 0 Plain;
    ILe "ile" [Reg Reg Reg] 0 Plain;

    // ---- floats
    IToF "itof" [Reg Reg No] 0 Plain;
    FAdd "fadd" [Reg Reg Reg] 0 Plain;
    FSub "fsub" [Reg Reg Reg] 0 Plain;
    FMul "fmul" [Reg Reg Reg] 0 Plain;
    FDiv "fdiv" [Reg Reg Reg] 0 Plain;
    FRem "frem" [Reg Reg Reg] 0 Plain;
    FNeg "fneg" [Reg Reg No] 0 Plain;
    FSqrt "fsqrt" [Reg Reg No] 0 Plain;
    FEq "feq" [Reg Reg Reg] 0 Plain;
    FNe "fne" [Reg Reg Reg] 0 Plain;
    FLt "flt" [Reg Reg Reg] 0 Plain;
    FLe "fle" [Reg Reg Reg] 0 Plain;

    // ---- truth values and references
    BNot "bnot" [Reg Reg No] 0 Plain;
    BEq "beq" [Reg Reg Reg] 0 Plain;
    REq "req" [Reg Reg Reg] 0 Plain;
    RZero "rzero" [Reg Reg No] 0 Plain;
    SEq "seq" [Reg Reg Reg] 0 Plain;
    ClassIs "class_is" [Reg Reg Num] 0 Plain;
    AnyClassIs "any_class_is" [Reg Pair Num] 0 Any;
    ClosureIs "closure_is" [Reg Reg No] 1 Plain;

    // ---- values of unknown kind
    BoxI "box_i" [Pair Reg No] 0 Any;
    BoxF "box_f" [Pair Reg No] 0 Any;
    BoxB "box_b" [Pair Reg No] 0 Any;
    BoxRef "box_ref" [Pair Reg Num] 0 Any;
    UnboxRef "unbox_ref" [Reg Pair No] 0 Any;
    // The data of operators is the address of the kinds that they saw.
    AnyAdd "any_add" [Pair Pair Pair] 1 Any;
    AnySub "any_sub" [Pair Pair Pair] 1 Any;
    AnyMul "any_mul" [Pair Pair Pair] 1 Any;
    AnyAnd "any_and" [Pair Pair Pair] 1 Any;
    AnyOr "any_or" [Pair Pair Pair] 1 Any;
    AnyXor "any_xor" [Pair Pair Pair] 1 Any;
    AnyShl "any_shl" [Pair Pair Pair] 1 Any;
    AnyShr "any_shr" [Pair Pair Pair] 1 Any;
    AnyEq "any_eq" [Reg Pair Pair] 0 Any;
    AnyNe "any_ne" [Reg Pair Pair] 0 Any;
    AnyLt "any_lt" [Reg Pair Pair] 1 Any;
    AnyLe "any_le" [Reg Pair Pair] 1 Any;
    AnyGt "any_gt" [Reg Pair Pair] 1 Any;
    AnyGe "any_ge" [Reg Pair Pair] 1 Any;
    /// Whether it is `null` or `void`.
    AnyNothing "any_nothing" [Reg Pair No] 0 Any;
    AnySomething "any_something" [Reg Pair No] 0 Any;
    AnyTruth "any_truth" [Reg Pair No] 0 Any;
    AnyNot "any_not" [Reg Pair No] 0 Any;

    // ---- counting
    Retain "retain" [Reg Reg No] 0 Plain;
    RetainAny "retain_any" [Pair Pair No] 0 Any;
    Release "release" [Reg No No] 0 Plain;
    ReleaseAny "release_any" [Pair No No] 0 Any;

    // ---- fields
    Load8 "load8" [Reg Reg Num] 0 Plain;
    LoadBool "load_bool" [Reg Reg Num] 0 Plain;
    LoadRef "load_ref" [Reg Reg Num] 0 Plain;
    LoadRefCheck "load_ref_check" [Reg Reg Num] 0 Plain;
    LoadAny "load_any" [Pair Reg Num] 0 Any;
    LoadRefOwn "load_ref_own" [Reg Reg Num] 0 Plain;
    CheckLoad8 "check_load8" [Reg Reg Num] 0 Plain;
    CheckLoadRef "check_load_ref" [Reg Reg Num] 0 Plain;
    Store8 "store8" [Reg Num Reg] 0 Plain;
    StoreBool "store_bool" [Reg Num Reg] 0 Plain;
    StoreRawAny "store_raw_any" [Reg Num Pair] 0 Any;
    StoreRawRef "store_raw_ref" [Reg Num Reg] 0 Plain;
    StoreRef "store_ref" [Reg Num Reg] 0 Plain;
    StoreAny "store_any" [Reg Num Pair] 0 Any;
    /// The data is the register with the new content.
    Swap "swap" [Reg Reg Num] 1 Plain;
    Check "check" [Reg No No] 0 Plain;
    CheckAlive "check_alive" [Reg No No] 0 Plain;

    // ---- arrays and strings
    ArrLen "arr_len" [Reg Reg No] 0 Plain;
    ArrGetI "arr_get_i" [Reg Reg Reg] 0 Plain;
    ArrGetF "arr_get_f" [Reg Reg Reg] 0 Plain;
    ArrGetB "arr_get_b" [Reg Reg Reg] 0 Plain;
    ArrGetRef "arr_get_ref" [Reg Reg Reg] 0 Plain;
    ArrGetAny "arr_get_any" [Pair Reg Reg] 0 Any;
    ArrSetI "arr_set_i" [Reg Reg Reg] 0 Plain;
    ArrSetF "arr_set_f" [Reg Reg Reg] 0 Plain;
    ArrSetB "arr_set_b" [Reg Reg Reg] 0 Plain;
    ArrSetRef "arr_set_ref" [Reg Reg Reg] 0 Plain;
    ArrSetMove "arr_set_move" [Reg Reg Reg] 0 Plain;
    ArrSetAny "arr_set_any" [Reg Reg Pair] 0 Any;
    /// The data is the register with the new element.
    ArrSwap "arr_swap" [Reg Reg Reg] 1 Plain;
    ArrPushI "arr_push_i" [Reg Reg No] 0 Plain;
    ArrPushF "arr_push_f" [Reg Reg No] 0 Plain;
    ArrPushB "arr_push_b" [Reg Reg No] 0 Plain;
    ArrPushRef "arr_push_ref" [Reg Reg No] 0 Plain;
    ArrPushMove "arr_push_move" [Reg Reg No] 0 Plain;
    ArrPushAny "arr_push_any" [Reg Pair No] 0 Any;
    StrLen "str_len" [Reg Reg No] 0 Plain;
    StrAt "str_at" [Reg Reg Reg] 0 Plain;
    StrPoint "str_code" [Reg Reg Reg] 0 Plain;
    // The data is the representations of operands and results that can have several.
    StrJoin "str_join" [Reg Reg Reg] 1 ByOperands;
    Append "append" [Reg Reg Reg] 1 ByOperands;
    MapLen "map_len" [Reg Reg No] 0 Plain;
    MapGetI "map_get_i" [Reg Reg Reg] 1 ByOperands;
    MapGetRef "map_get_ref" [Reg Reg Reg] 1 ByOperands;
    MapGetAny "map_get_any" [Reg Reg Pair] 1 Any;
    MapHasI "map_has_i" [Reg Reg Reg] 0 Plain;
    MapHasRef "map_has_ref" [Reg Reg Reg] 0 Plain;
    MapHasAny "map_has_any" [Reg Reg Pair] 0 Any;
    MapSetI "map_set_i" [Reg Reg Reg] 1 ByOperands;
    MapSetRef "map_set_ref" [Reg Reg Reg] 1 ByOperands;
    MapSetAny "map_set_any" [Reg Pair Reg] 1 Any;

    // ---- variables outside of the frame; the last field is the representation
    CellGet "cell_get" [Reg Reg Num] 0 ByRep;
    CellSet "cell_set" [Reg Reg Num] 0 ByRep;
    CaptureGet "capture_get" [Reg Num Num] 0 ByRep;
    GlobalGet "global_get" [Reg Num Num] 1 ByRep;
    GlobalSet "global_set" [Reg Num Num] 1 ByRep;
    GetStatic "get_static" [Reg Num No] 1 Plain;

    // ---- objects and calls
    NewObject "new_object" [Reg No No] 1 Plain;
    /// An array without elements.
    NewArray "new_array" [Reg No No] 0 Plain;
    Call1 "call1" [Reg Reg No] 1 ByOperands;
    Call2 "call2" [Reg Reg Reg] 1 ByOperands;
    Call4 "call4" [Reg Reg Reg] 1 ByOperands;
    CallN "call_n" [Reg Num No] 1 ByOperands;
    CallClosure "call_closure" [Reg Num Reg] 1 ByOperands;
    GetField "get_field" [Pair Site No] 0 Any;
    SetField "set_field" [No Site No] 0 Any;
    /// The data is the register that says how the result comes; what follows makes it a whole value.
    CallMethod "call_method" [Pair Site No] 1 Any;
    /// The same of a function value.
    CallValue "call_value" [Pair Site No] 1 Any;
    /// A result as the second register says: as it is, or still without its kind.
    BoxResult "box_result" [Pair Reg No] 0 Any;
    /// A builtin: its number, then its arguments, two in a word, each a register and a representation.
    CallNative "call_native" [Reg Num Num] 1 ByOperands;
    /// An array, closure or variable cell of operands: which one, the function, then the operands as for a builtin.
    Make "make" [Reg Num Num] 1 ByOperands;
    /// Operands of the call in front.
    Skip "skip" [Num No No] 0 Plain;
    /// Any other instruction that does not end a block.
    Perform "perform" [No Site No] 0 Any;
    Inlined "inlined" [No No No] 0 Plain;
    DropOutbox "drop_outbox" [No No No] 0 Plain;

    // ---- jumps
    Jump "jump" [No Far No] 0 Plain;
    Back "back" [No Far No] 0 Plain;
    JTrue "jtrue" [Reg No Rel] 0 Plain;
    JFalse "jfalse" [Reg No Rel] 0 Plain;
    JIEq "jieq" [Reg Reg Rel] 0 Plain;
    JINe "jine" [Reg Reg Rel] 0 Plain;
    JILt "jilt" [Reg Reg Rel] 0 Plain;
    JILe "jile" [Reg Reg Rel] 0 Plain;
    JIEqI "jieq_i" [Reg Imm Rel] 0 Plain;
    JINeI "jine_i" [Reg Imm Rel] 0 Plain;
    JILtI "jilt_i" [Reg Imm Rel] 0 Plain;
    JILeI "jile_i" [Reg Imm Rel] 0 Plain;
    JIGtI "jigt_i" [Reg Imm Rel] 0 Plain;
    JIGeI "jige_i" [Reg Imm Rel] 0 Plain;
    JFEq "jfeq" [Reg Reg Rel] 0 Plain;
    JFNe "jfne" [Reg Reg Rel] 0 Plain;
    JFLt "jflt" [Reg Reg Rel] 0 Plain;
    JFLe "jfle" [Reg Reg Rel] 0 Plain;
    /// Not `flt`: also with a NaN.
    JFNlt "jfnlt" [Reg Reg Rel] 0 Plain;
    JFNle "jfnle" [Reg Reg Rel] 0 Plain;
    JREq "jreq" [Reg Reg Rel] 0 Plain;
    JRNe "jrne" [Reg Reg Rel] 0 Plain;
    JZero "jzero" [Reg No Rel] 0 Plain;
    JNonzero "jnonzero" [Reg No Rel] 0 Plain;
    JNothing "jnothing" [Pair No Rel] 0 Any;
    JSomething "jsomething" [Pair No Rel] 0 Any;
    JSame "jsame" [Pair Pair Rel] 0 Any;
    JDiffer "jdiffer" [Pair Pair Rel] 0 Any;
    JClassIs "jclass_is" [Reg Num Rel] 0 Plain;
    JClassIsNot "jclass_is_not" [Reg Num Rel] 0 Plain;
    JAnyClassIs "jany_class_is" [Pair Num Rel] 0 Any;
    JAnyClassIsNot "jany_class_is_not" [Pair Num Rel] 0 Any;
    JClosureIs "jclosure_is" [Reg Num Rel] 0 Plain;
    JClosureIsNot "jclosure_is_not" [Reg Num Rel] 0 Plain;
    // The condition of a loop once more at its end: counts the step, then jumps back into the body or goes on. Only
    // conditions that loops have often; docs/decisions/0016-fused-instructions.md.
    BackILt "back_ilt" [Reg Reg Rel] 1 Plain;
    BackILe "back_ile" [Reg Reg Rel] 1 Plain;
    BackILtI "back_ilt_i" [Reg Imm Rel] 1 Plain;
    BackILeI "back_ile_i" [Reg Imm Rel] 1 Plain;
    BackIGeI "back_ige_i" [Reg Imm Rel] 1 Plain;
    BackNonzero "back_nonzero" [Reg No Rel] 1 Plain;
    /// Adds one to the first register before the condition.
    IncBackILt "inc_back_ilt" [Reg Reg Rel] 1 Plain;
    IncBackILe "inc_back_ile" [Reg Reg Rel] 1 Plain;
    IncBackILtI "inc_back_ilt_i" [Reg Imm Rel] 1 Plain;
    IncBackILeI "inc_back_ile_i" [Reg Imm Rel] 1 Plain;
    Switch "switch" [Reg Wide No] 0 Plain;

    // ---- ends
    Return1 "return" [Reg No No] 0 Plain;
    Return2 "return_any" [Pair No No] 0 Any;
    Return0 "return_unit" [No No No] 0 Plain;
    ReturnInt "return_int" [No Wide No] 0 Plain;
    /// Throw, rethrow, raise, and what cannot be reached.
    End "end" [No Site No] 0 Plain;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fused_instructions_stay_few() {
        let loops = ALL.iter().filter(|op| op.row().name.contains("back_")).count();
        // A test and its opposite are one.
        let jumps = ALL.iter().filter(|op| op.row().fields[2] == Field::Rel).count() - loops;
        let constants =
            ALL.iter().filter(|op| op.row().fields == [Field::Reg, Field::Reg, Field::Imm]).count();
        let loads = ["load_ref_check", "load_ref_own", "check_load8", "check_load_ref"];
        let loads = ALL.iter().filter(|op| loads.contains(&op.row().name)).count();
        let returns = ALL.iter().filter(|op| op.row().name == "return_int").count();
        // One of the tests is that of a Bool, which fuses nothing.
        assert_eq!((jumps / 2 - 1, loops, constants, loads, returns), (15, 10, 7, 4, 1));
    }
}
