//! The 16-byte value: a tag word (class id, kind) and a payload. It does not count references.

use core::fmt;

/// Class of a value or object; builtin classes have the fixed ids of [`class_id`], user classes follow.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(transparent)]
pub struct ClassId(pub u32);

/// A reference into the heap: the offset of a cell from the region's base; 0 is no object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(transparent)]
pub struct Ref(pub u32);

impl Ref {
    /// No object.
    pub const NONE: Ref = Ref(0);
    /// Whether this is no object.
    #[inline]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// Index of a function of the loaded program; what it is, the tier knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(transparent)]
pub struct FuncId(pub u32);

/// An interned method or field name ([`crate::names::Names`]).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(transparent)]
pub struct Name(pub u32);

macro_rules! classes {
    ($($(#[$doc:meta])* $id:ident = $n:literal $name:literal;)*) => {
        /// Ids of the builtin classes.
        pub mod class_id {
            use super::ClassId;
            $($(#[$doc])* pub const $id: ClassId = ClassId($n);)*
            /// The first id of a class of the program.
            pub const FIRST_USER: ClassId = ClassId(64);
        }
        /// Builtin classes: id and the name users write.
        pub const BUILTIN_CLASSES: &[(ClassId, &str)] = &[$((class_id::$id, $name)),*];
    };
}

classes! {
    /// `void`.
    VOID = 0 "VoidBox";
    /// `null`.
    NULL = 1 "NullBox";
    /// `true`, `false`.
    BOOL = 2 "BoolBox";
    /// i64.
    INTEGER = 3 "IntegerBox";
    /// f64.
    FLOAT = 4 "FloatBox";
    /// Text.
    STRING = 5 "StringBox";
    /// Array.
    ARRAY = 6 "ArrayBox";
    /// Insertion-ordered map.
    MAP = 7 "MapBox";
    /// Function, closure or bound method.
    FUNCTION = 8 "FunctionBox";
    /// What `nowait` binds.
    FUTURE = 9 "FutureBox";
    /// What `weak e` makes.
    WEAK = 10 "WeakRef";
    /// Holds a variable that closures capture; never a value of the program.
    CELL = 11 "Cell";
    /// Error with kind and message.
    ERROR = 12 "ErrorBox";
    /// Ok or Err.
    RESULT = 13 "ResultBox";
    /// Mathematics.
    MATH = 14 "MathBox";
    /// Standard streams.
    CONSOLE = 15 "ConsoleBox";
    /// Clock.
    TIME = 16 "TimeBox";
    /// Stop watch.
    TIMER = 17 "TimerBox";
    /// A calendar moment.
    DATETIME = 18 "DateTimeBox";
    /// Random numbers.
    RANDOM = 19 "RandomBox";
    /// Bytes.
    BUFFER = 20 "BufferBox";
    /// Compiled pattern.
    REGEX = 21 "RegexBox";
    /// A JSON document or a part of one.
    JSON = 22 "JSONBox";
    /// Name and payload.
    INTENT = 23 "IntentBox";
}

/// What a payload is. Kinds from [`Kind::FIRST_REF`] on are references and counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Kind {
    /// `void`.
    Void = 0,
    /// `null`.
    Null = 1,
    /// Payload 0 or 1.
    Bool = 2,
    /// Payload is the two's complement number.
    I64 = 3,
    /// Payload is the IEEE bits.
    F64 = 4,
    /// String cell.
    Str = 8,
    /// Array cell.
    Arr = 9,
    /// Map cell.
    Map = 10,
    /// Instance of a class with a field layout (user boxes and most builtin ones).
    Obj = 11,
    /// Function cell: function, bound receiver, captured cells.
    Func = 12,
    /// Future cell.
    Future = 13,
    /// Weak cell, shared by all weak references to one object.
    Weak = 14,
    /// Variable cell of closures; never seen by a program.
    Cell = 15,
}

impl Kind {
    /// Kinds not below this one are references.
    pub const FIRST_REF: u8 = 8;
}

/// A value. `tag` = class id (low 32 bits) and kind (bits 32 to 39); the rest of `tag` is 0.
///
/// Two values with equal `tag` and equal `payload` are identical; the converse holds for everything
/// but floats.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Value {
    tag: u64,
    payload: u64,
}

const fn tag(class: ClassId, kind: Kind) -> u64 {
    class.0 as u64 | (kind as u64) << 32
}

impl Value {
    /// Tag word of integers.
    pub const TAG_I64: u64 = tag(class_id::INTEGER, Kind::I64);
    /// Tag word of floats.
    pub const TAG_F64: u64 = tag(class_id::FLOAT, Kind::F64);
    /// Tag word of booleans.
    pub const TAG_BOOL: u64 = tag(class_id::BOOL, Kind::Bool);
    /// Tag word of strings.
    pub const TAG_STR: u64 = tag(class_id::STRING, Kind::Str);
    /// Tag word of arrays.
    pub const TAG_ARR: u64 = tag(class_id::ARRAY, Kind::Arr);
    /// Tag word of maps.
    pub const TAG_MAP: u64 = tag(class_id::MAP, Kind::Map);

    /// `void`.
    pub const VOID: Value = Value { tag: tag(class_id::VOID, Kind::Void), payload: 0 };
    /// `null`.
    pub const NULL: Value = Value { tag: tag(class_id::NULL, Kind::Null), payload: 0 };
    /// `true`.
    pub const TRUE: Value = Value::bool(true);
    /// `false`.
    pub const FALSE: Value = Value::bool(false);

    /// An integer.
    #[inline(always)]
    pub const fn int(n: i64) -> Value {
        Value { tag: Value::TAG_I64, payload: n as u64 }
    }
    /// A float.
    #[inline(always)]
    pub const fn float(x: f64) -> Value {
        Value { tag: Value::TAG_F64, payload: x.to_bits() }
    }
    /// A boolean.
    #[inline(always)]
    pub const fn bool(b: bool) -> Value {
        Value { tag: Value::TAG_BOOL, payload: b as u64 }
    }
    /// A reference of a kind and class.
    #[inline(always)]
    pub const fn reference(class: ClassId, kind: Kind, r: Ref) -> Value {
        Value { tag: tag(class, kind), payload: r.0 as u64 }
    }
    /// A string.
    #[inline(always)]
    pub const fn str(r: Ref) -> Value {
        Value { tag: Value::TAG_STR, payload: r.0 as u64 }
    }
    /// From the two words of memory; they must have been taken from a value.
    #[inline(always)]
    pub const fn from_words(tag: u64, payload: u64) -> Value {
        Value { tag, payload }
    }
    /// Reads a value word by word, which is how most were written just before: the processor does not forward two stores to one
    /// load, but waits until both are in the cache. Hence the volatile read, which keeps the compiler from making one of two.
    ///
    /// # Safety
    /// There is a value.
    #[inline(always)]
    pub unsafe fn read(at: *const Value) -> Value {
        // SAFETY: the contract.
        unsafe { Value { tag: (&raw const (*at).tag).read_volatile(), payload: (*at).payload } }
    }
    /// The tag word.
    #[inline(always)]
    pub const fn tag(self) -> u64 {
        self.tag
    }
    /// The payload word.
    #[inline(always)]
    pub const fn payload(self) -> u64 {
        self.payload
    }
    /// The class; for an object the class it was made of.
    #[inline(always)]
    pub const fn class(self) -> ClassId {
        ClassId(self.tag as u32)
    }
    /// The kind.
    #[inline(always)]
    pub fn kind(self) -> Kind {
        match (self.tag >> 32) as u8 {
            0 => Kind::Void,
            1 => Kind::Null,
            2 => Kind::Bool,
            3 => Kind::I64,
            4 => Kind::F64,
            8 => Kind::Str,
            9 => Kind::Arr,
            10 => Kind::Map,
            11 => Kind::Obj,
            12 => Kind::Func,
            13 => Kind::Future,
            14 => Kind::Weak,
            _ => Kind::Cell,
        }
    }
    /// Whether the payload is a counted reference.
    #[inline(always)]
    pub const fn is_ref(self) -> bool {
        self.tag >= (Kind::FIRST_REF as u64) << 32
    }
    /// Whether it is `null` or `void`.
    #[inline(always)]
    pub const fn is_nothing(self) -> bool {
        self.tag >> 32 <= Kind::Null as u64
    }
    /// The reference of a value for which [`Value::is_ref`] holds; meaningless otherwise.
    #[inline(always)]
    pub const fn as_ref(self) -> Ref {
        Ref(self.payload as u32)
    }
    /// The integer, if it is one.
    #[inline(always)]
    pub const fn as_int(self) -> Option<i64> {
        if self.tag == Value::TAG_I64 { Some(self.payload as i64) } else { None }
    }
    /// The float, if it is one (integers are not converted).
    #[inline(always)]
    pub const fn as_float(self) -> Option<f64> {
        if self.tag == Value::TAG_F64 { Some(f64::from_bits(self.payload)) } else { None }
    }
    /// The boolean, if it is one.
    #[inline(always)]
    pub const fn as_bool(self) -> Option<bool> {
        if self.tag == Value::TAG_BOOL { Some(self.payload != 0) } else { None }
    }
    /// The string cell, if it is a string.
    #[inline(always)]
    pub const fn as_str(self) -> Option<Ref> {
        if self.tag == Value::TAG_STR { Some(Ref(self.payload as u32)) } else { None }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            Kind::Void => f.write_str("void"),
            Kind::Null => f.write_str("null"),
            Kind::Bool => write!(f, "{}", self.payload != 0),
            Kind::I64 => write!(f, "{}", self.payload as i64),
            Kind::F64 => write!(f, "{:?}", f64::from_bits(self.payload)),
            kind => write!(f, "{kind:?}#{}@{:#x}", self.class().0, self.payload),
        }
    }
}
