//! What every metric means, in one place. None has a label that says anything of a person.

use metrics::{describe_counter, describe_gauge, describe_histogram};

/// Tells the recorder.
pub fn all() {
    describe_gauge!("yomitori_pages", "Pages by state (hub)");
    describe_gauge!("yomitori_pages_oldest_seconds", "How long the oldest page is in this state (hub)");
    describe_gauge!("yomitori_pages_given_up", "Pages in review because the machine gave them up (hub)");
    describe_gauge!("yomitori_files", "Files that arrived, by what became of them (hub)");
    describe_gauge!("yomitori_records", "Committed records that stand (hub)");
    describe_gauge!("yomitori_inbox_files", "Files in the inbox that were not taken yet (hub)");
    describe_gauge!("yomitori_inbox_oldest_seconds", "How long the oldest of them has lain there (hub)");
    describe_gauge!("yomitori_outbox_messages", "Requests that the queue has not accepted yet (hub)");
    describe_gauge!("yomitori_outbox_oldest_seconds", "How long the oldest of them waits (hub)");
    describe_gauge!("yomitori_queue_messages", "Messages by topic and by what they wait for (hub)");
    describe_gauge!("yomitori_readers", "Readers heard of within an hour, by how they stand (hub)");
    describe_gauge!("yomitori_disk_free_bytes", "Room where the data lies (hub)");
    describe_gauge!("yomitori_disk_size_bytes", "Size of the disk where the data lies (hub)");
    describe_gauge!(
        "yomitori_last_backup_timestamp_seconds",
        "When the last backup was complete; 0: never (hub)"
    );
    describe_gauge!(
        "yomitori_accepted_error_share",
        "Share of accepted values that the blind sample of four weeks found wrong (hub)"
    );
    describe_gauge!("yomitori_sampled_values", "Values of that sample (hub)");
    describe_gauge!("process_resident_memory_bytes", "Resident memory of this process");
    describe_counter!("yomitori_files_total", "Files that intake handled, by outcome");
    describe_counter!("yomitori_requests_sent_total", "Requests that the queue accepted");
    describe_counter!("yomitori_pages_read_total", "Pages that readers read, by outcome");
    describe_counter!("yomitori_pages_matched_total", "Readings that the matcher handled, by outcome");
    describe_counter!("yomitori_retries_total", "Attempts that failed and come again, by topic");
    describe_counter!("yomitori_given_up_total", "Messages that were given up, by topic");
    describe_counter!(
        "yomitori_leases_lost_total",
        "Pages that somebody else took over in the middle of the work"
    );
    describe_counter!(
        "yomitori_edition_refusals_total",
        "Pages that went back because they want other forms or another model"
    );
    describe_histogram!("yomitori_stage_seconds", "Seconds of one stage of one page");
    describe_histogram!(
        "yomitori_way_seconds",
        "Seconds from the arrival of a page to its record or review item"
    );
    describe_histogram!(
        "yomitori_field_confidence",
        "Calibrated probability of values, by kind of field: a shift is drift"
    );
}
