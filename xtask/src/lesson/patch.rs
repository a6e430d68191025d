//! A change of a source, as `git diff` shows it. The tests of the *try it*s take it from here.

/// Applies a patch to the one file that it is for.
///
/// # Errors
///
/// If what it changes does not stand there, or more than once.
pub(crate) fn apply(source: &str, patch: &str) -> Result<String, String> {
    let mut source = source.to_owned();
    for hunk in patch.split("\n@@ ").skip(1) {
        let side = |sign: char| -> String {
            let lines = hunk.lines().skip(1);
            let lines = lines.filter(|line| line.starts_with([' ', sign]));
            lines.map(|line| format!("{}\n", &line[1..])).collect()
        };
        let (before, after) = (side('-'), side('+'));
        if source.matches(&before).count() != 1 {
            return Err(format!("this has to stand once in the lesson:\n{before}"));
        }
        source = source.replace(&before, &after);
    }
    Ok(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_made_where_its_lines_stand_once_and_nowhere_else() {
        let patch =
            |line: &str| format!("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-{line}\n+new\n end\n");
        let source = "one\nend\ntwo\nend\n";
        let changed = apply(source, &patch("two"));
        assert_eq!(changed.as_deref(), Ok("one\nend\nnew\nend\n"));
        let words = "this has to stand once in the lesson:\nthree\nend\n";
        assert_eq!(apply(source, &patch("three")), Err(words.to_owned()));
        let twice = source.repeat(2);
        assert!(apply(&twice, &patch("two")).is_err());
    }
}
