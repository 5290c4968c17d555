//! What the rows promise, tried on a real file.
