//! The author's guide, `docs/packs.md`: its files are made, its commands are run, and what they print is
//! what stands there. `UPDATE_GOLDEN=1` writes what they print into it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::launch::Folder;
use crate::support::Server;

const GUIDE: &str = "docs/packs.md";

/// The server's address, as the guide has it.
const ADDRESS: &str = "http://127.0.0.1:8080";

/// Runs one command of the guide as a reader would, with curl.
fn run(command: &str, folder: &Path, base: &str) -> String {
    let output = Command::new("sh")
        .args(["-c", command])
        .env("B", base)
        .current_dir(folder)
        .output()
        .expect("a shell");
    let told = String::from_utf8(output.stdout).expect("a text");
    told.trim_end().replace(base, ADDRESS)
}

/// Serves what a file adds; the first one is what the server begins with.
fn serve(server: &mut Option<Server>, folder: &Folder, path: &str, text: &str) {
    let path = folder.path.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(&path, text).expect("a file");
    match server {
        Some(server) => {
            let reload = server.post("/__admin/definitions/reload", &json!({}));
            reload.expect(200);
        }
        None => {
            let stubs = folder.path.join("cinema");
            let stubs = stubs.to_str().expect("a path");
            let clock = "frozen@2026-01-01T00:00:00Z";
            *server = Some(Server::with(&["--stubs", stubs, "--clock", clock]));
        }
    }
}

#[test]
fn each_step_does_what_the_guide_says() {
    let guide = fs::read_to_string(GUIDE).expect("the guide");
    let folder = Folder::new("guide");
    let mut server = None;
    let mut found = String::new();
    let mut blocks = guide.split_inclusive("```\n");
    let mut commands = 0;
    // Of text and block together: the text ends with the line that opens the block.
    for part in &mut blocks {
        let Some((text, block)) = part.split_once("\n```") else {
            found.push_str(part);
            continue;
        };
        let (kind, body) = block.split_once('\n').expect("a block has lines");
        let body = body.strip_suffix("```\n").expect("a block ends");
        let mut told = body.to_owned();
        if let Some(path) = kind.strip_prefix("yaml ") {
            serve(&mut server, &folder, path, body);
        } else if kind == "console" {
            let base = &server.as_ref().expect("a first file").base;
            told.clear();
            for command in body.lines().filter_map(|line| line.strip_prefix("$ ")) {
                commands += 1;
                told.push_str(&format!("$ {command}\n"));
                let output = run(command, &folder.path, base);
                told.extend(output.lines().flat_map(|line| [line, "\n"]));
            }
        }
        found.push_str(&format!("{text}\n```{kind}\n{told}```\n"));
    }
    assert!(commands > 20, "the guide has commands: {commands}");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(GUIDE, found).expect("the guide is written");
        return;
    }
    for (line, (said, seen)) in guide.lines().zip(found.lines()).enumerate() {
        assert_eq!(said, seen, "{GUIDE}:{}", line + 1);
    }
    assert_eq!(guide, found);
}
