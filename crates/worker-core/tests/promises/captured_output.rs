//! A sink to look into.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

/// A sink that keeps what it is given.
#[derive(Clone, Default)]
pub struct CapturedOutput(pub Arc<Mutex<Vec<u8>>>);

impl CapturedOutput {
    pub fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        assert!(
            text.is_empty() || text.ends_with('\n'),
            "the output ends inside a line: {text:?}"
        );
        text.lines().map(str::to_owned).collect()
    }
}

impl Write for CapturedOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
