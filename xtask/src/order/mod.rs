//! The engine: from the trace of one run of a lesson to every output that it can have.
//!
//! A lesson is a partially ordered set of lines. `start`, `join` and the end of the
//! program put some of them before others, and everything else is left to the
//! scheduler.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`trace`] | what the threads of a lesson did, read back |
//! | [`mod@line`] | what a line of an output is |
//! | [`partial_order`] | a partial order, and the outputs that it allows |
//! | [`count`] | how many they are |
//! | [`runs`] | whether several runs of a lesson do the same |
//! | [`happens_before`] | the partial order of a trace |
//! | [`normal_form`] | the one output that stands for all that luck tells apart |
//! | [`guarantees`] | the guarantees as a text, and what has changed in it |
//! | [`description`] | all of it in words, and what of it is so in another order too |
//! | [`judgement`] | whether a lesson could have printed an output |
//! | [`explorer`] | every state between two lines, and which thread can go on |
//!
//! # Examples
//!
//! A lesson whose main thread starts a worker and joins it, from its trace to a verdict
//! (a bar stands for each tab):
//!
//! ```
//! use xtask::order::{
//!     count::{Count, count},
//!     happens_before::{HappensBefore, Promises},
//!     judgement::{Judge, Verdict},
//!     trace::Trace,
//! };
//!
//! let trace = "\
//! 0|0|0|main.rs:3|start|1|worker|1
//! 0|0|1|-|line|sub thread start  1
//! 0|0|0|main.rs:3|started|1
//! 0|0|0|main.rs:4|join|1
//! 0|0|1|-|line|sub thread end  1
//! 0|0|1|-|end
//! 0|0|0|main.rs:4|joined|1
//! 0|0|0|main.rs:5|line|main thread post job
//! 0|0|0|-|end
//! 0|0|0|-|exit
//! ";
//! let trace = Trace::parse(&trace.replace('|', "\t"))?;
//! let order = HappensBefore::of(&trace, Promises::WorkerCore);
//! assert_eq!(count(&order.guaranteed), Count::Exact(1));
//! assert_eq!(order.guarantees[1].reason(), "join");
//!
//! let judge = Judge::of(&trace, "lesson", Promises::WorkerCore)?;
//! let judgement = judge.judge(b"sub thread start  1\nmain thread post job\nsub thread end  1\n");
//! assert_eq!(judgement.verdict, Verdict::Impossible);
//! assert!(judgement.faults[0].ends_with("which stands in line 3 (join)"));
//! # Ok::<(), String>(())
//! ```

pub mod count;
pub mod description;
pub mod explorer;
pub mod guarantees;
pub mod happens_before;
pub mod judgement;
pub mod line;
pub mod normal_form;
pub mod partial_order;
pub mod runs;
pub mod trace;
mod vector_clock;
