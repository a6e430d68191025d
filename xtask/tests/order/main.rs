//! The engine against brute force: whatever it knows of an order, trying all that can
//! happen finds the same.

mod comparison;
mod definition;
mod explorer;
mod forged;
mod interpreter;
