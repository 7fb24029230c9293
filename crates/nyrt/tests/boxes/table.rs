//! The table of builtins as data.

use std::collections::BTreeSet;

use nyrt::builtin::{self, Owner};
use nyrt::value::class_id;

#[test]
fn every_row_is_documented_and_named_once() {
    let mut seen = BTreeSet::new();
    for (_, row) in builtin::rows() {
        assert!(row.doc.ends_with('.') && row.doc.len() > 5, "{}: {:?}", row.title(), row.doc);
        for name in row.names {
            assert!(seen.insert((format!("{:?}", row.owner), *name)), "{} twice: {name}", row.title());
        }
        assert!(row.min() <= row.max());
    }
}

#[test]
fn the_methods_of_the_language_page_exist() {
    let table = [
        (
            class_id::STRING,
            "length len size byteLength isEmpty get charAt charCodeAt substring find indexOf lastIndexOf contains startsWith endsWith split replace replaceAll trim toUpper toUpperCase toLower toLowerCase concat repeat join toInteger toInt toFloat",
        ),
        (class_id::INTEGER, "abs max min pow toFloat toInteger"),
        (class_id::BOOL, "not and or"),
        (
            class_id::FLOAT,
            "abs floor ceil round toInteger max min pow sqrt sin cos tan log log10 exp isNaN isInfinite isFinite",
        ),
        (
            class_id::ARRAY,
            "push add append pop length len size isEmpty get set insert remove indexOf contains clear join sort reverse slice",
        ),
        (
            class_id::MAP,
            "set put get has containsKey contains containsValue delete remove keys values size length len isEmpty clear toJSON",
        ),
        (class_id::MATH, "abs max min pow sqrt sin cos tan log log10 exp floor ceil round getPi getE"),
        (class_id::CONSOLE, "log println print info warn error clear readLine"),
        (class_id::TIME, "now sleep format parse"),
        (class_id::TIMER, "elapsed reset"),
        (
            class_id::DATETIME,
            "year month day hour minute second timestamp toISOString format addDays addHours",
        ),
        (class_id::RANDOM, "seed random randInt randBool choice shuffle randString probability"),
        (class_id::RESULT, "is_ok isOk is_err isErr get_value getValue get_error getError"),
        (class_id::ERROR, "message kind"),
        (class_id::BUFFER, "write read readAll length append slice clear share_reference is_shared_with"),
        (class_id::REGEX, "test isMatch find findAll replace replaceAll split pattern"),
        (class_id::JSON, "get set has keys stringify"),
        (class_id::INTENT, "getName getPayload"),
        (class_id::FUTURE, "get ready"),
        (class_id::WEAK, "weak_to_strong"),
    ];
    for (class, names) in table {
        for name in names.split(' ') {
            assert!(builtin::find_method(class, name).is_some(), "{}.{name}", builtin::class_name(class));
        }
    }
    for name in "toString type_name equals is as fini is_null is_not_null get_or_default".split(' ') {
        assert!(builtin::find_universal(name).is_some(), "{name}");
    }
    for name in "string.create string.upper string.lower integer.create bool.create array.create console.log isType asType assert".split(' ') {
        assert!(builtin::find_function(name).is_some(), "{name}");
    }
    for (_, row) in builtin::rows() {
        if let Owner::New(class) = row.owner {
            assert_eq!(row.names, [builtin::class_name(class)]);
            assert!(builtin::constructor(class).is_some());
        }
    }
}

#[test]
fn the_reference_page_lists_everything_public() {
    let page = builtin::reference();
    for (_, row) in builtin::rows() {
        let hidden = row.names.iter().any(|name| name.starts_with("__"));
        assert_eq!(page.contains(row.doc.lines().next().expect("a line")), !hidden, "{}", row.title());
    }
    assert!(
        page.contains(
            "- `find` / `indexOf(part: StringBox[, from: IntegerBox])` \u{2192} IntegerBox: Position of the first `part`"
        )
    );
}
