//! The roles as processes of their own, and what the system says they use.

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a role may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// The processes of one run.
pub struct Staff {
    members: Vec<Member>,
}

struct Member {
    role: String,
    child: Child,
    log: PathBuf,
}

/// What a role uses, with the children that it keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Resident memory, bytes.
    pub memory: u64,
    /// CPU time since it started, seconds.
    pub cpu: f64,
}

impl Staff {
    /// Starts `roles` over `data`, each with its log in `logs`, and waits until they work.
    ///
    /// # Errors
    /// One does not start, or ends at once.
    pub fn start(
        data: &Path,
        logs: &Path,
        queue: &str,
        cores: Option<u16>,
        roles: &[String],
    ) -> Result<Self> {
        let mut staff = Self { members: Vec::new() };
        for role in roles {
            let log = logs.join(format!("{role}.log"));
            let child = command(data, queue, cores, role)?
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(File::create(&log).with_context(|| format!("cannot write {}", log.display()))?)
                .spawn()
                .with_context(|| format!("{role} does not start"))?;
            staff.members.push(Member { role: role.clone(), child, log });
        }
        let began = Instant::now();
        while !staff.members.iter().all(Member::works) {
            staff.check()?;
            if began.elapsed() > PATIENCE {
                bail!("not every role started within a minute; their logs are in {}", logs.display());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(staff)
    }

    /// Fails when a role has ended by itself.
    ///
    /// # Errors
    /// Which one, and the last that it said.
    pub fn check(&mut self) -> Result<()> {
        for member in &mut self.members {
            if let Some(status) = member.child.try_wait()? {
                let log = std::fs::read_to_string(&member.log).unwrap_or_default();
                let last = log.lines().last().unwrap_or("nothing").to_owned();
                bail!("{} ended by itself ({status}); the last it said: {last}", member.role);
            }
        }
        Ok(())
    }

    /// What each role uses now.
    pub fn usage(&self) -> BTreeMap<String, Usage> {
        let processes = processes();
        let of = |pid: u32| {
            let family = processes.iter().filter(|(id, (parent, _))| **id == pid || *parent == pid);
            family.fold(Usage::default(), |sum, (_, (_, usage))| Usage {
                memory: sum.memory + usage.memory,
                cpu: sum.cpu + usage.cpu,
            })
        };
        self.members.iter().map(|member| (member.role.clone(), of(member.child.id()))).collect()
    }

    /// Asks every role to stop, and waits until it has.
    ///
    /// # Errors
    /// A role that fails, or does not stop.
    pub fn stop(mut self) -> Result<()> {
        for member in &self.members {
            let pid = member.child.id().to_string();
            Command::new("kill").args(["-TERM", &pid]).status().context("cannot run `kill`")?;
        }
        for member in &mut self.members {
            let began = Instant::now();
            let status = loop {
                if let Some(status) = member.child.try_wait()? {
                    break status;
                }
                if began.elapsed() > PATIENCE {
                    bail!("{} does not stop", member.role);
                }
                std::thread::sleep(Duration::from_millis(50));
            };
            if !status.success() {
                bail!("{} failed at its stop ({status}); see {}", member.role, member.log.display());
            }
        }
        Ok(())
    }
}

impl Drop for Staff {
    fn drop(&mut self) {
        for member in &mut self.members {
            // Nothing is lost by it: that is what the roles are for.
            let _ = member.child.kill();
            let _ = member.child.wait();
        }
    }
}

impl Member {
    fn works(&self) -> bool {
        // The screens name their address, the others say that they started.
        let words = if self.role == "web" { "screens: " } else { "started" };
        std::fs::read_to_string(&self.log).is_ok_and(|log| log.contains(words))
    }
}

/// `reader-2` is the role `reader`.
fn command(data: &Path, queue: &str, cores: Option<u16>, role: &str) -> Result<Command> {
    let program = std::env::current_exe().context("the program does not know its own path")?;
    let mut command = match cores {
        Some(cores) => {
            let mut command = Command::new("taskset");
            command.arg("-c").arg(format!("0-{}", cores.max(1) - 1)).arg(program);
            command
        }
        None => Command::new(program),
    };
    command.arg("--data-dir").arg(data).env("YOMITORI_QUEUE", queue).env("YOMITORI_PAGES", "file:");
    command.env_remove("YOMITORI_METRICS").env_remove("YOMITORI_LOG");
    match role.split('-').next() {
        Some("web") => command.args(["web", "--listen", "127.0.0.1:0"]),
        Some(name) => command.arg(name),
        None => bail!("no role {role}"),
    };
    Ok(command)
}

/// Every process: its parent and what it uses. Empty where the system does not tell.
fn processes() -> BTreeMap<u32, (u32, Usage)> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter_map(|id| Some((id, process(&std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?)?)))
        .collect()
}

/// A line of `/proc/PID/stat` (proc(5)): the name in brackets may hold anything, so the columns count from its end.
fn process(stat: &str) -> Option<(u32, Usage)> {
    /// Clock ticks a second and bytes a page of memory on every Linux that this program is built for.
    const TICKS: f64 = 100.0;
    const PAGE: u64 = 4096;
    let columns: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| columns.get(at)?.parse::<u64>().ok();
    let cpu = (number(11)? + number(12)?) as f64 / TICKS;
    Some((u32::try_from(number(1)?).ok()?, Usage { memory: number(21)? * PAGE, cpu }))
}

/// What this very process uses, without its children.
pub fn of_this_process() -> Option<Usage> {
    Some(process(&std::fs::read_to_string("/proc/self/stat").ok()?)?.1)
}

/// CPU seconds that the whole machine has spent at work, all cores together.
pub fn machine_cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let first = stat.lines().next().unwrap_or_default();
    let ticks: Vec<f64> = first.split_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq: all but the fourth and fifth are work.
    let work = ticks.iter().take(7).enumerate().filter(|(at, _)| !matches!(at, 3 | 4));
    work.map(|(_, ticks)| ticks).sum::<f64>() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_uses_is_read_whatever_it_is_called() {
        let stat = "71 (a ) b) S 12 71 71 0 -1 4194304 900 0 0 0 150 50 0 0 20 0 9 0 500 900000 2560 18446744073709551615";
        assert_eq!(process(stat), Some((12, Usage { memory: 2560 * 4096, cpu: 2.0 })));
        assert_eq!(process("71 (cut"), None);
    }
}
