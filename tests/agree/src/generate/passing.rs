//! Scenes of errors from every place of nested `try` statements of which some do not take them: what a variable was
//! assigned last is seen further out.

use super::Gen;

impl Gen {
    /// Writes the functions of such a scene. Gives its name.
    pub(super) fn errors_that_pass_on(&mut self) -> String {
        let (fail, passing, name) = (self.fresh("fail"), self.fresh("passing"), self.fresh("scene"));
        let thrown = self.thrown_value();
        self.line(&format!(
            "function {fail}(at, place) {{ if at == place {{ throw {thrown} }} return place }}"
        ));
        self.line(&format!("function {passing}(at, first) {{"));
        self.line("local last = first");
        self.line("try {");
        let mut places = 0;
        let depth = 1 + self.below(3);
        self.inside(|g| g.passing_on(&fail, depth, &mut places));
        self.line("} catch (e) { return \"\" + last + \" \" + told(e) }");
        self.line("return \"\" + last");
        self.line("}");
        self.line(&format!("function {name}() {{"));
        for _ in 0..2 {
            let first = self.pick(&["7", "\"first\"", "0.5", "[1]", "null"]);
            self.counted(places + 1, |g, i| g.line(&format!("print({passing}({i} - 1, {first}))")));
        }
        self.line("return 0");
        self.line("}");
        name
    }

    /// What stands in a `try`: calls that fail, one place after the other, assignments, another `try`.
    fn passing_on(&mut self, fail: &str, depth: usize, places: &mut u64) {
        self.may_fail(fail, depth, places);
        if depth > 0 {
            self.line("try {");
            self.inside(|g| g.passing_on(fail, depth - 1, places));
            if self.one_in(3) {
                self.line("} finally {");
                self.inside(|g| {
                    let line = g.pick(&["at = at", "at = at + 0"]);
                    g.line(line);
                });
            } else {
                let form = self.pick(&["TypeError e", "C0 e", "E1 e", "IndexError e", "e"]);
                self.line(&format!("}} catch ({form}) {{"));
                self.inside(|g| g.may_fail(fail, depth, places));
            }
            self.line("}");
        }
        self.may_fail(fail, depth, places);
    }

    /// Mostly the kind of a value says how deep it was assigned, so that no way can be left out.
    fn may_fail(&mut self, fail: &str, depth: usize, places: &mut u64) {
        let count = self.below(3);
        if count > 0 && !self.one_in(4) {
            let value = ["2", "\"text\"", "1.5", "[1]"].get(depth).copied().unwrap_or("null");
            self.line(&format!("last = {value}"));
        }
        for _ in 0..count {
            self.line(&format!("{fail}(at, {places})"));
            *places += 1;
        }
    }
}
