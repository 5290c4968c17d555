//! Logs: to standard error, filtered by `YOMITORI_LOG`. At a terminal for people; else one JSON object a line, flat, so
//! that `page.id` stands at the same place in the lines of every role.

use jiff::Timestamp;
use serde_json::{Map, Value};
use std::fmt;
use std::io::{IsTerminal, Write};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Starts logging. `role` is what this process does for the house; without one only warnings are logged unless
/// `YOMITORI_LOG` says otherwise. `name` is how this machine (or one of several processes on it) is called.
pub fn start(role: Option<&'static str>, name: &str) {
    let default = if role.is_some() { "info" } else { "warn" };
    let filter = EnvFilter::try_from_env("YOMITORI_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let lines = tracing_subscriber::registry().with(filter);
    if std::io::stderr().is_terminal() {
        let people = tracing_subscriber::fmt::layer().with_target(false).with_writer(std::io::stderr);
        lines.with(people).init();
    } else {
        lines.with(Lines { role: role.unwrap_or("command"), name: name.to_owned() }).init();
    }
}

/// One JSON object a line: time, level, role, name, what happened, and the fields of the event and of all spans around
/// it, the inner over the outer.
struct Lines {
    role: &'static str,
    name: String,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut line = Fields::default();
        let metadata = event.metadata();
        for (key, value) in [
            ("timestamp", Timestamp::now().to_string()),
            ("level", metadata.level().to_string()),
            ("role", self.role.to_owned()),
            ("name", self.name.clone()),
            ("target", metadata.target().to_owned()),
        ] {
            line.0.insert(key.to_owned(), Value::String(value));
        }
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(fields) = span.extensions().get::<Fields>() {
                line.0.extend(fields.0.clone());
            }
        }
        event.record(&mut line);
        // Whoever reads the log is gone: there is nobody to tell.
        let _ = writeln!(std::io::stderr().lock(), "{}", Value::Object(line.0));
    }
}

/// What was said in a span or an event.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}"));
    }
}
