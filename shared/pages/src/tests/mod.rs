//! The same promises from every engine: a local folder, and a real server that speaks S3 over HTTP and checks
//! signatures; plain and sealed.

mod engines;
mod s3;
mod server;
