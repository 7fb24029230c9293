//! Builtin methods that have rows of their own in typed MIR, by their numbers in the runtime's table.

use nyrt::builtin::{self, BuiltinId};
use nyrt::value::{ClassId, class_id};

/// A builtin method with a row of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Method {
    /// `length` and its aliases on an array.
    ArrayLength,
    /// `get` on an array.
    ArrayGet,
    /// `set` on an array.
    ArraySet,
    /// `push` and its aliases on an array.
    ArrayPush,
    /// `size` and its aliases on a map.
    MapSize,
    /// `get` on a map.
    MapGet,
    /// `has` and its aliases on a map.
    MapHas,
    /// `set` and its alias on a map.
    MapSet,
    /// `get` and its alias on a string.
    StringAt,
    /// `charCodeAt` on a string.
    StringCode,
    /// `length` and its aliases on a string.
    StringLength,
    /// `sqrt` on a Float.
    FloatSqrt,
    /// `toFloat` on an Integer.
    IntegerToFloat,
}

const METHODS: &[(Method, ClassId, &str)] = &[
    (Method::ArrayLength, class_id::ARRAY, "length"),
    (Method::ArrayGet, class_id::ARRAY, "get"),
    (Method::ArraySet, class_id::ARRAY, "set"),
    (Method::ArrayPush, class_id::ARRAY, "push"),
    (Method::MapSize, class_id::MAP, "size"),
    (Method::MapGet, class_id::MAP, "get"),
    (Method::MapHas, class_id::MAP, "has"),
    (Method::MapSet, class_id::MAP, "set"),
    (Method::StringAt, class_id::STRING, "get"),
    (Method::StringCode, class_id::STRING, "charCodeAt"),
    (Method::StringLength, class_id::STRING, "length"),
    (Method::FloatSqrt, class_id::FLOAT, "sqrt"),
    (Method::IntegerToFloat, class_id::INTEGER, "toFloat"),
];

/// The methods with their numbers.
#[derive(Clone, Debug)]
pub struct Known {
    all: Vec<(BuiltinId, Method)>,
}

impl Default for Known {
    fn default() -> Known {
        let row = |(method, class, name): &(Method, ClassId, &str)| {
            builtin::find_method(*class, name).map(|id| (id, *method))
        };
        Known { all: METHODS.iter().filter_map(row).collect() }
    }
}

impl Known {
    /// Whether a builtin has a row of its own.
    pub(crate) fn find(&self, id: BuiltinId) -> Option<Method> {
        self.all.iter().find(|(known, _)| *known == id).map(|(_, method)| *method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_them_exist() {
        assert_eq!(Known::default().all.len(), METHODS.len());
    }
}
