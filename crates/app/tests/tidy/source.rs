//! A Rust file taken apart into code, texts and tests, well enough to count lines and find words.

/// A Rust file taken apart: code without comments and texts, and texts alone, both with the lines where they were.
pub struct Source {
    pub path: String,
    pub whole: String,
    pub code: String,
    pub text: String,
}

impl Source {
    pub fn new(path: &str, whole: String) -> Self {
        let (code, text) = take_apart(&whole);
        let tests = test_part(&code);
        let code = blank(&code, tests.clone());
        let text = blank(&text, tests);
        Self { path: path.to_owned(), whole, code, text }
    }

    /// Whether this is part of the program, not a test or a build script.
    pub fn is_product(&self) -> bool {
        self.path.contains("/src/")
            && !self.path.ends_with("/tests.rs")
            && !self.path.contains("/tests/")
    }

    pub fn test_lines(&self) -> usize {
        let (code, _) = take_apart(&self.whole);
        code[test_part(&code)].lines().count()
    }

    pub fn lines_where(&self, wrong: impl Fn(&str) -> bool) -> Vec<String> {
        let lines = self.code.lines().enumerate().filter(|(_, line)| wrong(line));
        lines.map(|(n, line)| format!("{}:{}: {}", self.path, n + 1, line.trim())).collect()
    }

    pub fn long_functions(&self, most: usize) -> Vec<String> {
        let mut found = Vec::new();
        for (at, _) in self.code.match_indices("fn ") {
            if self.code[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_')
            {
                continue;
            }
            let Some(open) =
                self.code[at..].find(['{', ';']).filter(|o| self.code[at + o..].starts_with('{'))
            else {
                continue;
            };
            let lines = self.code[at..closing(&self.code, at + open)].lines().count();
            if lines > most {
                let name = self.code[at + 3..].split(['(', '<']).next().unwrap_or_default();
                found.push(format!(
                    "{}:{}: {name} has {lines} lines",
                    self.path,
                    self.code[..=at].lines().count()
                ));
            }
        }
        found
    }
}

/// Code and texts of a Rust file, each as long as the file with everything else blanked out.
fn take_apart(source: &str) -> (String, String) {
    let mut code = String::with_capacity(source.len());
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let (length, is_code, is_text) = match first {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false, false),
            '/' if rest.starts_with("/*") => {
                (rest.find("*/").map_or(rest.len(), |end| end + 2), false, false)
            }
            '"' => (string_length(rest), false, true),
            'r' if !ends_in_word(&code) && raw_hashes(rest).is_some() => {
                (raw_length(rest), false, true)
            }
            '\'' => (char_length(rest), false, false),
            other => (other.len_utf8(), true, false),
        };
        for c in rest[..length].chars() {
            let blank = if c == '\n' { "\n".to_owned() } else { " ".repeat(c.len_utf8()) };
            if is_code {
                code.push(c)
            } else {
                code.push_str(&blank)
            }
            if is_text { text.push(c) } else { text.push_str(&blank) }
        }
        rest = &rest[length..];
    }
    (code, text)
}

fn ends_in_word(code: &str) -> bool {
    // `br"…"` is a raw string too; `var"` is not.
    let last = code.trim_end_matches('b').chars().next_back();
    last.is_some_and(|c| c.is_alphanumeric() || c == '_')
}

fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

fn raw_hashes(rest: &str) -> Option<usize> {
    let after = rest[1..].trim_start_matches('#');
    after.starts_with('"').then(|| rest.len() - 1 - after.len())
}

fn raw_length(rest: &str) -> usize {
    let hashes = raw_hashes(rest).unwrap_or_default();
    let end = format!("\"{}", "#".repeat(hashes));
    let from = hashes + 2;
    rest[from..].find(&end).map_or(rest.len(), |at| from + at + end.len())
}

/// The length of `'x'` or `'\n'`, or 1 where the mark begins a lifetime.
fn char_length(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), _) => rest[3..].find('\'').map_or(1, |at| at + 4),
        (_, Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

/// Where the tests of a file stand: from `#[cfg(test)]` before a module to that module's end.
fn test_part(code: &str) -> std::ops::Range<usize> {
    for (at, mark) in code.match_indices("#[cfg(test)]") {
        let item = code[at + mark.len()..].trim_start();
        let item = item.strip_prefix("pub(crate) ").unwrap_or(item);
        if item.starts_with("mod ") {
            let open = code[at..].find(['{', ';']).map_or(code.len(), |open| at + open);
            return at..closing(code, open);
        }
    }
    code.len()..code.len()
}

/// Where the block that opens at `open` ends, or `open` itself when nothing opens there.
fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0_i32;
    for (at, c) in code[open..].char_indices() {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        if depth == 0 {
            return open + at + 1;
        }
    }
    code.len()
}

fn blank(code: &str, range: std::ops::Range<usize>) -> String {
    let blanked = code[range.clone()].replace(|c| c != '\n', " ");
    format!("{}{blanked}{}", &code[..range.start], &code[range.end..])
}

/// The names in a line of code.
pub fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
}

#[test]
fn code_texts_and_tests_are_told_apart() {
    let whole = concat!(
        "fn f<'a>(x: &'a str) { // f64 {\n",
        "    let _ = ('{', '\\'', r#\"raw \"{\"#, \"a \\\" {\");\n",
        "}\n",
        "#[cfg(test)]\n",
        "mod tests {\n",
        "    fn g() -> f64 { 1.0 }\n",
        "}\n",
    );
    let file = Source::new("crates/x/src/x.rs", whole.to_owned());
    assert!(file.lines_where(|line| words(line).any(|word| word == "f64")).is_empty());
    assert_eq!(file.long_functions(2), ["crates/x/src/x.rs:1: f has 3 lines"]);
    assert_eq!(file.test_lines(), 4);
    assert_eq!(file.text.matches('{').count(), 2);
}
