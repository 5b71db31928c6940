//! The chart in `helm/sparring`: what can be held without Helm. What Helm itself makes of it is golden
//! in `helm/sparring/ci/golden`; `helm/sparring/ci/check.sh` compares the two.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sparring::definition::source::{self, Source, Syntax};

const SETS: [&str; 3] = ["ci", "durable", "staging"];

fn chart(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("helm/sparring")
        .join(file)
}

fn text(file: &str) -> String {
    fs::read_to_string(chart(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn yaml(name: &str, text: &str) -> Value {
    let read = source::parse_as(Source::new(name, text), Syntax::Yaml);
    let document = read.unwrap_or_else(|mistakes| panic!("{}", mistakes[0].render(false)));
    document.value
}

/// The manifests that one set of values gives.
fn golden(set: &str) -> Vec<Value> {
    let name = format!("ci/golden/{set}.yaml");
    let all = format!("\n{}", text(&name));
    let documents = all.split("\n---\n").filter(|one| !one.trim().is_empty());
    documents.map(|one| yaml(&name, one)).collect()
}

fn of_kind<'a>(manifests: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    manifests.iter().filter(move |one| one["kind"] == kind)
}

/// What makes pods, and the pod of it.
fn workload(manifests: &[Value]) -> (&Value, &Value) {
    let mut all = manifests
        .iter()
        .filter(|one| one["kind"] == "Deployment" || one["kind"] == "StatefulSet");
    let workload = all.next().expect("something runs the server");
    assert!(all.next().is_none(), "two things run a server");
    (workload, &workload["spec"]["template"])
}

/// Lays values over those of the chart, as Helm does.
fn overlay(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                overlay(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (under, over) => *under = over.clone(),
    }
}

fn values(over: &Value) -> Value {
    let mut values = yaml("values.yaml", &text("values.yaml"));
    overlay(&mut values, over);
    values
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn names(list: &Value) -> BTreeSet<&str> {
    array(list)
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect()
}

#[test]
fn values_fit_the_schema_and_nonsense_does_not() {
    let schema: Value = serde_json::from_str(&text("values.schema.json")).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let check = |over: &Value, fits: bool| {
        let values = values(over);
        let mistakes: Vec<String> = schema
            .iter_errors(&values)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(mistakes.is_empty(), fits, "{over}: {mistakes:?}");
    };
    check(&json!({}), true);
    for set in SETS {
        let name = format!("ci/{set}-values.yaml");
        check(&yaml(&name, &text(&name)), true);
    }
    check(&json!({"server": {"seed": "18446744073709551615"}}), true);
    for wrong in [
        json!({"mode": "disk"}),
        json!({"replicas": -1}),
        json!({"replicaCount": 1}),
        json!({"image": {"digest": "latest"}}),
        json!({"server": {"seed": -1}}),
        json!({"server": {"clock": "yesterday"}}),
        json!({"packs": {"files": {"My Pack": {"pack.yaml": ""}}}}),
        json!({"packs": {"configMaps": [{"name": "shop"}]}}),
        json!({"admin": {"port": 8080}}),
        json!({"admin": {"port": 80}}),
        json!({"journal": {"size": "much"}}),
        json!({"journal": {"accessModes": ["ReadWriteMany"]}}),
        json!({"service": {"type": "ExternalName"}}),
        json!({"startupProbe": {"httpGet": {}}}),
    ] {
        check(&wrong, false);
    }
}

/// The paths of all values: those of what is not taken apart stand for all below.
fn paths(values: &Value, path: &str, found: &mut Vec<String>) {
    let whole = ["resources", "Probe", "Context"];
    match values.as_object() {
        Some(members) if !members.is_empty() && !whole.iter().any(|name| path.ends_with(name)) => {
            for (key, value) in members {
                let below = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                paths(value, &below, found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

#[test]
fn every_value_is_in_the_readme_and_none_besides() {
    let readme = text("README.md");
    let table = readme
        .split("\n## Values\n")
        .nth(1)
        .and_then(|rest| rest.split("\n## ").next())
        .expect("a table of values");
    let told: Vec<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let mut there = Vec::new();
    paths(&values(&json!({})), "", &mut there);
    assert_eq!(told, there);
}

#[test]
fn each_set_runs_one_server_in_its_mode() {
    for (set, kind) in SETS
        .iter()
        .zip(["Deployment", "StatefulSet", "StatefulSet"])
    {
        let manifests = golden(set);
        let (workload, pod) = workload(&manifests);
        assert_eq!(workload["kind"], kind, "{set}");
        assert_eq!(workload["spec"]["replicas"], json!(1), "{set}");
        let has_journal = names(&pod["spec"]["containers"][0]["env"]).contains("SPARRING_DATA_DIR");
        let has_claim = names_of_claims(workload).contains("data");
        assert_eq!(
            (has_journal, has_claim),
            (kind == "StatefulSet", kind == "StatefulSet")
        );
    }
}

fn names_of_claims(workload: &Value) -> BTreeSet<&str> {
    let claims = array(&workload["spec"]["volumeClaimTemplates"]);
    claims
        .iter()
        .filter_map(|one| one["metadata"]["name"].as_str())
        .collect()
}

#[test]
fn what_selects_the_server_finds_its_pod_and_its_ports() {
    let mut looked_at = 0;
    for set in SETS {
        let manifests = golden(set);
        let (workload, pod) = workload(&manifests);
        let labels = pod["metadata"]["labels"].as_object().expect("labels");
        let test = of_kind(&manifests, "Pod")
            .next()
            .expect("the pod of helm test");
        let ports = names(&pod["spec"]["containers"][0]["ports"]);
        let mut check = |what: &Value, selector: &Value| {
            let selector = selector.as_object().expect("a selector");
            let selects = |labels: &serde_json::Map<String, Value>| {
                selector
                    .iter()
                    .all(|(key, value)| labels.get(key) == Some(value))
            };
            assert!(selects(labels), "{set}: {what} selects another pod");
            let test = test["metadata"]["labels"].as_object().expect("labels");
            assert!(!selects(test), "{set}: {what} selects the pod of the test");
            looked_at += 1;
        };
        check(
            &workload["kind"],
            &workload["spec"]["selector"]["matchLabels"],
        );
        for service in of_kind(&manifests, "Service") {
            check(&service["metadata"]["name"], &service["spec"]["selector"]);
            for port in array(&service["spec"]["ports"]) {
                assert!(ports.contains(port["targetPort"].as_str().expect("a port's name")));
            }
        }
        for budget in of_kind(&manifests, "PodDisruptionBudget") {
            check(&budget["kind"], &budget["spec"]["selector"]["matchLabels"]);
        }
        for policy in of_kind(&manifests, "NetworkPolicy") {
            check(
                &policy["kind"],
                &policy["spec"]["podSelector"]["matchLabels"],
            );
            assert_eq!(policy["spec"]["policyTypes"], json!(["Ingress", "Egress"]));
        }
        for monitor in of_kind(&manifests, "ServiceMonitor") {
            let selector = &monitor["spec"]["selector"]["matchLabels"];
            let port = &monitor["spec"]["endpoints"][0]["port"];
            let found: Vec<_> = of_kind(&manifests, "Service")
                .filter(|service| is_part(selector, &service["metadata"]["labels"]))
                .collect();
            assert_eq!(found.len(), 1, "{set}: the monitor finds one service");
            assert_eq!(&found[0]["spec"]["ports"][0]["name"], port, "{set}");
        }
    }
    assert_eq!(looked_at, 12);
}

fn is_part(part: &Value, whole: &Value) -> bool {
    let part = part.as_object().expect("labels");
    part.iter()
        .all(|(key, value)| whole.get(key) == Some(value))
}

#[test]
fn what_is_mounted_is_there_and_the_server_is_told() {
    for set in SETS {
        let manifests = golden(set);
        let (workload, pod) = workload(&manifests);
        let container = &pod["spec"]["containers"][0];
        let mut volumes = names(&pod["spec"]["volumes"]);
        volumes.extend(names_of_claims(workload));
        assert_eq!(names(&container["volumeMounts"]), volumes, "{set}");
        let made: BTreeSet<_> = of_kind(&manifests, "ConfigMap")
            .map(|one| &one["metadata"]["name"])
            .map(Value::to_string)
            .collect();
        let mounted: BTreeSet<_> = array(&pod["spec"]["volumes"])
            .iter()
            .map(|volume| volume["configMap"]["name"].to_string())
            .collect();
        assert!(made.is_subset(&mounted), "{set}: {made:?}, {mounted:?}");
        // A path that the server is told is in something that is mounted, or in the image.
        for variable in array(&container["env"]) {
            let value = variable["value"].as_str().expect("a text");
            for path in value.split(',').filter(|path| path.starts_with('/')) {
                let is_there = array(&container["volumeMounts"])
                    .iter()
                    .filter_map(|mount| mount["mountPath"].as_str())
                    .any(|mount| path.starts_with(mount) || mount.starts_with(path));
                assert!(is_there || path == "/stubs", "{set}: {variable}");
            }
        }
    }
}

#[test]
fn all_pods_are_of_the_restricted_profile() {
    for set in SETS {
        let manifests = golden(set);
        let (_, pod) = workload(&manifests);
        let test = of_kind(&manifests, "Pod")
            .next()
            .expect("the pod of helm test");
        for spec in [&pod["spec"], &test["spec"]] {
            assert_eq!(spec["automountServiceAccountToken"], json!(false));
            assert_eq!(spec["securityContext"]["runAsNonRoot"], json!(true));
            assert_eq!(spec["securityContext"]["runAsUser"], json!(65532));
            assert_eq!(
                spec["securityContext"]["seccompProfile"],
                json!({"type": "RuntimeDefault"})
            );
            for key in ["hostNetwork", "hostPID", "hostIPC"] {
                assert!(spec.get(key).is_none(), "{set}: {key}");
            }
            let container = &spec["containers"][0];
            let restricted = json!({
                "allowPrivilegeEscalation": false,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": true,
            });
            assert_eq!(container["securityContext"], restricted, "{set}");
            assert!(
                container["resources"]["limits"]["memory"].is_string(),
                "{set}"
            );
            for volume in array(&spec["volumes"]) {
                assert!(volume.get("hostPath").is_none(), "{set}");
            }
        }
    }
}

#[test]
fn the_server_knows_each_variable_that_it_is_given() {
    let help = Command::new(env!("CARGO_BIN_EXE_sparring"))
        .arg("--help")
        .output()
        .expect("the server's binary");
    let help = String::from_utf8(help.stdout).expect("text");
    let mut given = BTreeSet::new();
    for file in [
        "helm/sparring/templates/_pod.tpl",
        "Dockerfile",
        "compose.yaml",
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = fs::read_to_string(path).expect("a file");
        let named = text.split(|c: char| !c.is_ascii_uppercase() && c != '_');
        given.extend(
            named
                .filter(|word| word.starts_with("SPARRING_"))
                .map(str::to_owned),
        );
    }
    assert!(given.contains("SPARRING_LISTEN"), "{given:?}");
    let unknown: Vec<_> = given
        .iter()
        .filter(|name| !help.contains(&format!("[env: {name}=")))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
