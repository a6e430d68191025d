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
//! | [`description`] | all of it in words |
//! | [`judgement`] | whether a lesson could have printed an output |
//! | [`explorer`] | every state between two lines, and which thread can go on |

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
