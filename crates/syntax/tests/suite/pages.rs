//! The pages of `nyash explain`: they exist, their wrong examples are wrong in the way they say, and
//! their right examples are right.

use crate::common::parse;
use syntax::codes::Code;

/// The examples of a page.
fn examples(page: &str) -> Vec<&str> {
    page.split("```nyash\n").skip(1).filter_map(|p| p.split("```").next()).collect()
}

#[test]
fn every_code_has_a_page_with_two_examples() {
    for code in Code::ALL {
        let page = code.page();
        assert!(page.lines().count() >= 8, "{}", code.name());
        assert_eq!(examples(page).len(), 2, "{}", code.name());
        assert!(page.contains("Wrong:") && page.contains("Right:"), "{}", code.name());
        assert_eq!(Code::find(code.name()), Some(*code));
        assert_eq!(Code::find(&code.name().to_lowercase()), Some(*code));
    }
    assert_eq!(Code::find("E9999"), None);
}

#[test]
fn examples_are_as_wrong_as_they_say() {
    for code in Code::ALL {
        let [bad, good] = examples(code.page())[..] else { panic!("{}", code.name()) };
        let good = parse(good);
        assert!(good.codes().is_empty(), "{}: {:?}", code.name(), good.messages());
        let bad = parse(bad);
        // Encoding and size are not seen by the parser; names, boxes and modules not by this crate.
        let ours = ["E01", "E02"].iter().any(|p| code.name().starts_with(p))
            && !["E0107", "E0108"].contains(&code.name());
        if ours || ["E0303", "E0304", "E0305", "E0412"].contains(&code.name()) {
            assert!(!bad.codes().is_empty(), "{}: accepted", code.name());
            assert!(bad.codes().iter().all(|c| *c == code.name()), "{}: {:?}", code.name(), bad.messages());
        } else {
            assert!(bad.codes().is_empty(), "{}: {:?}", code.name(), bad.messages());
        }
    }
}

#[test]
fn titles_are_lower_case_without_period() {
    for code in Code::ALL {
        let title = code.title();
        assert!(!title.ends_with('.') && !title.starts_with(|c: char| c.is_uppercase()), "{title}");
    }
}
